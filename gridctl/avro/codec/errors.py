"""What can be wrong with a schema, with a value to encode, and with bytes to decode."""

from gridctl.avro.model import Json, Schema, SchemaInvalid
from gridctl.avro.parse import as_schema
from gridctl.avro.usable import problems
from gridctl.errors import UsageProblem


class AvroSchemaError(UsageProblem):
    """The schema is not valid, or the codec cannot use it. `path` is a JSON pointer to the place; `/` is the root."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"Avro schema, at {path if path.strip('/') else 'the top'}: {message}")
        self.path = path


class AvroEncodeError(ValueError):
    """A value does not fit its schema; `field` is its place in the record, as in `points[2].value`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field or 'the value'}: {message}")
        self.field = field


class AvroDecodeError(ValueError):
    """The bytes are not a value of the writer's schema; `rule` is one stable word of `DECODE_RULES`."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


DECODE_RULES = frozenset(
    {
        "bad_boolean",  # a boolean that is neither 0 nor 1
        "bad_enum_index",
        "bad_union_index",
        "bad_utf8",
        "block_size_mismatch",  # a block's stated size in bytes is not what its items take
        "depth_exceeded",  # records nested deeper than MAX_DEPTH
        "int_out_of_range",  # an int beyond 32 bits
        "length_out_of_bounds",  # a length or count that is negative or more than the bytes that are left
        "offset_out_of_bounds",  # the caller's offset is not within the payload
        "resolution",  # sound bytes that the reader's schema cannot take
        "too_many_empty_items",  # more than MAX_EMPTY_ITEMS array items of no bytes
        "trailing_bytes",
        "truncated",
        "varint_too_long",  # more than 64 bits
    }
)

# An array of nulls takes no bytes an item, so the payload does not bound it; this does, over the whole payload.
MAX_EMPTY_ITEMS = 65_536


def valid(source: Schema | Json) -> Schema:
    """Return the schema of JSON text (a string) or of decoded JSON; raise AvroSchemaError where it is not valid."""
    try:
        return as_schema(source)
    except SchemaInvalid as error:
        raise AvroSchemaError(error.path, error.message) from error


def usable(source: Schema | Json) -> Schema:
    """Return the schema; raise AvroSchemaError also where the codec cannot write with it."""
    schema = valid(source)
    for problem in problems(schema):
        raise AvroSchemaError(problem.path, problem.message)
    return schema
