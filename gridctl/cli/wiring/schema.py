"""The wiring of the schema gates: files, git and registries in, values for the gates out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from gridctl.adapters.schema_files import (
    Selection,
    base_of,
    catalogue_in,
    file_with_tree,
    read_tree,
    selection_of,
    tree_at,
)
from gridctl.cli.options import settings_of
from gridctl.cli.wiring.base import registry_at
from gridctl.errors import UsageProblem
from gridctl.governance.check import Registered
from gridctl.governance.stores import RegistryStore, SchemaStore

__all__ = ["base_of", "catalogue_in", "file_with_tree", "open_store", "registered_at", "select", "shown", "tree_at"]


def select(schemas: Path | None, paths: Sequence[Path], context: typer.Context) -> Selection:
    """Return what `[PATHS] --schemas DIR` mean; without either it is the profile's tree, or `schemas/` beside it.

    Never the schemas that the package ships: that nobody's schemas were found is not a pass.
    """
    if paths:
        return selection_of(paths, schemas)
    if schemas is None:
        settings = settings_of(context)
        schemas = shown(settings.profile.schemas or settings.directory / "schemas")
    return Selection(schemas, None)


def shown(path: Path) -> Path:
    """Return the path as a person at the working directory would name it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@contextmanager
def registered_at(url: str, context: typer.Context) -> Iterator[Registered]:
    """Yield the registry at a URL for the gate. Glue has no opinion that could be had without registering."""
    from gridctl.adapters.registry import HttpRegistry

    with registry_at(url, settings_of(context)) as server:
        yield Registered(RegistryStore(server.url, server), server if isinstance(server, HttpRegistry) else None)


@contextmanager
def open_store(context: typer.Context, schemas: Path | None, registry: str | None) -> Iterator[SchemaStore]:
    """Give the registry that is named, else the tree that is named, else the profile's tree."""
    settings = settings_of(context)
    if registry is None:
        yield read_tree(schemas or shown(settings.schemas_dir))
        return
    if schemas is not None:
        raise UsageProblem("--schemas and --registry name two sources", next_step="leave one of them out")
    with registry_at(registry, settings) as server:
        # Its own name for itself: the option may hold a password.
        yield RegistryStore(server.url, server)
