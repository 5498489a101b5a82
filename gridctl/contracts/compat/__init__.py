"""Avro schema compatibility, pure: parsing, reading one schema's data with another, and the seven levels."""

from gridctl.contracts.compat.engine import can_read
from gridctl.contracts.compat.findings import Incompatibility, Rule
from gridctl.contracts.compat.levels import Break, Direction, Level, check
from gridctl.contracts.compat.model import Schema, SchemaInvalid
from gridctl.contracts.compat.parse import parse, parse_json

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
