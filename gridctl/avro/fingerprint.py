"""What a schema is, whatever its layout: registries keep the same schema with other blanks, orders and short names."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gridctl.avro.jsontext import load_json
from gridctl.avro.model import PRIMITIVES
from gridctl.avro.names import NAMED_KINDS, join_name, split_name

_KINDS = NAMED_KINDS | {"array", "map"}


def fingerprint(schema: str) -> str:
    """Return the SHA-256 (hex) of a schema's normal form; SchemaInvalid when the text is not JSON.

    Documentation, defaults, aliases and custom properties count. Names are spelt out in full, attributes are sorted.
    """
    return hashlib.sha256(json.dumps(normal_form(schema), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def normal_form(schema: str) -> Any:
    """Return a schema's normal form as JSON; a place in it is the same place in the schema, or one inside it."""
    return _normal(load_json(schema), "")


def _normal(node: Any, space: str) -> Any:
    if isinstance(node, str):
        return _full(node, space)
    if isinstance(node, list):
        return [_normal(branch, space) for branch in node]
    if not isinstance(node, Mapping):
        return node
    kind = node.get("type")
    # What a registry or a file holds need not be Avro, so a type may be anything that JSON can say.
    if isinstance(kind, str) and kind in NAMED_KINDS and isinstance(node.get("name"), str):
        return _named(node, space)
    out = _attributes(node) | {"type": _normal(kind, space)}
    for part in ("items", "values"):
        if part in node:
            out[part] = _normal(node[part], space)
    return out["type"] if out.keys() == {"type"} else out


def _named(node: Mapping[str, Any], space: str) -> dict[str, Any]:
    declared = node.get("namespace")
    name, inner = split_name(node["name"], declared if isinstance(declared, str) else space)
    out = _attributes(node) | {"name": join_name(name, inner)}
    if isinstance(out.get("aliases"), list):
        out["aliases"] = [_full(alias, inner) for alias in out["aliases"]]
    if isinstance(node.get("fields"), list):
        out["fields"] = [_field(field, inner) for field in node["fields"]]
    return out


def _field(field: Any, space: str) -> Any:
    if not isinstance(field, Mapping):
        return field
    out = _attributes(field) | {"type": _normal(field.get("type"), space)}
    if str(out.get("order", "ascending")).lower() == "ascending":
        out.pop("order", None)
    return out


def _attributes(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a node says besides its namespace, which is part of its full name; an empty list says nothing."""
    return {
        key: _number(value) for key, value in node.items() if key != "namespace" and (key, value) != ("aliases", [])
    }


def _full(name: Any, space: str) -> Any:
    if not isinstance(name, str) or name in PRIMITIVES or name in _KINDS:
        return name
    return name.removeprefix(".") if "." in name else join_name(name, space)


def _number(value: Any) -> Any:
    """Return a default or property with 1.0 as 1, which JSON libraries write either way."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_number(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _number(item) for key, item in value.items()}
    return value
