"""Framed values: Avro behind the five bytes that name the schema which it was written with.

Nothing here registers a schema. A producer that could would publish with whatever its file says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gridctl.avro.codec import AvroDecodeError, AvroSchemaError, compile_decoder, compile_encoder, usable
from gridctl.contracts.framing import HEADER_BYTES, FramingError, frame_header, schema_id_of
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import Unavailable

SCHEMA_ID_UNKNOWN = "schema_id_unknown"
SCHEMA_UNUSABLE = "schema_unusable"


@dataclass(frozen=True)
class FramedEncoder:
    """An encoder and the frame of the schema that it writes; `body` gives the bytes behind the frame."""

    header: bytes
    body: Callable[..., bytes]


def framed_encoder(subject: str, schema: str, lookup: SchemaLookup, extra: tuple[str, ...] = ()) -> FramedEncoder:
    """Return the encoder for a subject's schema under its registered id; Unavailable when it is not registered.

    The fields in `extra` are arguments of `body`, after the record.
    """
    found = lookup.find(subject, schema)
    if found is None:
        raise Unavailable(
            f"the schema of {subject} in this directory is not registered",
            next_step="`gridctl up` registers all of a local stack; elsewhere `gridctl schema register --execute` does",
        )
    return FramedEncoder(frame_header(found.schema_id), compile_encoder(schema, extra=extra))


class Unreadable(Exception):
    """A value that cannot be read. `rule` is a stable word that names which of the four causes it is.

    The frame is broken: those of `FramingError`. The registry has no such id: `schema_id_unknown`. The writer's schema
    is broken, or ours cannot read it: `schema_unusable`. The body is broken: those of `DECODE_RULES`.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


class FramedDecoder:
    """Reads framed values, each with its writer's schema from the registry: as written, or as `reader_schema` says.

    UsageProblem for a `reader_schema` that the codec cannot use.
    """

    def __init__(self, lookup: SchemaLookup, reader_schema: str | None = None) -> None:
        self._lookup = lookup
        # Ours is judged here: a broken one is not the fault of the records, and must not make them dead letters.
        self._reader_schema = None if reader_schema is None else usable(reader_schema)
        # By the five bytes of the frame.
        self._decoders: dict[bytes, Callable[[bytes, int], Any]] = {}
        self._unknown: set[bytes] = set()
        # Why; kept for ever, since the schema of an id never changes.
        self._unusable: dict[bytes, str] = {}

    def forget_unknown(self) -> None:
        """Ask the registry again for ids that it did not know; call once a batch, where it may have learnt of them."""
        self._unknown.clear()

    def decode(self, value: bytes) -> Any:
        """Return the value in a frame; raise Unreadable, or Unavailable when the registry cannot be asked."""
        header = value[:HEADER_BYTES]
        decode = self._decoders.get(header) or self._learn(header)
        try:
            return decode(value, HEADER_BYTES)
        except AvroDecodeError as error:
            raise Unreadable(error.rule, str(error)) from error

    def _learn(self, header: bytes) -> Callable[[bytes, int], Any]:
        try:
            schema_id = schema_id_of(header)
        except FramingError as error:
            raise Unreadable(error.rule, str(error)) from error
        if header in self._unusable:
            raise Unreadable(SCHEMA_UNUSABLE, self._unusable[header])
        writer_schema = None if header in self._unknown else self._lookup.schema_by_id(schema_id)
        if writer_schema is None:
            self._unknown.add(header)
            raise Unreadable(SCHEMA_ID_UNKNOWN, f"the registry has no schema with id {schema_id}")
        try:
            decode = self._decoders[header] = compile_decoder(writer_schema, self._reader_schema)
        except AvroSchemaError as error:
            reason = self._unusable[header] = f"schema {schema_id}: {error.message}"
            raise Unreadable(SCHEMA_UNUSABLE, reason) from error
        return decode
