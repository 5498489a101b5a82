"""The generated encoder: Python source made once from a schema, for the values that models hold.

It covers values of the exact usual types (str, int, float, bytes, bool, None, list, dict; enums by symbol or StrEnum)
and leaves all else, by an exception, to `writing.write`, which writes the value or says what is wrong with it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gridctl.avro.codec.encoder_parts import Body
from gridctl.avro.codec.errors import AvroSchemaError, usable
from gridctl.avro.codec.plan import least_bytes
from gridctl.avro.codec.writing import fields_of, write
from gridctl.avro.model import Array, Json, Node, Record, Schema


def compile_encoder(schema: Schema | Json, extra: Sequence[str] = ()) -> Callable[..., bytes]:
    """Return `encode(record, *extra)`, which gives the Avro body, without a frame.

    A record is a mapping (a model's `__dict__`) or an object with one; more fields than the schema has are ignored,
    a missing field takes its default. Values are those of the underlying type: a logical type changes nothing, so
    timestamp-millis takes epoch milliseconds as int, decimal takes bytes, uuid takes its text.
    `extra` names fields of the record that come as positional arguments after it, in that order.
    `encode` raises AvroEncodeError for a value that does not fit; compile_encoder raises AvroSchemaError.
    """
    parsed = usable(schema)
    root = parsed.root
    _check_extra(root, extra)

    def careful(value: Any, *more: Any) -> bytes:
        members = fields_of(value) if extra else None
        if members is not None:
            value = {**members, **dict(zip(extra, more, strict=True))}
        return write(root, value)

    nodes = list(parsed.types())
    if any(isinstance(node, Array) and not least_bytes(node.content) for node in nodes):
        return careful  # only the careful writer counts items of no bytes
    function: Callable[..., bytes] = Body(_shared(root, nodes)).compile(root, extra, careful)
    return function


def _check_extra(root: Node, extra: Sequence[str]) -> None:
    names = [member.name for member in root.fields] if isinstance(root, Record) else []
    for index, name in enumerate(extra):
        if name not in names or name in extra[:index]:
            raise AvroSchemaError(
                "", f"{name!r} cannot be an argument of its own: it is not a field, or is named twice"
            )


def _shared(root: Node, nodes: Iterable[Node]) -> set[int]:
    """Return the records that are used in more than one place: each becomes a function, all others are inlined."""
    once = {id(root)}
    shared: set[int] = set()
    for node in nodes:
        for child in node.children:
            if isinstance(child, Record):
                (shared if id(child) in once else once).add(id(child))
    return shared
