"""Schemas as the registry compares and keeps them: the canonical text that decides identity, and parsing.

The canonical text is what Java Avro's `Schema.toString` writes, as in Confluent's registry: attributes in a fixed
order, names relative to the namespace around them, documentation and custom properties kept. Two texts with one
canonical text are one schema.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from gridctl.avro import Schema, SchemaInvalid, parse_json
from gridctl.avro.model import PRIMITIVES
from gridctl.avro.names import ENUM_WORDS, FIELD_WORDS, NAMED_KINDS, TYPE_WORDS, split_name
from gridctl.contracts.registry import SchemaReference
from gridctl.local.registry.leniency import parse_leniently


def parse_document(document: Any, references: Sequence[Any]) -> Schema:
    """Parse as Java Avro does; where that refuses, once more as Confluent's server does. Raise SchemaInvalid.

    `references` are the documents that define the types used by name, each after those that it needs.
    """
    try:
        return parse_json(document, references)
    except SchemaInvalid as strict:
        schema = parse_leniently(document, references)
        if schema is None:
            raise strict from None
        return schema


def canonical_text(document: Any, *, normalize: bool = False) -> str:
    """Return the canonical text of a valid schema; `normalize` also puts custom properties in order.

    Raise SchemaInvalid for text that no UTF-8 can hold.
    """
    try:
        text = json.dumps(_canonical(document, "", normalize), separators=(",", ":"), ensure_ascii=False)
        text.encode()
    except RecursionError:
        raise SchemaInvalid("nested too deeply") from None
    except UnicodeEncodeError:
        raise SchemaInvalid("half of a surrogate pair is not a character") from None
    return text


def digest(text: str, references: Sequence[SchemaReference]) -> str:
    """Return what identifies a schema: its canonical text and the versions that it references."""
    return sha256(json.dumps([text, *references], ensure_ascii=False).encode()).hexdigest()


def _canonical(node: Any, space: str, normalize: bool) -> Any:
    if isinstance(node, str):
        return node if node in PRIMITIVES else _relative(node, space)
    if isinstance(node, list):
        return [_canonical(branch, space, normalize) for branch in node]
    kind = node["type"]
    if kind in NAMED_KINDS:
        return _named(node, space, normalize)
    result = {"type": kind}
    if (part := {"array": "items", "map": "values"}.get(kind)) is not None:
        result[part] = _canonical(node[part], space, normalize)
    custom = _custom(node, TYPE_WORDS, normalize)
    return {**result, **custom} if custom or len(result) > 1 else kind


def _named(node: dict[str, Any], space: str, normalize: bool) -> dict[str, Any]:
    declared = node.get("namespace")
    name, own_space = split_name(node["name"], declared if isinstance(declared, str) else space)
    result: dict[str, Any] = {"type": node["type"], "name": name}
    if own_space != space:
        result["namespace"] = own_space
    if isinstance(node.get("doc"), str):
        result["doc"] = node["doc"]
    if "fields" in node and node["type"] in ("record", "error"):
        result["fields"] = [_field(field, own_space, normalize) for field in node["fields"]]
    if node["type"] == "enum":
        result["symbols"] = node["symbols"]
        if isinstance(node.get("default"), str):
            result["default"] = node["default"]
    if node["type"] == "fixed":
        result["size"] = node["size"]
    result |= _custom(node, ENUM_WORDS if node["type"] == "enum" else TYPE_WORDS, normalize)
    if node.get("aliases"):
        result["aliases"] = [_relative(alias, own_space) for alias in node["aliases"]]
    return result


def _field(field: dict[str, Any], space: str, normalize: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"name": field["name"], "type": _canonical(field["type"], space, normalize)}
    if isinstance(field.get("doc"), str):
        result["doc"] = field["doc"]
    if "default" in field:
        result["default"] = field["default"]
    if str(field.get("order", "ascending")).lower() != "ascending":
        result["order"] = field["order"].lower()
    if field.get("aliases"):
        result["aliases"] = field["aliases"]
    return result | _custom(field, FIELD_WORDS, normalize)


def _relative(name: str, space: str) -> str:
    before, _, last = name.rpartition(".")
    return last if before == space and last not in PRIMITIVES else name


def _custom(node: dict[str, Any], words: frozenset[str], normalize: bool) -> dict[str, Any]:
    names = [name for name in node if name not in words]
    return {name: node[name] for name in (sorted(names) if normalize else names)}
