"""The kinds of devices: each folder here is one. Everything that differs from kind to kind derives from this table."""

from collections.abc import Iterable, Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import Annotated, Any

from pydantic import Field

from gridctl.contracts.events import Kind
from gridctl.errors import UsageProblem


def kinds_in(package: str, path: Iterable[str]) -> dict[str, Kind]:
    """Return the kind of each folder of a package by the folder's name, in the order of their codes."""
    kinds: dict[str, Kind] = {}
    for folder in iter_modules(path):
        kind = getattr(import_module(f"{package}.{folder.name}"), "KIND", None)
        if not isinstance(kind, Kind):
            where = f"{package.replace('.', '/')}/{folder.name}"
            raise UsageProblem(f"{where}: has no KIND", next_step="docs/adding-a-kind.md says what a kind is")
        kinds[folder.name] = kind
    return dict(sorted(kinds.items(), key=lambda item: item[1].code))


KINDS: Mapping[str, Kind] = kinds_in(__name__, __path__)
TOPIC_OF_KIND: Mapping[str, str] = {name: kind.topic for name, kind in KINDS.items()}
KIND_OF_CODE: Mapping[int, Kind] = {kind.code: kind for kind in KINDS.values()}


def any_reading() -> Any:
    """Return the type of a reading of any kind, for Pydantic: its `kind` says which model it is held against."""
    return Annotated[reduce(or_, (kind.reading for kind in KINDS.values())), Field(discriminator="kind")]
