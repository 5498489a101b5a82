"""Writing with every check, node by node: it decides what fits a schema and which bytes it becomes.

The generated encoder covers the usual values; whatever it does not recognise comes here, to be written or refused.
"""

import struct
from collections.abc import Mapping
from typing import Any

from gridctl.avro.codec.errors import MAX_EMPTY_ITEMS, AvroEncodeError
from gridctl.avro.codec.plan import least_bytes
from gridctl.avro.codec.varint import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, encode_long
from gridctl.avro.model import ABSENT, Array, Enum, Fixed, Map, Node, Primitive, Record, Union
from gridctl.avro.usable import MAX_DEPTH, default_value

_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")


def write(node: Node, value: Any, path: str = "", depth: int = 0) -> bytes:
    """Return the bytes of a value within `depth` records at a path; AvroEncodeError when it does not fit."""
    writer = _Writer()
    try:
        writer.node(node, value, path, depth)
    except RecursionError as error:
        raise AvroEncodeError(path, "nested too deep") from error
    return b"".join(writer.out)


def fields_of(value: Any) -> Mapping[str, Any] | None:
    """Return the fields of a record's value: a mapping, or an object (a model) that keeps them in `__dict__`."""
    if isinstance(value, Mapping):
        return value
    attributes = getattr(value, "__dict__", None)
    return attributes if type(attributes) is dict else None


class _Writer:
    """One body under construction: its parts, and how many items of no bytes it holds."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self._empty_items = 0

    def node(self, node: Node, value: Any, path: str, depth: int) -> None:
        match node:
            case Primitive():
                self.out.append(_primitive(node.kind, value, path))
            case Fixed():
                if not isinstance(value, (bytes, bytearray)) or len(value) != node.size_bytes:
                    raise AvroEncodeError(path, f"needs {node.size_bytes} bytes, not {_described(value)}")
                self.out.append(bytes(value))
            case Enum():
                if not isinstance(value, str) or value not in node.symbols:
                    raise AvroEncodeError(path, f"{_described(value)} is not a symbol of {node.full}")
                self.out.append(encode_long(node.symbols.index(value)))
            case Array():
                self._array(node, value, path, depth)
            case Map():
                self._map(node, value, path, depth)
            case Union():
                index = branch_of(node, value, path, depth)
                self.out.append(encode_long(index))
                self.node(node.branches[index], value, path, depth)
            case Record():
                self._record(node, value, path, depth)

    def _array(self, node: Array, value: Any, path: str, depth: int) -> None:
        if not isinstance(value, (list, tuple)):
            raise AvroEncodeError(path, f"needs a list, not {_described(value)}")
        if value:
            if not least_bytes(node.content):
                self._empty_items += len(value)
                if self._empty_items > MAX_EMPTY_ITEMS:
                    raise AvroEncodeError(path, f"more than {MAX_EMPTY_ITEMS} items that may be of no bytes")
            self.out.append(encode_long(len(value)))
            for index, item in enumerate(value):
                self.node(node.content, item, f"{path}[{index}]", depth)
        self.out.append(b"\0")

    def _map(self, node: Map, value: Any, path: str, depth: int) -> None:
        if not isinstance(value, Mapping):
            raise AvroEncodeError(path, f"needs a mapping, not {_described(value)}")
        if value:
            self.out.append(encode_long(len(value)))
            for key, item in value.items():
                place = f"{path}[{key!r:.80}]"
                self.out.append(_primitive("string", key, place))
                self.node(node.content, item, place, depth)
        self.out.append(b"\0")

    def _record(self, node: Record, value: Any, path: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise AvroEncodeError(path, f"more than {MAX_DEPTH} records within records")
        members = fields_of(value)
        if members is None:
            raise AvroEncodeError(path, f"needs the fields of {node.full}, not {_described(value)}")
        for member in node.fields:
            place = f"{path}.{member.name}" if path else member.name
            if member.name in members:
                item = members[member.name]
            elif member.default is not ABSENT:
                item = default_value(member)
            else:
                raise AvroEncodeError(place, "is missing and has no default")
            self.node(member.type, item, place, depth + 1)


def branch_of(union: Union, value: Any, path: str, depth: int) -> int:
    """Return the index of the branch for a value: the first that takes it, with fastavro's two exceptions.

    Of several records the one that shares most fields with the value; a double rather than a float. Where there is
    null and one other type there is no choice, and an error then names the place within that type.
    """
    if union.optional is not None:
        return union.optional[0 if value is None else 1]
    best, most_fields, floating = -1, -1, False
    for index, branch in enumerate(union.branches):
        if (floating and branch.kind != "double") or not _fits(branch, value, depth):
            continue
        if isinstance(branch, Record):
            members = fields_of(value) or {}
            shared = sum(member.name in members for member in branch.fields)
            if shared > most_fields:
                best, most_fields = index, shared
        else:
            best = index
            if branch.kind != "float":
                break
            floating = True
    if best < 0:
        kinds = ", ".join(branch.kind for branch in union.branches)
        raise AvroEncodeError(path, f"{_described(value)} fits none of {kinds}")
    return best


def _fits(node: Node, value: Any, depth: int) -> bool:
    try:
        _Writer().node(node, value, "", depth)
    except AvroEncodeError:
        return False
    return True


def _primitive(kind: str, value: Any, path: str) -> bytes:
    match kind:
        case "null" if value is None:
            return b""
        case "boolean" if isinstance(value, bool):
            return b"\1" if value else b"\0"
        case "int" | "long" if isinstance(value, int) and not isinstance(value, bool):
            low, high = (INT_MIN, INT_MAX) if kind == "int" else (LONG_MIN, LONG_MAX)
            if low <= value <= high:
                return encode_long(int(value))
            raise AvroEncodeError(path, f"{_described(value)} is beyond {kind}")
        case "float" | "double" if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return (_FLOAT if kind == "float" else _DOUBLE).pack(value)
            except (OverflowError, struct.error) as error:
                raise AvroEncodeError(path, f"{_described(value)} is beyond {kind}") from error
        case "bytes" if isinstance(value, (bytes, bytearray)):
            return encode_long(len(value)) + value
        case "string" if isinstance(value, str):
            try:
                text = str.encode(value)
            except UnicodeEncodeError as error:
                raise AvroEncodeError(path, "holds a lone surrogate, which UTF-8 does not have") from error
            return encode_long(len(text)) + text
    raise AvroEncodeError(path, f"needs {kind}, not {_described(value)}")


def _described(value: Any) -> str:
    """Name a value for people, briefly: a huge or hostile value must not fill a log."""
    if value is None or isinstance(value, (bool, int, float)):
        text = "a huge int" if isinstance(value, int) and value.bit_length() > 128 else repr(value)  # noqa: PLR2004
        return f"{text} ({type(value).__name__})"
    if isinstance(value, (str, bytes)):
        return f"{value[:40]!r} ({type(value).__name__}, {len(value)} long)"
    return f"a {type(value).__name__}"
