"""Default values: from the JSON in a schema to the value that stands in a record."""

from collections.abc import Mapping
from typing import Any

from gridctl.avro.codec.errors import MAX_DEPTH, AvroSchemaError
from gridctl.avro.codec.nodes import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    Array,
    Enum,
    Fixed,
    Map,
    Node,
    Primitive,
    Record,
    Union,
)


def default_value(node: Node, raw: Any, path: str, depth: int = 0) -> Any:
    """Return the value of a field's default; AvroSchemaError when it is none of the type (first fitting branch)."""
    if depth > MAX_DEPTH:
        raise AvroSchemaError(path, "the default contains itself without end")
    value: Any
    match node:
        case Primitive():
            value = _primitive(node.kind, raw, path)
        case Fixed() if isinstance(raw, str) and len(raw) == node.size:
            value = _latin1(raw, path)
        case Enum() if raw in node.symbols:
            value = raw
        case Array() if isinstance(raw, list):
            value = [default_value(node.items, item, f"{path}/{i}", depth + 1) for i, item in enumerate(raw)]
        case Map() if isinstance(raw, Mapping):
            value = {key: default_value(node.values, raw[key], f"{path}/{key}", depth + 1) for key in raw}
        case Union():
            value = _of_union(node, raw, path, depth)
        case Record() if isinstance(raw, Mapping):
            value = _of_record(node, raw, path, depth)
        case _:
            raise AvroSchemaError(path, f"{raw!r:.80} is no default for {node.kind}")
    return value


def _primitive(kind: str, raw: Any, path: str) -> Any:
    number = type(raw) in (int, float)
    fits = {
        "null": raw is None,
        "boolean": type(raw) is bool,
        "int": type(raw) is int and INT_MIN <= raw <= INT_MAX,
        "long": type(raw) is int and LONG_MIN <= raw <= LONG_MAX,
        "float": number,
        "double": number,
        "string": isinstance(raw, str),
        "bytes": isinstance(raw, str),
    }
    if not fits[kind]:
        raise AvroSchemaError(path, f"{raw!r:.80} is no default for {kind}")
    if number and kind in ("float", "double"):
        try:
            return float(raw)
        except OverflowError as error:
            raise AvroSchemaError(path, f"{raw!r:.80} is beyond a {kind}") from error
    return _latin1(raw, path) if kind == "bytes" else raw


def _latin1(raw: str, path: str) -> bytes:
    """Return the bytes that stand in JSON as characters 0 to 255."""
    try:
        return raw.encode("latin-1")
    except UnicodeEncodeError as error:
        raise AvroSchemaError(path, f"{raw!r:.80} is no default for bytes: characters 0 to 255 only") from error


def _of_union(node: Union, raw: Any, path: str, depth: int) -> Any:
    for branch in node.branches:
        try:
            return default_value(branch, raw, path, depth + 1)
        except AvroSchemaError:
            continue
    raise AvroSchemaError(path, f"{raw!r:.80} is a default for no branch of the union")


def _of_record(node: Record, raw: Mapping[str, Any], path: str, depth: int) -> dict[str, Any]:
    """Fields that the default leaves out take their own default, whose JSON was checked at its own place."""
    value = {}
    for member in node.fields:
        place = f"{path}/{member.name}"
        if member.name in raw:
            value[member.name] = default_value(member.type, raw[member.name], place, depth + 1)
        elif member.has_default:
            value[member.name] = member.default
        else:
            raise AvroSchemaError(place, "the default leaves out a field that has none of its own")
    return value
