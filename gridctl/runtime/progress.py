"""What a command has done so far, in a JSON file that is whole at every moment."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from gridctl.errors import UsageProblem

WRITE_EVERY_S = 1.0


class ProgressFile:
    """Rewrites a file with the newest state at most once a second, and at the end; does nothing without a path."""

    def __init__(self, path: Path | None, contents: Callable[[], Mapping[str, object]]) -> None:
        self._path = path
        self._contents = contents
        self._next_s = 0.0

    def tick(self, monotonic_s: float) -> None:
        """Write when a second has passed since the last time."""
        if monotonic_s >= self._next_s:
            self._next_s = monotonic_s + WRITE_EVERY_S
            self.write()

    def write(self) -> None:
        """Write now."""
        if self._path is not None:
            write_whole(self._path, json.dumps(self._contents(), indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Put the text in place of the file: a reader sees the old file or the new one; UsageProblem when it cannot be."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise UsageProblem(
            f"{path}: cannot be written: {error.strerror}", next_step="name a file in a directory that exists"
        ) from error
