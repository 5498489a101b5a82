"""What `ci/pr-rules.toml` declares: the least impact of a path, the owners who approve, the template's placeholders."""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator

from gridctl.contracts.declared import Declared
from gridctl.gates.pr.model import LEVELS, Level

LevelWord = Literal["None", "Low", "Medium", "High"]
_Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$")]


class Owners(Declared):
    """Who may approve a High impact: people, since a read-only token cannot see who belongs to a team."""

    safety: Annotated[list[_Login], Field(min_length=1)]
    grid: Annotated[list[_Login], Field(min_length=1)]


class ImpactRule(Declared):
    """The least impact that a change of these paths may declare, and why."""

    paths: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    safety: LevelWord = "None"
    grid: LevelWord = "None"
    why: Annotated[str, Field(min_length=1)]

    @field_validator("paths")
    @classmethod
    def _relative(cls, paths: list[str]) -> list[str]:
        if wrong := [path for path in paths if path.startswith(("/", "./")) or "\\" in path]:
            raise ValueError(f"{wrong[0]}: write it relative to the top, with /")
        return paths

    def least(self, kind: str) -> Level:
        """Return the least level for `safety` or `grid`."""
        return LEVELS[self.grid if kind == "grid" else self.safety]

    def matches(self, path: str) -> bool:
        """Say whether the rule is about this path."""
        return any(_pattern(glob).fullmatch(path) for glob in self.paths)


class PrRules(Declared):
    """The whole file."""

    placeholders: list[str] = Field(default_factory=list)
    owners: Owners
    impact: Annotated[list[ImpactRule], Field(min_length=1)]

    @cached_property
    def owners_of(self) -> dict[str, Sequence[str]]:
        """The owners by `safety` and `grid`."""
        return {"safety": self.owners.safety, "grid": self.owners.grid}


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """`**` is any number of directories, `*` and `?` stay inside one. Case is ignored: that can only ask for more."""
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts), re.IGNORECASE | re.DOTALL)
