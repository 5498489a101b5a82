"""Avro schemas, pure: parsing, whether one schema reads another's data, and the seven levels of compatibility."""

from gridctl.avro.compat.engine import can_read
from gridctl.avro.compat.findings import Incompatibility, Rule
from gridctl.avro.compat.levels import Break, Direction, Level, check
from gridctl.avro.model import Schema, SchemaInvalid
from gridctl.avro.parse import parse, parse_json

__all__ = [
    "Break",
    "Direction",
    "Incompatibility",
    "Level",
    "Rule",
    "Schema",
    "SchemaInvalid",
    "can_read",
    "check",
    "parse",
    "parse_json",
]
