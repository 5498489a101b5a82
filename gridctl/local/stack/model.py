"""What a stack is made of, as it is written to the state directory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from gridctl.errors import Unavailable

PartName = Literal["broker", "registry", "redis", "mqtt"]
PartKind = Literal["embedded", "kafka", "external"]

STATE_FILE = "endpoints.json"


class Process(BaseModel):
    """A process that was started. A pid alone may be another's by now, so its start time goes with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    started_s: float


class Part(BaseModel):
    """One part. `address` is what clients take: host:port, several of them with commas, or a URL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PartName
    kind: PartKind = "external"
    address: str
    processes: tuple[Process, ...] = ()


class Stack(BaseModel):
    """All parts of a stack that was started."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[Part, ...] = ()

    def write(self, state_dir: Path) -> None:
        """Write the file that the other commands read, whole or not at all."""
        path = state_dir / STATE_FILE
        written = path.with_suffix(".new")
        written.write_text(json.dumps(self.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
        written.replace(path)


def read_stack(state_dir: Path) -> Stack | None:
    """Return what was started from this directory, or None; Unavailable when the file cannot be read."""
    path = state_dir / STATE_FILE
    try:
        return Stack.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"{path}: cannot be read: {error}",
            next_step=f"stop what runs of that stack (`pgrep -f {state_dir}` lists it), then delete the file",
        ) from error


Starter = Callable[[Path], Part]
"""Starts a part with its data in the given directory and returns it, whether or not it answers yet."""
