"""The wiring of the commands that list and compare schemas: a tree or a registry in, a shelf out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from gridctl.cli.wiring.base import registry_at, settings_of
from gridctl.cli.wiring.schema import shown
from gridctl.errors import UsageProblem
from gridctl.governance.sources import RegistryShelf, Shelf, TreeShelf


@contextmanager
def open_shelf(context: typer.Context, schemas: Path | None, registry: str | None) -> Iterator[Shelf]:
    """Give the registry that is named, else the tree that is named, else the profile's tree."""
    from gridctl.adapters.schema_files import read_tree

    settings = settings_of(context)
    if registry is None:
        yield TreeShelf(read_tree(schemas or shown(settings.schemas_dir)))
        return
    if schemas is not None:
        raise UsageProblem("--schemas and --registry name two sources", next_step="leave one of them out")
    with registry_at(registry, settings) as open_registry:
        # Its own name for itself: the option may hold a password.
        yield RegistryShelf(open_registry.url, open_registry)
