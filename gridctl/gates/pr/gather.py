"""Collect what the rules look at, from the command line, the event, the code host and the local repository.

The rules and waivers that judge a change are those of its base: a change cannot weaken the rules that judge it, and a
waiver holds only once it has been reviewed and merged itself.
"""

from dataclasses import dataclass
from pathlib import Path

from gridctl.errors import Unavailable, UsageProblem
from gridctl.gates.pr.approvals import standing_approvals
from gridctl.gates.pr.event import Event
from gridctl.gates.pr.listed import listed_paths
from gridctl.gates.pr.model import Change, ChangedPath, PullRequest, login
from gridctl.gates.pr.ports import CodeHost, Files, History
from gridctl.gates.pr.rules import PrRules, parse_rules
from gridctl.gates.waivers import Waiver, parse_waivers

RULES_PATH = "ci/pr-rules.toml"
WAIVERS_NAME = "waivers.toml"


@dataclass(frozen=True)
class Sources:
    """Where to read from, as the command line says. What is None comes from the event and the code host."""

    body_file: Path | None = None
    base: str | None = None
    changed_files: Path | None = None
    approvals: Path | None = None
    rules: Path | None = None


@dataclass(frozen=True)
class Judged:
    """A change, and what judges it."""

    change: Change
    rules: PrRules
    waivers: tuple[Waiver, ...]
    pull_request: PullRequest | None


def gather(sources: Sources, event: Event | None, host: CodeHost | None, history: History) -> Judged:
    """Collect everything; raise UsageProblem for a wrong call and Unavailable for what cannot be read."""
    pull_request = None if sources.body_file else _pull_request(event, host)
    body = _body(sources.body_file) if sources.body_file else pull_request.body if pull_request else ""
    named = None if sources.base is None else history.commit_of(sources.base)
    base = named or (pull_request.base if pull_request else None)
    change = Change(
        body=body,
        paths=_paths(sources, base, pull_request, host, history),
        approvals=_approvals(sources, pull_request, host),
        body_file=str(sources.body_file) if sources.body_file else None,
    )
    files: Files = host if host is not None and pull_request is not None and named is None else history
    rules, waivers = _judging(sources.rules, base, files)
    return Judged(change, rules, waivers, pull_request)


def _pull_request(event: Event | None, host: CodeHost | None) -> PullRequest:
    if event is None:
        raise UsageProblem(
            "no pull request is named", next_step="name --body-file or --event-file, or set GITHUB_EVENT_PATH"
        )
    if host is not None:
        # The payload is as old as the run's first attempt; the author may have edited the body since.
        return host.pull_request(event.number)
    if event.pull_request is None:
        raise Unavailable("the event of a merge queue holds no body", next_step="set GITHUB_TOKEN (contents: read)")
    return event.pull_request


def _paths(
    sources: Sources, base: str | None, pull_request: PullRequest | None, host: CodeHost | None, history: History
) -> tuple[ChangedPath, ...]:
    if sources.changed_files:
        listed = listed_paths(_read(sources.changed_files), str(sources.changed_files))
        return tuple(sorted(ChangedPath(path) for path in listed))
    if sources.base is not None and base is not None:
        return history.changed_paths(base)
    if pull_request is None:
        raise UsageProblem("nothing says what changed", next_step="name --changed-files or --base")
    if host is not None:
        return host.changed_paths(pull_request.number)
    return history.changed_paths(pull_request.base, pull_request.head)


def _approvals(sources: Sources, pull_request: PullRequest | None, host: CodeHost | None) -> frozenset[str] | None:
    if sources.approvals:
        lines = _read(sources.approvals).decode("utf-8", "replace").splitlines()
        author = login(pull_request.author or "") if pull_request else ""
        return frozenset(login(line) for line in lines if line.strip()) - {author}
    if pull_request is None:
        return frozenset()
    if host is None:
        return None
    return standing_approvals(host.reviews(pull_request.number), pull_request)


def _judging(named: Path | None, base: str | None, files: Files) -> tuple[PrRules, tuple[Waiver, ...]]:
    rules_path = named or Path(RULES_PATH)
    waivers_path = rules_path.with_name(WAIVERS_NAME)
    rules = None if named or base is None else files.file_at(base, rules_path.as_posix())
    if rules is None:
        # Named by the caller, or new with this change: the file as it lies here.
        rules = _read(rules_path)
        waivers = waivers_path.read_bytes() if waivers_path.is_file() else b""
    else:
        waivers = files.file_at(base or "", waivers_path.as_posix()) or b""
    return (
        parse_rules(rules.decode("utf-8", "replace"), rules_path.as_posix()),
        parse_waivers(waivers.decode("utf-8", "replace"), waivers_path.as_posix()),
    )


def _body(path: Path) -> str:
    # A body that is not UTF-8 is judged by what can be read of it.
    return _read(path).decode("utf-8-sig", "replace")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read: {error.strerror}", next_step="name a file that exists") from error
