"""Units: what a field's name says, what its `unit` property says, and whether both mean the same."""

from typing import NamedTuple

from gridctl.governance.lint_sites import FieldSite

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
    """Return the suffixes whose unit this is, where that is told by more than its letters."""
    if unit.is_suffix:
        return {unit.text}
    return {suffix for suffix, spelled in SUFFIXES.items() if unit.text in spelled}


def suffix_of(name: str) -> Unit | None:
    """Return the unit at the end of a name; the whole name is none."""
    stem, underscore, last = name.casefold().rpartition("_")
    return Unit(last, is_suffix=True) if underscore and stem and last in SUFFIXES else None


def property_of(site: FieldSite) -> Unit | None:
    """Return the `unit` property of a field, or of the type of its values."""
    for raw in (site.field.raw, *(leaf.raw for leaf in site.leaves)):
        unit = raw.get("unit")
        if isinstance(unit, str) and unit.strip():
            return Unit(unit.strip(), is_suffix=False)
    return None


def unit_of(site: FieldSite) -> Unit | None:
    """Return what a field says of its unit: the property counts before the name."""
    return property_of(site) or suffix_of(site.name)
