"""Who runs this call, and from where: GitHub Actions' environment, or the login and the git commit here."""

import getpass
import json
import re
from collections.abc import Mapping
from pathlib import Path

from gridctl.audit.ledger import Origin
from gridctl.errors import Unavailable

_PULL_REF = re.compile(r"refs/pull/(\d+)/")
# How GitHub ends the subject of a squashed pull request, and begins that of a merged one.
_MERGED = re.compile(r"Merge pull request #(\d+) |[^\n]* \(#(\d+)\)(?:\n|$)")


def origin_of(environ: Mapping[str, str]) -> Origin:
    """Return the origin of this call."""
    run_id = environ.get("GITHUB_RUN_ID")
    if environ.get("GITHUB_ACTIONS") != "true" or not run_id:
        return Origin(actor=_login(), commit=_local_commit())
    server, repository = environ.get("GITHUB_SERVER_URL", "https://github.com"), environ.get("GITHUB_REPOSITORY", "")
    return Origin(
        actor=environ.get("GITHUB_TRIGGERING_ACTOR") or environ.get("GITHUB_ACTOR") or "unknown",
        ci_run_id=run_id,
        ci_run_url=f"{server}/{repository}/actions/runs/{run_id}",
        commit=environ.get("GITHUB_SHA"),
        pull_request=_pull_request(environ),
        ref=environ.get("GITHUB_REF"),
    )


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"


def _local_commit() -> str | None:
    from gridctl.adapters.git import GitRepository

    try:
        return GitRepository(Path.cwd()).commit_of("HEAD")
    except Unavailable:
        return None


def _pull_request(environ: Mapping[str, str]) -> int | None:
    """Return the pull request of the run: named by the ref, or by the message of the commit that merged it."""
    if match := _PULL_REF.match(environ.get("GITHUB_REF", "")):
        return int(match[1])
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_bytes())
        match = _MERGED.match(event["head_commit"]["message"])
    except (KeyError, OSError, ValueError, TypeError):
        return None
    return int(match[1] or match[2]) if match else None
