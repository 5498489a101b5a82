"""What `ci/gates.toml` declares: the gates by name, each as a command line with how its verdict is read."""

import tomllib
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gridctl.errors import UsageProblem

_Word = Annotated[str, Field(min_length=1)]


class Gate(BaseModel):
    """One gate: a gridctl command that prints the JSON verdict, or a tool whose exit code is the verdict.

    `violation_code` makes it a tool: 0 is a pass, this code a violation, and any other means that it did not run.
    `violation_word` must then stand in what it printed: for tools that end with that code when they could not run.
    `takes_base`: `--base REV` is handed on. `only_with`: without this environment variable there is nothing to judge.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    command: Annotated[list[_Word], Field(min_length=1)]
    violation_code: Annotated[int, Field(ge=1, le=125)] | None = None
    violation_word: _Word | None = None
    takes_base: bool = False
    only_with: _Word | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 600.0


class _File(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    gate: Annotated[list[Gate], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_name_once(self) -> "_File":
        names = [gate.name for gate in self.gate]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the gate {twice} stands twice")
        return self


def parse_gates(text: str, where: str) -> tuple[Gate, ...]:
    """Read the gates; raise UsageProblem naming the place of the first thing that is wrong."""
    try:
        return tuple(_File.model_validate(tomllib.loads(text)).gate)
    except tomllib.TOMLDecodeError as error:
        raise UsageProblem(f"{where}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageProblem(f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


def chosen(gates: Sequence[Gate], names: Sequence[str], where: str) -> tuple[Gate, ...]:
    """Return the gates of these names in the file's order, or all where none is named; UsageProblem for a wrong one."""
    known = [gate.name for gate in gates]
    if wrong := [name for name in names if name not in known]:
        raise UsageProblem(f"{where} names no gate {wrong[0]}", next_step=f"name some of: {', '.join(known)}")
    return tuple(gate for gate in gates if not names or gate.name in names)
