"""Named types in one schema: the same name may be defined twice only with the same content, as in Java Avro."""

import json
from typing import Final

from gridctl.avro.model import (
    ABSENT,
    Array,
    Enum,
    Field,
    Fixed,
    Flaw,
    Json,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    Union,
)

_TYPE_WORDS: Final = frozenset(
    ("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases")
)
_ENUM_WORDS: Final = _TYPE_WORDS | {"default"}
_FIELD_WORDS: Final = frozenset(("default", "doc", "name", "order", "type", "aliases"))


def define(names: dict[str, Named], node: Named) -> None:
    """Add a type to the known names; raise Flaw when the name stands for another content already."""
    known = names.setdefault(node.full, node)
    if known is not node and not same_content(known, node, set()):
        raise Flaw(f"{node.full} is defined a second time, with other content", node.raw, "name")


def _exact(value: Json) -> str:
    """Return a text that is equal for equal JSON: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def _properties(raw: Json, words: frozenset[str]) -> str:
    return _exact({key: value for key, value in raw.items() if key not in words}) if isinstance(raw, dict) else "{}"


def same_content(left: Node, right: Node, seen: set[tuple[int, int]]) -> bool:
    """Compare two types as Java's `Schema.equals`: names, parts and custom properties; not doc or aliases.

    `seen` holds the pairs of records under comparison. A name that is not defined yet equals only itself.
    """
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    words = _ENUM_WORDS if isinstance(left, Enum) else _TYPE_WORDS
    if not isinstance(left, Union) and _properties(left.raw, words) != _properties(right.raw, words):
        return False
    if isinstance(left, Named) and isinstance(right, Named) and left.full != right.full:
        return False
    return _same_parts(left, right, seen)


def _same_parts(left: Node, right: Node, seen: set[tuple[int, int]]) -> bool:
    if isinstance(left, Record) and isinstance(right, Record):
        pair = (id(left), id(right))
        if pair in seen:
            return True
        seen.add(pair)
        same = len(left.fields) == len(right.fields) and all(
            _same_field(one, other, seen) for one, other in zip(left.fields, right.fields, strict=True)
        )
    elif isinstance(left, Union) and isinstance(right, Union):
        same = len(left.branches) == len(right.branches) and all(
            same_content(one, other, seen) for one, other in zip(left.branches, right.branches, strict=True)
        )
    elif isinstance(left, Array) and isinstance(right, Array):
        same = same_content(left.items, right.items, seen)
    elif isinstance(left, Map) and isinstance(right, Map):
        same = same_content(left.values, right.values, seen)
    elif isinstance(left, Enum) and isinstance(right, Enum):
        same = left.symbols == right.symbols
    elif isinstance(left, Fixed) and isinstance(right, Fixed):
        same = left.size_bytes == right.size_bytes
    else:
        same = isinstance(left, Primitive) and left.kind == right.kind
    return same


def _same_field(left: Field, right: Field, seen: set[tuple[int, int]]) -> bool:
    return (
        left.name == right.name
        and (left.default is ABSENT) == (right.default is ABSENT)
        and (left.default is ABSENT or _exact(left.default) == _exact(right.default))
        and str(left.raw.get("order", "ascending")).upper() == str(right.raw.get("order", "ascending")).upper()
        and _properties(left.raw, _FIELD_WORDS) == _properties(right.raw, _FIELD_WORDS)
        and same_content(left.type, right.type, seen)
    )
