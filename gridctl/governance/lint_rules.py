"""The lint rules about one schema. Each is a function from its places to problems, and stands in RULES by its id."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gridctl.avro.model import ABSENT, Enum, Fixed, Node, Tokens, Union
from gridctl.governance.lint_sites import (
    COUNTERS,
    CURRENCIES,
    ENERGY,
    TIME_TYPES,
    Sites,
    property_of,
    raw_of,
    suffix_of,
    unit_of,
)

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
    raw = raw_of(node)
    if "logicalType" not in raw:
        return None
    name = raw["logicalType"]
    if name not in ALLOWED_ON:
        return f"{name!r} is not a logical type of Avro"
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


PLATFORM_NAMESPACE = "gridstream"
MONEY = frozenset(("amount", "balance", "bill", "cost", "fee", "invoice", "payment", "price", "revenue", "tariff"))

_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_SPACE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class Problem(NamedTuple):
    """What a rule says of a place; `against` is the earlier version where one is compared."""

    tokens: Tokens
    message: str
    fix: str
    against: int | None = None


Rule = Callable[[Sites], Iterator[Problem]]


def type_names(sites: Sites) -> Iterator[Problem]:
    """Ask for PascalCase names of records, enums and fixed."""
    for site in sites.types:
        if not _PASCAL.fullmatch(site.node.name):
            yield Problem(
                (*site.tokens, "name"),
                f"{site.node.kind} {site.node.name} is not in PascalCase",
                f"name it {''.join(word[:1].upper() + word[1:] for word in site.node.name.split('_'))}",
            )


def field_names(sites: Sites) -> Iterator[Problem]:
    """Ask for snake_case names of fields."""
    for site in sites.fields:
        if not _SNAKE.fullmatch(site.name):
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", site.name).strip("_").casefold()
            yield Problem(
                (*site.tokens, "name"),
                f"field {site.name} is not in snake_case",
                f"name it {snake}, with the alias {site.name} if data is written already",
            )


def symbol_names(sites: Sites) -> Iterator[Problem]:
    """Ask for UPPER_CASE symbols of enums."""
    for site in sites.types:
        if not isinstance(site.node, Enum):
            continue
        for at, symbol in enumerate(site.node.symbols):
            if not _UPPER.fullmatch(symbol):
                upper = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", symbol).upper()
                yield Problem(
                    (*site.tokens, "symbols", at),
                    f"symbol {symbol} of enum {site.node.name} is not in UPPER_CASE",
                    f"write {upper}",
                )


def namespaces(sites: Sites) -> Iterator[Problem]:
    """Ask for a namespace of every type, in lower case."""
    for site in sites.types:
        space = site.node.full.rpartition(".")[0]
        if not _SPACE.fullmatch(space):
            words = f"namespace {space!r} is not in lower case" if space else "it has no namespace"
            yield Problem(site.tokens, f"{site.node.kind} {site.node.name}: {words}", 'add "namespace": "team.domain"')


def platform_namespaces(sites: Sites) -> Iterator[Problem]:
    """Ask for the platform's namespace; only where topics.toml says that the tree is the platform's."""
    for site in sites.types:
        space = site.node.full.rpartition(".")[0]
        if space and space.split(".")[0] != PLATFORM_NAMESPACE:
            yield Problem(
                site.tokens,
                f"{site.node.kind} {site.node.name}: namespace {space} is not the platform's",
                f"put it into {PLATFORM_NAMESPACE} or a namespace below, such as {PLATFORM_NAMESPACE}.events",
            )


def docs(sites: Sites) -> Iterator[Problem]:
    """Ask for words on what every field and every type is."""
    named = [(site.tokens, f"{site.node.kind} {site.node.name}", site.node.raw) for site in sites.types]
    fields = [(site.tokens, f"field {site.record.name}.{site.name}", site.field.raw) for site in sites.fields]
    for tokens, label, raw in (*named, *fields):
        doc = raw.get("doc")
        if not (isinstance(doc, str) and doc.strip()):
            yield Problem(tokens, f"{label} has no doc", 'add "doc" with one sentence on what it is')


def units(sites: Sites) -> Iterator[Problem]:
    """Ask for the unit of each number that measures: by suffix or property, which must agree."""
    for site in sites.fields:
        numbers = [leaf for leaf in site.leaves if leaf.is_number]
        whole = all(leaf.node.kind in ("int", "long") for leaf in numbers)
        if not numbers or (whole and site.words[-1] in COUNTERS):
            continue
        said = property_of(site)
        by_name = suffix_of(site.name)
        if said is None and by_name is None:
            yield Problem(
                site.tokens,
                f"field {site.name} is a number and says no unit",
                f'end its name with the unit, such as {site.name}_w, or add "unit" ("1" for a bare count)',
            )
        elif said and by_name and not said.means(by_name):
            yield Problem(
                site.tokens,
                f"the name of field {site.name} says the unit {by_name}, its property says {said}",
                "let both say the same",
            )


def totals(sites: Sites) -> Iterator[Problem]:
    """Refuse binary fractions for money and energy: such sums depend on the order."""
    for site in sites.fields:
        unit = unit_of(site)
        word = unit.word if unit else ""
        if word in CURRENCIES or MONEY & set(site.words):
            counts = "money"
        elif word in ENERGY or "energy" in site.words:
            counts = "energy"
        else:
            continue
        for leaf in site.leaves:
            if leaf.node.kind in ("float", "double"):
                yield Problem(
                    leaf.tokens,
                    f"field {site.name} counts {counts} in a {leaf.node.kind}, which cannot hold decimal parts exactly",
                    "use long in the smallest unit (cents, Wh), or bytes with the logical type decimal",
                )


def nullables(sites: Sites) -> Iterator[Problem]:
    """Ask for null first, and as the default, where a field may be null."""
    for site in sites.fields:
        kind = site.field.type
        if not isinstance(kind, Union) or all(branch.kind != "null" for branch in kind.branches):
            continue
        fix = 'put "null" first in the union and add "default": null'
        if kind.branches[0].kind != "null":
            yield Problem((*site.tokens, "type"), f"field {site.name} may be null, but null is not first", fix)
        elif site.field.default is ABSENT:
            yield Problem(site.tokens, f"field {site.name} may be null and has no default", 'add "default": null')


def enum_defaults(sites: Sites) -> Iterator[Problem]:
    """Ask for a default symbol, without which no symbol can ever be added."""
    for site in sites.types:
        if isinstance(site.node, Enum) and site.node.default is None:
            yield Problem(
                site.tokens,
                f"enum {site.node.name} has no default symbol: its readers fail on every symbol that is added later",
                f'add "default" with one of {", ".join(site.node.symbols)}',
            )


def logical_types(sites: Sites) -> Iterator[Problem]:
    """Find logical types that every library ignores: misplaced, unknown, or on a type that takes none."""
    for site in sites.fields:
        if "logicalType" in site.field.raw:
            yield Problem(
                (*site.tokens, "logicalType"),
                f"field {site.name}: a logicalType on the field is ignored, it belongs into the type",
                'write "type": {"type": …, "logicalType": …}',
            )
    leaves = [(f"field {site.name}", leaf) for site in sites.fields for leaf in site.leaves]
    for label, leaf in (*leaves, *(("the schema", leaf) for leaf in sites.root)):
        # A fixed says it once, where it is defined.
        problem = None if isinstance(leaf.node, Fixed) else misused(leaf.node)
        if problem:
            yield Problem(leaf.tokens, f"{label}: {problem}", "correct it, or every reader ignores it")
    for kind in sites.types:
        problem = misused(kind.node)
        if problem:
            yield Problem(kind.tokens, f"{kind.node.kind} {kind.node.name}: {problem}", "correct it, or it is ignored")


RULES: dict[str, Rule] = {
    "type-name": type_names,
    "field-name": field_names,
    "symbol-name": symbol_names,
    "namespace": namespaces,
    "doc": docs,
    "unit": units,
    "float-total": totals,
    "nullable-default": nullables,
    "enum-default": enum_defaults,
    "logical-type": logical_types,
}
"""What holds for every tree."""

PLATFORM_RULES: dict[str, Rule] = {"platform-namespace": platform_namespaces}
"""What holds besides where topics.toml says that the tree is the platform's."""
