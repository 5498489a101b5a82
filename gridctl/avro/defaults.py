"""Is a JSON value a valid default for a type? As Java Avro 1.12 answers it."""

import re
from collections.abc import Set as AbstractSet

from gridctl.avro.model import ABSENT, PRIMITIVES, Array, Field, Flaw, Json, Map, Node, Record, Reference, Union

_INT_BITS, _LONG_BITS = 31, 63
_NULL = PRIMITIVES["null"]
_JAVA_DOUBLE = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?)"
).fullmatch
_JAVA_BLANKS = "".join(map(chr, range(0x21)))


def _whole(value: Json, bits: int) -> bool:
    return type(value) is int and -(1 << bits) <= value < (1 << bits)


_SIMPLE = {
    "string": lambda value: isinstance(value, str),
    "bytes": lambda value: isinstance(value, str),
    "enum": lambda value: isinstance(value, str),  # Java does not ask whether it is one of the symbols
    "fixed": lambda value: isinstance(value, str),  # nor whether the length is right
    "int": lambda value: _whole(value, _INT_BITS),
    "long": lambda value: _whole(value, _LONG_BITS),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def number_in_text(kind: str, default: Json, field: Json) -> Json:
    """Return the default, as a number where a float or double field has one written as text; raise Flaw."""
    if not isinstance(default, str) or kind not in {"float", "double"}:
        return default
    text = default.strip(_JAVA_BLANKS)
    if not _JAVA_DOUBLE(text):
        raise Flaw(f"the default {default!r} is not a number", field, "default")
    digits = text.rstrip("fFdD")
    try:
        return float.fromhex(digits) if "x" in digits.lower() else float(digits)
    except OverflowError:
        return float("-inf" if digits.startswith("-") else "inf")


def is_valid_default(node: Node, value: Json, complete: AbstractSet[int] | None = None) -> bool:
    """Tell whether a JSON value fits a type.

    `complete` holds the ids of the records whose fields Java has set already (None: all of them): it cannot look
    into one that it is still building, and refuses the schema; so a Flaw is raised here too.
    """
    if isinstance(node, Reference) and node.target is not None:
        node = node.target
    simple = _SIMPLE.get(node.kind)
    if simple is not None:
        return simple(value)
    if isinstance(node, Union):
        return any(is_valid_default(branch, value, complete) for branch in node.branches)
    if isinstance(node, Array):
        return isinstance(value, list) and all(is_valid_default(node.content, item, complete) for item in value)
    return isinstance(value, dict) and _is_valid_object(node, value, complete)


def _is_valid_object(node: Node, value: Json, complete: AbstractSet[int] | None) -> bool:
    if isinstance(node, Map):
        return all(is_valid_default(node.content, item, complete) for item in value.values())
    if isinstance(node, Record):
        if complete is not None and id(node) not in complete:
            raise Flaw(f"a default cannot be a {node.label} inside that record itself")
        return all(_fits(field, value, complete) for field in node.fields)
    return isinstance(node, Reference)  # asked again when it is resolved


def _fits(field: Field, value: Json, complete: AbstractSet[int] | None) -> bool:
    if field.name in value:
        return is_valid_default(field.type, value[field.name], complete)
    return field.default is not ABSENT  # a field's own default was checked when its record was read


def check_default(field: Field, complete: AbstractSet[int] | None = None) -> None:
    """Raise Flaw when the field has a default that does not fit its type."""
    if field.default is ABSENT:
        return
    if field.default is None and isinstance(field.type, Union) and _NULL in field.type.branches:
        return  # the default of most nullable fields: a quick answer
    try:
        fits = is_valid_default(field.type, field.default, complete)
    except Flaw as flaw:
        raise Flaw(flaw.message, field.raw, "default") from None
    if not fits:
        raise Flaw(f"the default of field {field.name} does not fit its type, {field.type.label}", field.raw, "default")
