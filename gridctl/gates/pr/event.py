"""Read the payload that GitHub Actions leaves at $GITHUB_EVENT_PATH."""

import json
import re
from dataclasses import dataclass
from typing import Any

from gridctl.errors import Unavailable
from gridctl.gates.pr.model import PullRequest

# A merge queue names its branch after the pull request: gh-readonly-queue/<branch>/pr-<number>-<commit>.
_QUEUE = re.compile(r"(?:refs/heads/)?gh-readonly-queue/.+/pr-(\d+)-[0-9a-f]+")


@dataclass(frozen=True)
class Event:
    """Which pull request the run is about. `pull_request` is None in a merge queue, whose payload holds no body."""

    repository: str
    number: int
    pull_request: PullRequest | None


def parse_event(content: bytes, where: str) -> Event:
    """Return the event; raise Unavailable where it tells of no pull request."""
    try:
        payload = json.loads(content)
        repository = _text(payload["repository"]["full_name"])
        if "merge_group" in payload:
            return Event(repository, _queued(_text(payload["merge_group"]["head_ref"])), None)
        pull = payload["pull_request"]
        author = pull.get("user") or {}
        found = PullRequest(
            repository=repository,
            number=int(pull["number"]),
            author=author.get("login"),
            body=_text(pull.get("body") or ""),
            base=_text(pull["base"]["sha"]),
            head=_text(pull["head"]["sha"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unavailable(
            f"{where}: tells of no pull request ({type(error).__name__}: {error})",
            next_step="run this on pull_request, pull_request_review or merge_group, or name --body-file",
        ) from error
    return Event(repository, found.number, found)


def _queued(head_ref: str) -> int:
    match = _QUEUE.fullmatch(head_ref)
    if match is None:
        raise ValueError(f"{head_ref} names no pull request")
    return int(match[1])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text was expected, not {type(value).__name__}")
    return value
