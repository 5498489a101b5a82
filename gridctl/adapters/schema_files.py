"""Reads a tree of schema files from a directory."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gridctl.contracts.registry import SchemaReference
from gridctl.errors import UsageProblem
from gridctl.governance.tree import SchemaFile, SchemaTree

_VERSION = re.compile(r"v([1-9][0-9]{0,8})\.avsc")
_REFERENCES_SUFFIX = ".references.json"
# What is meant for a version, rightly named or not.
_MEANT = re.compile(r".*\.avsc|.*\.references\.json|v[0-9]+\.json", re.IGNORECASE)


def read_tree(root: Path) -> SchemaTree:
    """Return the tree; UsageProblem when the directory or a file in it cannot be read.

    A tree without schemas is returned as such: whether that is an error is the caller's to say.
    """
    if not root.is_dir():
        raise UsageProblem(f"{root}: no such directory", next_step="name the tree of schemas, <subject>/vN.avsc")
    prefix = _prefix(str(root))
    names = [name for name in _names_below(root) if belongs_to_tree(name)]
    return build_tree(str(root), {name: read_text(prefix + name) for name in names})


def _names_below(root: Path) -> Iterator[str]:
    """Yield all files below a directory. A subject may be a link to a directory; further down links are not followed.

    What cannot be listed is an error: it may hold a version.
    """

    def refuse(error: OSError) -> None:
        raise UsageProblem(f"{error.filename}: cannot be listed: {error.strerror}", next_step="fix the tree")

    for entry in root.iterdir():
        if not entry.is_dir():
            yield entry.name
            continue
        for directory, inner, names in os.walk(entry, onerror=refuse):
            for name in filter(_MEANT.fullmatch, inner):
                raise UsageProblem(f"{directory}/{name}: a directory, not a schema", next_step="give it another name")
            below = Path(directory).relative_to(root).as_posix()
            yield from (f"{below}/{name}" for name in names)


def _prefix(root: str) -> str:
    """Return what comes before a name in a file's path: a tree may hold too many files for a Path each."""
    return str(Path(root, "_"))[:-1]


def belongs_to_tree(name: str) -> bool:
    """Say whether a file of this name is, or is meant for, a schema or its references."""
    return _MEANT.fullmatch(name.rpartition("/")[2]) is not None


def build_tree(root: str, texts: Mapping[str, str]) -> SchemaTree:
    """Return the tree of files by their paths below its root, with `/`; UsageProblem for unreadable references."""
    files: list[SchemaFile] = []
    strays: list[str] = []
    prefix = _prefix(root)
    for name in sorted(texts):
        path = prefix + name
        if name.endswith(_REFERENCES_SUFFIX) and name.removesuffix(_REFERENCES_SUFFIX) + ".avsc" in texts:
            continue
        subject, _, file_name = name.rpartition("/")
        match = _VERSION.fullmatch(file_name)
        if match is None or not subject or "/" in subject:
            strays.append(path)
            continue
        references = _references(root, name.removesuffix(".avsc") + _REFERENCES_SUFFIX, texts)
        files.append(SchemaFile(subject, int(match[1]), path, texts[name], references))
    return SchemaTree(root, tuple(files), tuple(strays))


def read_text(path: Path | str) -> str:
    """Return a file's text; UsageProblem when it cannot be read as UTF-8."""
    try:
        with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123 -- quicker than by a Path
            return file.read()
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read: {error.strerror}", next_step="fix the file") from error
    except UnicodeDecodeError as error:
        line, column = _place_of(error.start, Path(path).read_bytes())
        raise UsageProblem(f"{path}:{line}:{column}: not UTF-8: {error.reason}", next_step="fix the file") from error


def _place_of(offset: int, raw: bytes) -> tuple[int, int]:
    return raw.count(b"\n", 0, offset) + 1, offset - raw.rfind(b"\n", 0, offset)


def _references(root: str, name: str, texts: Mapping[str, str]) -> tuple[SchemaReference, ...]:
    if name not in texts:
        return ()
    try:
        listed = json.loads(texts[name])
        return tuple(SchemaReference(str(each["name"]), str(each["subject"]), int(each["version"])) for each in listed)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise UsageProblem(
            f"{_prefix(root)}{name}: not a list of references: {error}",
            next_step='write [{"name": "full.Name", "subject": "other-value", "version": 1}]',
        ) from error
