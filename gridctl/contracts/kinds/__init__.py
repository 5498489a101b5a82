"""The kinds of devices: each folder here is one. Everything that differs from kind to kind derives from this table."""

from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import Annotated, Any

from pydantic import Field

from gridctl.contracts.events import Kind


def _found() -> dict[str, Kind]:
    """Return the kind of each folder by the folder's name, in the order of their codes."""
    kinds = {folder.name: import_module(f"{__name__}.{folder.name}").KIND for folder in iter_modules(__path__)}
    return dict(sorted(kinds.items(), key=lambda item: item[1].code))


KINDS: Mapping[str, Kind] = _found()
TOPIC_OF_KIND: Mapping[str, str] = {name: kind.topic for name, kind in KINDS.items()}
KIND_OF_CODE: Mapping[int, Kind] = {kind.code: kind for kind in KINDS.values()}


def any_reading() -> Any:
    """Return the type of a reading of any kind, for Pydantic: its `kind` says which model it is held against."""
    return Annotated[reduce(or_, (kind.reading for kind in KINDS.values())), Field(discriminator="kind")]
