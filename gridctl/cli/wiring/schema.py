"""The wiring of the schema gates: files, git and registries in, values for the gates out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import typer

from gridctl.adapters.schema_files import belongs_to_tree, build_tree, read_text, read_tree
from gridctl.cli.wiring.base import registry_at, settings_of
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import Unavailable, UsageProblem
from gridctl.governance.check import Registered
from gridctl.governance.check_base import Base
from gridctl.governance.sources import RegistryStore, SchemaStore, TreeStore
from gridctl.governance.tree import SchemaFile, SchemaTree


def file_with_tree(path: Path) -> tuple[SchemaFile, SchemaTree]:
    """Return one schema file, and the tree that its references lead into; without references that tree is empty."""
    references = path.with_name(f"{path.stem}.references.json")
    if references.exists():
        tree = read_tree(path.parent.parent)
        for file in tree.files:
            if Path(file.path) == path:
                return file, tree
    return SchemaFile(path.parent.name, 1, str(path), read_text(path)), SchemaTree(str(path.parent.parent), ())


class Selection(NamedTuple):
    """A tree's directory, and the subjects in it that were named; None stands for all."""

    root: Path
    subjects: tuple[str, ...] | None


def refuse_absent(paths: Sequence[Path]) -> None:
    """Raise UsageProblem for a named file of a subject that is not there: without a git base it is nowhere."""
    for path in paths:
        if path.parent.is_dir() and not path.exists():
            raise UsageProblem(f"{path}: no such file", next_step="name one that exists, or a --base that has it")


def select(schemas: Path | None, paths: Sequence[Path], context: typer.Context) -> Selection:
    """Return what `[PATHS] --schemas DIR` mean; without either it is the profile's tree, or `schemas/` beside it.

    A path is a tree, a subject's directory, or a file in one; a file may be gone. Never the schemas that the package
    ships: that nobody's schemas were found is not a pass.
    """
    if not paths:
        if schemas is None:
            settings = settings_of(context)
            schemas = shown(settings.profile.schemas or settings.directory / "schemas")
        return Selection(schemas, None)
    found = [_selected(path) for path in paths]
    roots = {each.root.resolve() for each in found} | ({schemas.resolve()} if schemas else set())
    if len(roots) > 1:
        raise UsageProblem(
            f"the paths lie in several trees: {', '.join(sorted(map(str, roots)))}", next_step="check one tree a call"
        )
    subjects = [subject for each in found for subject in each.subjects or ()]
    return Selection(
        schemas or found[0].root, None if any(each.subjects is None for each in found) else tuple(subjects)
    )


def _selected(path: Path) -> Selection:
    if path.suffix == ".avsc" or path.name.endswith(".references.json"):
        return Selection(path.parent.parent, (path.parent.name,))
    if not path.is_dir():
        raise UsageProblem(f"{path}: no such directory and no .avsc file", next_step="name a tree, a subject or a file")
    if any(path.glob("v*.avsc")):
        if path.name in ("", ".."):  # the name is the subject's
            path = path.resolve()
        return Selection(path.parent, (path.name,))
    return Selection(path, None)


def shown(path: Path) -> Path:
    """Return the path as a person at the working directory would name it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def tree_at(root: Path) -> SchemaTree:
    """Return the tree, empty where the directory is not there: what is missing may still be in a git base."""
    return read_tree(root) if root.exists() else SchemaTree(str(root), ())


def catalogue_in(root: Path) -> TopicCatalogue | None:
    """Return the catalogue of the tree, or None where it has no topics.toml."""
    path = root / "topics.toml"
    return parse_catalogue(read_text(path), str(path)) if path.exists() else None


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


def write_kind(kind: str, topic: str, owner: str) -> list[str]:
    """Write the files of a new kind into the clone that this gridctl runs from; return their paths in it."""
    import gridctl
    from gridctl.contracts.kinds import KINDS
    from gridctl.governance.new_kind import TOPICS_FILE, new_kind

    root = Path(gridctl.__file__).parents[1]
    if not (root / TOPICS_FILE).is_file():
        raise UsageProblem(
            f"this gridctl is installed in {root}, and a new kind is written into a clone of the project",
            next_step="call the clone's own: make setup && .venv/bin/gridctl schema new KIND",
        )
    pattern = read_text(root / "schemas" / KINDS["thermostat"].subject / "v1.avsc")
    files = new_kind(kind, topic, owner, kinds=KINDS, topics=read_text(root / TOPICS_FILE), pattern=pattern)
    for path in files:
        if path != TOPICS_FILE and (root / path).exists():
            raise UsageProblem(f"{root / path}: is there already", next_step="take it away, or choose another name")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(files)


@contextmanager
def registered_at(url: str, context: typer.Context) -> Iterator[Registered]:
    """Yield the registry at a URL for the gate. Glue has no opinion that could be had without registering."""
    from gridctl.adapters.registry import HttpRegistry

    with registry_at(url, settings_of(context)) as server:
        yield Registered(server.url, server, server if isinstance(server, HttpRegistry) else None)


@contextmanager
def open_store(context: typer.Context, schemas: Path | None, registry: str | None) -> Iterator[SchemaStore]:
    """Give the registry that is named, else the tree that is named, else the profile's tree."""
    settings = settings_of(context)
    if registry is None:
        yield TreeStore(read_tree(schemas or shown(settings.schemas_dir)))
        return
    if schemas is not None:
        raise UsageProblem("--schemas and --registry name two sources", next_step="leave one of them out")
    with registry_at(registry, settings) as open_registry:
        # Its own name for itself: the option may hold a password.
        yield RegistryStore(open_registry.url, open_registry)
