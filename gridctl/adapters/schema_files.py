"""Reads a tree of schema files from a directory."""

import json
import re
from pathlib import Path

from gridctl.contracts.registry import SchemaReference
from gridctl.contracts.schema_tree import SchemaFile, SchemaTree
from gridctl.errors import UsageProblem

_VERSION = re.compile(r"v([1-9][0-9]{0,8})\.avsc")
_REFERENCES_SUFFIX = ".references.json"


def read_tree(root: Path) -> SchemaTree:
    """Return the tree; UsageProblem when the directory or a file in it cannot be read.

    A tree without schemas is returned as such: whether that is an error is the caller's to say.
    """
    if not root.is_dir():
        raise UsageProblem(f"{root}: no such directory", next_step="name the tree of schemas, <subject>/vN.avsc")
    files: list[SchemaFile] = []
    strays: list[str] = []
    for path in sorted(root.rglob("*")):
        if path.suffix != ".avsc" or not path.is_file():
            continue
        match = _VERSION.fullmatch(path.name)
        if match is None or path.parent.parent != root:
            strays.append(str(path))
            continue
        files.append(SchemaFile(path.parent.name, int(match[1]), str(path), read_text(path), _references(path)))
    return SchemaTree(str(root), tuple(files), tuple(strays))


def read_text(path: Path) -> str:
    """Return a file's text; UsageProblem when it cannot be read as UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path}: cannot be read: {error}", next_step="mend the file") from error


def _references(schema: Path) -> tuple[SchemaReference, ...]:
    path = schema.with_name(schema.stem + _REFERENCES_SUFFIX)
    if not path.exists():
        return ()
    try:
        listed = json.loads(read_text(path))
        return tuple(SchemaReference(str(each["name"]), str(each["subject"]), int(each["version"])) for each in listed)
    except (ValueError, TypeError, KeyError) as error:
        raise UsageProblem(
            f"{path}: not a list of references: {error}",
            next_step='write [{"name": "full.Name", "subject": "other-value", "version": 1}]',
        ) from error
