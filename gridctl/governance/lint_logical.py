"""Logical types: on which types Avro takes them, and with which parameters."""

from gridctl.avro.model import Fixed, Node
from gridctl.governance.lint_sites import TIME_TYPES

ALLOWED_ON: dict[str, tuple[str, ...]] = {
    **TIME_TYPES,
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
    "uuid": ("string", "fixed"),
    "duration": ("fixed",),
}
SIZE_BYTES = {"uuid": 16, "duration": 12}


def misused(node: Node) -> str | None:
    """Say why Avro's libraries ignore the logical type of this type, or None where they do not."""
    raw = node.raw if isinstance(node.raw, dict) else {}
    if "logicalType" not in raw:
        return None
    name = raw["logicalType"]
    if name not in ALLOWED_ON:
        return f"{name!r} is no logical type of Avro"
    if node.kind not in ALLOWED_ON[name]:
        return f"{name} cannot stand on {node.kind}, only on {' or '.join(ALLOWED_ON[name])}"
    if isinstance(node, Fixed) and node.size_bytes != SIZE_BYTES.get(name, node.size_bytes):
        return f"{name} needs {SIZE_BYTES[name]} bytes, {node.name} has {node.size_bytes}"
    return _bad_decimal(node, raw.get("precision"), raw.get("scale", 0)) if name == "decimal" else None


def _bad_decimal(node: Node, precision: object, scale: object) -> str | None:
    if type(precision) is not int or precision < 1:
        return "decimal needs a precision, a whole number from 1 on"
    if type(scale) is not int or not 0 <= scale <= precision:
        return f"the scale of a decimal is a whole number from 0 to its precision {precision}"
    if isinstance(node, Fixed) and 10**precision - 1 > 2 ** (8 * node.size_bytes - 1) - 1:
        return f"{node.size_bytes} bytes do not hold a decimal of precision {precision}"
    return None
