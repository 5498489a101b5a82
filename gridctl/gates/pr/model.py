"""What the pull request gate judges."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from gridctl.gates.pr.ruleset import Rule
from gridctl.gates.waivers import login


class Level(IntEnum):
    """An impact that a section may declare, in rising order."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """The level as the body spells it."""
        return self.name.capitalize()


LEVELS = {level.word: level for level in Level}
SAFETY, GRID, ROLLBACK = "Safety Impact", "Grid Impact", "Rollback Plan"
IMPACTS = {"safety": SAFETY, "grid": GRID}


@dataclass(frozen=True, order=True)
class ChangedPath:
    """A path that the change adds, edits, deletes, or renames from or to; `blob` is its new content where known."""

    path: str
    blob: str | None = None


@dataclass(frozen=True)
class Review:
    """One review as the code host tells it. `state`: APPROVED, CHANGES_REQUESTED, DISMISSED, COMMENTED, PENDING."""

    user: str | None
    state: str
    commit: str | None


@dataclass(frozen=True)
class PullRequest:
    """The pull request itself. `body` is what the author wrote; the commits are full hashes."""

    repository: str
    number: int
    author: str | None
    body: str
    base: str
    head: str


@dataclass(frozen=True)
class Change:
    """All that the rules look at. `approvals` None means that the reviews could not be read."""

    body: str
    paths: tuple[ChangedPath, ...]
    approvals: frozenset[str] | None
    body_file: str | None = None

    @property
    def evidence(self) -> str:
        """A digest of everything judged; line ends do not count."""
        body = "\n".join(self.body.splitlines())
        document = json.dumps([body, sorted([changed.path, changed.blob or ""] for changed in self.paths)])
        return hashlib.sha256(document.encode()).hexdigest()


_OPINIONS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}


def standing_approvals(reviews: Iterable[Review], pull_request: PullRequest) -> frozenset[str]:
    """Return who approves this commit. `reviews` are in the order in which they were given.

    Of each person the latest opinion counts; a comment is not an opinion. An approval of an earlier commit does not
    count: it does not cover what was pushed afterwards. The author's own approval does not count.
    """
    latest: dict[str, Review] = {}
    for review in reviews:
        if review.user is not None and review.state in _OPINIONS:
            latest[login(review.user)] = review
    return frozenset(
        user
        for user, review in latest.items()
        if review.state == "APPROVED"
        and review.commit == pull_request.head
        and user != login(pull_request.author or "")
    )


class Files(Protocol):
    """Files as they stand at a commit."""

    def file_at(self, revision: str, path: str) -> bytes | None:
        """Return the content, or None where that commit has no such file."""
        ...


class History(Files, Protocol):
    """The local repository."""

    def changed_paths(self, base: str, head: str = "HEAD") -> tuple[ChangedPath, ...]:
        """Return what differs between head and its common ancestor with base; a rename counts with both names."""
        ...

    def commit_of(self, revision: str) -> str:
        """Return the full hash of a revision."""
        ...


class CodeHost(Files, Protocol):
    """One repository on the code host."""

    def pull_request(self, number: int) -> PullRequest:
        """Return the pull request as it is now."""
        ...

    def changed_paths(self, number: int) -> tuple[ChangedPath, ...]:
        """Return every path of the pull request; a rename counts with both names."""
        ...

    def reviews(self, number: int) -> tuple[Review, ...]:
        """Return its reviews in the order in which they were given."""
        ...

    def branch_rules(self, branch: str) -> list[Rule]:
        """Return the active rules of a branch, of all rulesets, the organisation's included."""
        ...

    def protected_checks(self, branch: str) -> dict[str, int | None]:
        """Return the checks that the classic protection of a branch requires, with the app that must report each."""
        ...

    def default_branch(self) -> str:
        """Return the name of the default branch."""
        ...
