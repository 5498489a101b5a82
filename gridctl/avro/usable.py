"""What the codec needs of a schema beyond its being valid: defaults that are values, and some value to write.

Java Avro takes any string for the default of an enum or a fixed, and finds out when a record lacks the field. Here
that is found before: by the commands that check schemas, and when a codec is made.
"""

import math
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from gridctl.avro.defaults import is_valid_default
from gridctl.avro.model import (
    ABSENT,
    Array,
    Enum,
    Field,
    Fixed,
    Json,
    Map,
    Node,
    Primitive,
    Record,
    Schema,
    Tokens,
    Union,
    pointer,
)

# Records within records; no platform event nests more than two. A linked list of more is refused on both sides.
MAX_DEPTH = 64
# The defaults of one schema. A record's default takes in the defaults of the fields that it leaves out.
MAX_DEFAULT_VALUES = 65_536
_FLOAT = struct.Struct("<f")


class Problem(NamedTuple):
    """Why the codec cannot use a valid schema. `path` is a JSON pointer into its document; the root is `/`."""

    path: str
    message: str
    fix: str


def problems(schema: Schema) -> Iterator[Problem]:
    """Yield what keeps the codec from using a schema, in the order of the document.

    What is wrong in a type of another document, which a reference brought in, is reported at the root.
    """
    if not _has_a_value(schema):
        words = f"it has no value: each would need an empty type, or more than {MAX_DEPTH} records within records"
        yield Problem(
            "/", words, "give empty enums and unions a member; make a field that holds its own record nullable"
        )
    values = _Values()
    for record in schema.types():
        for field in record.fields if isinstance(record, Record) else ():
            try:
                values.of_field(field)
            except _NotAValueError as error:
                place = schema.place_of(field.raw)
                where = "" if place is not None else f"in {record.label}, field {field.name}: "
                path = pointer((*place, "default", *error.tokens) if place is not None else ())
                yield Problem(path, where + error.message, "give the field a default that is a value of its type")
                if values.are_too_many:
                    return


def default_value(field: Field) -> Any:
    """Return the value of a field's default (bytes where the type is bytes), of a schema that is usable."""
    return _Values().of_field(field)


class _NotAValueError(Exception):
    """The place within a default, and why the codec cannot take what stands there."""

    def __init__(self, tokens: Tokens, message: str) -> None:
        super().__init__(message)
        self.tokens = tokens
        self.message = message


class _Values:
    """From the JSON of defaults to values. It counts them, since defaults that hold defaults can grow without end."""

    def __init__(self) -> None:
        self._left = MAX_DEFAULT_VALUES

    @property
    def are_too_many(self) -> bool:
        return self._left < 0

    def of_field(self, field: Field) -> Any:
        return None if field.default is ABSENT else self._value(field.type, field.default, (), 0)

    def _value(self, node: Node, raw: Json, tokens: Tokens, depth: int) -> Any:
        self._left -= 1
        if self.are_too_many or depth > MAX_DEPTH:
            raise _NotAValueError(
                tokens, f"defaults of more than {MAX_DEFAULT_VALUES} values, or deeper than {MAX_DEPTH}"
            )
        value: Any
        match node:
            case Primitive():
                value = _primitive(node.kind, raw, tokens)
            case Enum() | Fixed():
                value = _named(node, raw, tokens)
            case Array():
                value = [self._value(node.content, item, (*tokens, at), depth + 1) for at, item in enumerate(raw)]
            case Map():
                value = {
                    _text(key, tokens): self._value(node.content, item, (*tokens, key), depth + 1)
                    for key, item in raw.items()
                }
            case Union():
                value = self._of_union(node, raw, tokens, depth)
            case Record():
                value = {field.name: self._member(field, raw, tokens, depth + 1) for field in node.fields}
        return value

    def _member(self, field: Field, raw: Json, tokens: Tokens, depth: int) -> Any:
        """Return the value of one field of a record's default, which may leave out a field that has its own."""
        if field.name in raw:
            return self._value(field.type, raw[field.name], (*tokens, field.name), depth)
        try:
            return self._value(field.type, field.default, (), depth)
        except _NotAValueError as error:
            raise _NotAValueError(tokens, f"for field {field.name}, which it leaves out, {error.message}") from None

    def _of_union(self, node: Union, raw: Json, tokens: Tokens, depth: int) -> Any:
        """Return the value for the first branch that takes it, as a value and not only as JSON."""
        reason: _NotAValueError | None = None
        for branch in node.branches:
            if is_valid_default(branch, raw):
                try:
                    return self._value(branch, raw, tokens, depth + 1)
                except _NotAValueError as error:
                    reason = reason or error
        raise reason or _NotAValueError(tokens, f"the default {raw!r:.80} fits no branch")


def _named(node: Enum | Fixed, raw: str, tokens: Tokens) -> str | bytes:
    if isinstance(node, Enum):
        if raw not in node.symbols:
            raise _NotAValueError(tokens, f"the default {raw!r:.80} is not a symbol of {node.label}")
        return raw
    value = _bytes(raw, tokens)
    if len(value) != node.size_bytes:
        raise _NotAValueError(tokens, f"the default has {len(value)} bytes, {node.label} has {node.size_bytes}")
    return value


def _primitive(kind: str, raw: Json, tokens: Tokens) -> Any:
    if kind == "bytes":
        return _bytes(raw, tokens)
    if kind == "string":
        return _text(raw, tokens)
    if kind not in {"float", "double"}:
        return raw
    try:
        value = float(raw)
        if kind == "float" and math.isfinite(value):
            _FLOAT.pack(value)
    except OverflowError:
        raise _NotAValueError(tokens, f"the default {raw!r:.80} is beyond a {kind}") from None
    return value


def _bytes(raw: str, tokens: Tokens) -> bytes:
    """Return the bytes that stand in JSON as characters 0 to 255."""
    try:
        return raw.encode("latin-1")
    except UnicodeEncodeError:
        raise _NotAValueError(
            tokens, f"the default {raw!r:.80} is not bytes: it holds a character beyond U+00FF"
        ) from None


def _text(raw: str, tokens: Tokens) -> str:
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise _NotAValueError(tokens, "the default holds a lone surrogate, which UTF-8 does not have") from None
    return raw


def _has_a_value(schema: Schema) -> bool:
    """Tell whether some value has at most MAX_DEPTH records within records: a record may need itself without end."""
    records = [node for node in schema.types() if isinstance(node, Record)]
    done: set[int] = set()
    for _ in range(MAX_DEPTH):
        more = {
            id(node) for node in records if id(node) not in done and all(_is_done(part, done) for part in node.children)
        }
        if not more:
            break
        done |= more
    return _is_done(schema.root, done)


def _is_done(node: Node, done: set[int]) -> bool:
    """Tell whether a type has a value, with `done` the records of which that is known."""
    if isinstance(node, Union):
        return any(_is_done(branch, done) for branch in node.branches)
    return id(node) in done if isinstance(node, Record) else not isinstance(node, Enum) or bool(node.symbols)
