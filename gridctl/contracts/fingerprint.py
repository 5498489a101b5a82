"""What a schema is, whatever its layout: registries keep the same schema with other blanks, orders and short names."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gridctl.contracts.compat.jsontext import load_json

PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
_NAMED = frozenset(("record", "error", "enum", "fixed"))


def fingerprint(schema: str) -> str:
    """Return the SHA-256 (hex) of a schema's normal form; SchemaInvalid when the text is no JSON.

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
    if node.keys() == {"type"}:
        return _normal(kind, space)
    inner = space
    out: dict[str, Any] = {key: _number(value) for key, value in node.items() if key != "namespace"}
    if kind in _NAMED and isinstance(name := node.get("name"), str):
        named = name if "." in name else f"{node.get('namespace', space) or ''}.{name}".lstrip(".")
        inner = named.rpartition(".")[0]
        out["name"] = named
        if aliases := node.get("aliases"):
            out["aliases"] = [_full(alias, inner) for alias in aliases]
        else:
            out.pop("aliases", None)
    else:
        out["type"] = _normal(kind, space)
    if kind in ("record", "error"):
        out["fields"] = [_field(field, inner) for field in node.get("fields", ())]
    for key in ("items", "values"):
        if key in node:
            out[key] = _normal(node[key], inner)
    return out


def _field(field: Any, space: str) -> Any:
    if not isinstance(field, Mapping):
        return field
    out = {key: _normal(value, space) if key == "type" else _number(value) for key, value in field.items()}
    if str(out.get("order", "ascending")).lower() == "ascending":
        out.pop("order", None)
    if not out.get("aliases"):
        out.pop("aliases", None)
    return out


def _full(name: Any, space: str) -> Any:
    if not isinstance(name, str) or name in PRIMITIVES or "." in name or not space:
        return name
    return name if name in ("record", "error", "enum", "fixed", "array", "map") else f"{space}.{name}"


def _number(value: Any) -> Any:
    """Return a default or property with 1.0 as 1, which JSON libraries write either way."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_number(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _number(item) for key, item in value.items()}
    return value
