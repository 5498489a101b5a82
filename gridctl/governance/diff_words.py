"""Types, defaults and properties of a schema in the words that people use for them."""

import json
from typing import NamedTuple

from gridctl.avro.model import ABSENT, Array, Field, Json, Map, Named, Node, Union
from gridctl.governance.lint_sites import Leaf


class Change(NamedTuple):
    """One thing that differs. `path` is where, such as `points[].value`; empty for the whole schema."""

    kind: str
    path: str
    message: str


def type_words(node: Node) -> str:
    """Return a type in words: `array of long (timestamp-millis)`, `null or string`."""
    if isinstance(node, Union):
        return " or ".join(type_words(branch) for branch in node.branches) or "nothing"
    if isinstance(node, Array):
        return f"array of {type_words(node.items)}"
    if isinstance(node, Map):
        return f"map of {type_words(node.values)}"
    kind = f"{node.kind} {node.name}" if isinstance(node, Named) else node.kind
    logical = Leaf(node, "", ()).logical
    return f"{kind} ({logical})" if logical else kind


def value_words(value: Json) -> str:
    """Return a JSON value as it stands in a schema, or `none`."""
    return "none" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def default_words(field: Field) -> str:
    """Return what a field does when data lacks it."""
    return "without default" if field.default is ABSENT else f"default {value_words(field.default)}"


def property_change(what: str, path: str, old: Json, new: Json) -> Change | None:
    """Return the change of one property, or None where it is the same."""
    if value_words(old) == value_words(new):
        return None
    if old is ABSENT:
        return Change(f"{what}-added", path, f"{what} added: {value_words(new)}")
    if new is ABSENT:
        return Change(f"{what}-removed", path, f"{what} removed, it was {value_words(old)}")
    return Change(f"{what}-changed", path, f"{what} changed from {value_words(old)} to {value_words(new)}")
