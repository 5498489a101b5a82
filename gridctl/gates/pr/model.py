"""What the pull request gate judges."""

import hashlib
import json
from dataclasses import dataclass
from enum import IntEnum


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


def login(name: str) -> str:
    """Return the name of a user in the form that compares: GitHub's names ignore case."""
    return name.strip().removeprefix("@").casefold()
