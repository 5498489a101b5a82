"""The places of a schema that rules look at: each field and each type that stands there in full, and its unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from gridctl.avro.model import Collection, Enum, Field, Fixed, Named, Node, Record, Schema, Tokens, Union

TIME_TYPES = {
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
}
"""The logical types that are times, and so say their unit, with the types that they may stand on."""


def raw_of(node: Node) -> dict[str, Any]:
    """Return the properties of a type; empty where it stands there as a bare name."""
    return node.raw if isinstance(node.raw, dict) else {}


def logical_of(node: Node) -> str | None:
    """Return the logical type with its parameters, as `decimal(10, 2)`, or None."""
    name, raw = node.logical_type, raw_of(node)
    if name == "decimal":
        return f"decimal({raw.get('precision')}, {raw.get('scale', 0)})"
    return name if isinstance(name, str) else None


@dataclass(frozen=True)
class Leaf:
    """A type inside a field that is not a union; `path` names the arrays and maps around it, such as `items`."""

    node: Node
    path: str
    tokens: Tokens

    @property
    def is_number(self) -> bool:
        """Whether it counts or measures: a number that is not a time."""
        logical = self.node.logical_type
        return logical == "decimal" or (
            self.node.kind in ("int", "long", "float", "double") and logical not in TIME_TYPES
        )


@dataclass(frozen=True)
class FieldSite:
    """A field, the record that holds it, and where it stands."""

    record: Record
    field: Field
    tokens: Tokens

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name

    @property
    def words(self) -> list[str]:
        """The words of the name."""
        return self.field.name.casefold().split("_")

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The types of its values: below unions, arrays and maps, not below a record."""
        return tuple(_leaves(self.field.type, "", (*self.tokens, "type")))


@dataclass(frozen=True)
class TypeSite:
    """A record, an enum or a fixed, where it is defined."""

    node: Record | Enum | Fixed
    tokens: Tokens


@dataclass(frozen=True)
class Sites:
    """Everything that the rules look at, in the order of the document; `root` where the schema is not a record."""

    fields: tuple[FieldSite, ...]
    types: tuple[TypeSite, ...]
    root: tuple[Leaf, ...]


def sites_of(schema: Schema) -> Sites:
    """Return the fields and types that the document defines; a type of another subject is that subject's."""
    fields: list[FieldSite] = []
    types: list[TypeSite] = []
    stack: list[tuple[Node, Any, Tokens]] = [(schema.root, schema.document, ())]
    while stack:
        node, raw, tokens = stack.pop()
        if isinstance(node, Named) and not isinstance(raw, dict):
            continue  # used by its name: it is defined elsewhere
        if isinstance(node, Record | Enum | Fixed):
            types.append(TypeSite(node, tokens))
        if isinstance(node, Record):
            found = [FieldSite(node, field, (*tokens, "fields", at)) for at, field in enumerate(node.fields)]
            fields.extend(found)
            below = [(site.field.type, site.field.raw["type"], (*site.tokens, "type")) for site in found]
        else:
            below = [(child, raw[key], (*tokens, key)) for child, key in _children(node)]
        stack.extend(reversed(below))
    root = () if isinstance(schema.root, Record) else tuple(_leaves(schema.root, "", ()))
    return Sites(tuple(fields), tuple(types), root)


def _children(node: Node) -> Iterator[tuple[Node, Any]]:
    if isinstance(node, Collection):
        yield node.content, node.key
    elif isinstance(node, Union):
        yield from ((branch, at) for at, branch in enumerate(node.branches))


def _leaves(node: Node, path: str, tokens: Tokens) -> Iterator[Leaf]:
    children = list(_children(node))
    if not children:
        yield Leaf(node, path, tokens)
    for child, key in children:
        yield from _leaves(child, path if isinstance(key, int) else f"{path}/{key}", (*tokens, key))


ENERGY = frozenset(("wh", "kwh", "mwh", "gwh", "varh", "kvarh", "vah", "j", "kj", "mj"))
_AS_SPELLED = (
    *("ns", "ms", "s", "min", "h", "mw", "w", "kw", "gw", "va", "kva", "mva", "var", "kvar", "mvar", "ah"),
    *("mv", "v", "kv", "ma", "a", "ka", "hz", "khz", "mhz", "db", "dbm", "rpm", "pa", "hpa", "kpa", "bar"),
    *("mm", "cm", "m", "km", "kg", "g", "l", "rad", "lux", "ppm", "ppb", "kib", "mib", "cents"),
)
SUFFIXES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*_AS_SPELLED, *ENERGY), ()),
    "us": ("µs",),
    "seconds": ("s",),
    "minutes": ("min",),
    "hours": ("h",),
    "days": ("d",),
    "ohm": ("Ω",),
    "c": ("°C", "Cel", "degC"),
    "f": ("°F", "degF"),
    "k": ("kelvin",),
    "mps": ("m/s",),
    "kmh": ("km/h",),
    "deg": ("°",),
    "m3": ("m³",),
    "wm2": ("W/m²", "W/m2"),
    "pct": ("%", "percent"),
    "percent": ("%", "pct"),
    "permille": ("‰",),
    "ratio": ("1",),
    "pu": ("1",),
    "bytes": ("B", "byte"),
    "bps": ("bit/s",),
    "eur": ("€",),
    "usd": ("$",),
    "gbp": ("£",),
    "inr": ("₹",),
}
"""Each suffix of a name that is a unit, and how else that unit may be written as a property."""
CURRENCIES = frozenset(("eur", "usd", "gbp", "inr", "cents", "€", "$", "£", "₹"))
COUNTERS = frozenset(
    ("attempt", "code", "count", "id", "index", "number", "offset", "partition", "port", "seq", "sequence", "version")
)
"""Last words of names that say that a whole number counts or names something, and measures nothing."""


class Unit(NamedTuple):
    """A unit as the schema says it, and whether it is the name that says it."""

    text: str
    is_suffix: bool

    def __str__(self) -> str:
        return f"_{self.text}" if self.is_suffix else self.text

    @property
    def word(self) -> str:
        """The unit without case."""
        return self.text.casefold()

    def means(self, other: "Unit") -> bool:
        """Say whether both are one unit. A suffix has no capitals, so `_mw` may be mW and MW; properties differ."""
        if self.is_suffix == other.is_suffix:
            return self.text == other.text or bool(_suffixes(self) & _suffixes(other))
        return bool(_suffixes(self) & _suffixes(other)) or self.word == other.word


def _suffixes(unit: Unit) -> set[str]:
    """Return the suffixes whose unit this is, where more than its letters says so."""
    if unit.is_suffix:
        return {unit.text}
    return {suffix for suffix, spelled in SUFFIXES.items() if unit.text in spelled}


def suffix_of(name: str) -> Unit | None:
    """Return the unit at the end of a name; the whole name is not one."""
    stem, underscore, last = name.casefold().rpartition("_")
    return Unit(last, is_suffix=True) if underscore and stem and last in SUFFIXES else None


def property_of(site: FieldSite) -> Unit | None:
    """Return the `unit` property of a field, or of the type of its values."""
    for raw in (site.field.raw, *(raw_of(leaf.node) for leaf in site.leaves)):
        unit = raw.get("unit")
        if isinstance(unit, str) and unit.strip():
            return Unit(unit.strip(), is_suffix=False)
    return None


def unit_of(site: FieldSite) -> Unit | None:
    """Return what a field says of its unit: the property counts before the name."""
    return property_of(site) or suffix_of(site.name)
