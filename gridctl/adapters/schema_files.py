"""Reads schema files: a tree from a directory or from git, one file, and what a call's paths name of a tree."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gridctl.contracts.registry import SchemaReference
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import Unavailable, UsageProblem
from gridctl.governance.check_base import Base
from gridctl.governance.stores import SchemaTree, StoredSchema

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


def tree_at(root: Path) -> SchemaTree:
    """Return the tree, empty where the directory is not there: what is missing may still be in a git base."""
    return read_tree(root) if root.exists() else SchemaTree(str(root), ())


def catalogue_in(root: Path) -> TopicCatalogue | None:
    """Return the catalogue of the tree, or None where it has no topics.toml."""
    path = root / "topics.toml"
    return parse_catalogue(read_text(path), str(path)) if path.exists() else None


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


def file_with_tree(path: Path) -> tuple[StoredSchema, SchemaTree]:
    """Return one schema file, and the tree that its references lead into; without references that tree is empty."""
    if path.with_name(path.stem + _REFERENCES_SUFFIX).exists():
        tree = read_tree(path.parent.parent)
        for file in tree.files:
            if Path(file.place) == path:
                return file, tree
    return StoredSchema(path.parent.name, 1, str(path), read_text(path)), SchemaTree(str(path.parent.parent), ())


class Selection(NamedTuple):
    """A tree's directory, and the subjects in it that were named; None stands for all."""

    root: Path
    subjects: tuple[str, ...] | None


def selection_of(paths: Sequence[Path], root: Path | None) -> Selection:
    """Return what paths name: a tree, a subject's directory, or a file in one, which may be gone.

    Raise UsageProblem where they are not in one tree, that of `root` where it is given.
    """
    found = [_selected(path) for path in paths]
    roots = {each.root.resolve() for each in found} | ({root.resolve()} if root else set())
    if len(roots) > 1:
        raise UsageProblem(
            f"the paths are in several trees: {', '.join(sorted(map(str, roots)))}", next_step="check one tree a call"
        )
    subjects = tuple(subject for each in found for subject in each.subjects or ())
    return Selection(root or found[0].root, None if any(each.subjects is None for each in found) else subjects)


def _selected(path: Path) -> Selection:
    if path.suffix == ".avsc" or path.name.endswith(_REFERENCES_SUFFIX):
        return Selection(path.parent.parent, (path.parent.name,))
    if not path.is_dir():
        raise UsageProblem(f"{path}: no such directory and no .avsc file", next_step="name a tree, a subject or a file")
    if any(path.glob("v*.avsc")):
        if path.name in ("", ".."):  # the name is the subject's
            path = path.resolve()
        return Selection(path.parent, (path.name,))
    return Selection(path, None)


def base_of(root: Path, revision: str) -> Base:
    """Return what git holds of this tree at a revision, and where HEAD left it; raise Unavailable."""
    from gridctl.adapters.git import GitRepository

    if linked := next((path for path in root.rglob("*") if path.is_symlink()), None):
        raise UsageProblem(
            f"{linked}: a link, so git does not hold what it shows", next_step="put the files themselves there"
        )
    inside = next(each for each in (root.absolute(), *root.absolute().parents) if each.is_dir())
    repository = GitRepository(inside)
    beyond = root.absolute().relative_to(inside).as_posix()
    directory = repository.prefix() + ("" if beyond == "." else f"{beyond}/")

    def at(commit: str) -> SchemaTree:
        contents = repository.files_under(commit, directory)
        # What is not UTF-8 there is not a schema, and so differs from every one that is.
        texts = {name: raw.decode("utf-8", "replace") for name, raw in contents.items() if belongs_to_tree(name)}
        try:
            return build_tree(str(root), texts)
        except UsageProblem as error:
            raise Unavailable(f"{revision}: {error.message}", next_step=error.next_step) from error

    tip, fork = repository.commit_of(revision), repository.fork_of(revision)
    tip_tree = at(tip)
    return Base(revision, tip_tree, tip_tree if tip == fork else at(fork))


def _prefix(root: str) -> str:
    """Return what comes before a name in a file's path: a tree may hold too many files for a Path each."""
    return str(Path(root, "_"))[:-1]


def belongs_to_tree(name: str) -> bool:
    """Say whether a file of this name is, or is meant for, a schema or its references."""
    return _MEANT.fullmatch(name.rpartition("/")[2]) is not None


def build_tree(root: str, texts: Mapping[str, str]) -> SchemaTree:
    """Return the tree of files by their paths below its root, with `/`; UsageProblem for unreadable references."""
    files: list[StoredSchema] = []
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
        files.append(StoredSchema(subject, int(match[1]), path, texts[name], references))
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
