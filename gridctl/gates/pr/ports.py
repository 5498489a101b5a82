"""What the pull request gate needs from outside. Every method raises Unavailable where it cannot answer."""

from typing import Protocol

from gridctl.gates.pr.model import ChangedPath, PullRequest, Review
from gridctl.gates.pr.ruleset import Rule


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
