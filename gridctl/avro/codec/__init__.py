"""The Avro codec: an encoder and a decoder generated once from each schema. Bodies only, no Confluent frame.

Values are those of the underlying Avro type; a logical type never changes what goes in or comes out (ADR 0002).
"""

from gridctl.avro.codec.decoder import compile_decoder
from gridctl.avro.codec.encoder import compile_encoder
from gridctl.avro.codec.errors import (
    DECODE_RULES,
    MAX_EMPTY_ITEMS,
    AvroDecodeError,
    AvroEncodeError,
    AvroSchemaError,
    usable,
)
from gridctl.avro.usable import MAX_DEPTH

__all__ = [
    "DECODE_RULES",
    "MAX_DEPTH",
    "MAX_EMPTY_ITEMS",
    "AvroDecodeError",
    "AvroEncodeError",
    "AvroSchemaError",
    "compile_decoder",
    "compile_encoder",
    "usable",
]
