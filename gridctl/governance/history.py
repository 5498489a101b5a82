"""The versions of a subject, each with what it changed."""

from dataclasses import dataclass

from gridctl.governance.diff import Diff, diff
from gridctl.governance.shelf import Kept, Shelf, lookup_in, parsed, versions_of


@dataclass(frozen=True)
class Step:
    """One version, and how it differs from the one before; the first one differs from nothing."""

    kept: Kept
    diff: Diff | None


def history(shelf: Shelf, subject: str) -> tuple[Step, ...]:
    """Return the versions of a subject, oldest first; UsageProblem for one that is no schema."""
    lookup = lookup_in(shelf)
    steps: list[Step] = []
    before = None
    for kept in versions_of(shelf, subject):
        schema = parsed(kept, lookup)
        steps.append(Step(kept, diff(before, schema) if before else None))
        before = schema
    return tuple(steps)
