"""Files that a command reads or writes; - is stdin or stdout."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from gridctl.errors import UsageProblem


@contextmanager
def reading(name: str) -> Iterator[BinaryIO]:
    """Yield a file, or stdin; UsageProblem when it cannot be read."""
    if name == "-":
        yield sys.stdin.buffer
        return
    with ExitStack() as opened:
        try:
            lines = opened.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise UsageProblem(
                f"{name}: cannot be read: {error.strerror}", next_step="name another file, or - for stdin"
            ) from error
        yield lines


def yaml_documents(name: str) -> list[object]:
    """Return the documents of a YAML file, or of stdin; UsageProblem when it cannot be read, or is not YAML."""
    import yaml

    with reading(name) as file:
        try:
            return list(yaml.safe_load_all(file))
        except yaml.YAMLError as error:
            place = f":{mark.line + 1}" if (mark := getattr(error, "problem_mark", None)) else ""
            raise UsageProblem(f"{name}{place}: is not YAML: {getattr(error, 'problem', error)}") from error


def text_of(path: Path, next_step: str) -> str:
    """Return the text of a file; UsageProblem when it cannot be read, or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageProblem(f"{path}: cannot be read: {reason}", next_step=next_step) from error


@contextmanager
def writing(name: str) -> Iterator[BinaryIO]:
    """Yield the file, or stdout; UsageProblem when it cannot be written."""
    if name == "-":
        # Python's own has no buffer under PYTHONUNBUFFERED: a signal could then cut a line in two.
        with os.fdopen(sys.stdout.fileno(), "wb", closefd=False) as out:
            yield out
        return
    try:
        with Path(name).open("wb") as out:
            yield out
    except OSError as error:
        raise UsageProblem(f"{name}: cannot be written: {error.strerror}", next_step="name another file") from error
