"""The parsed schema: a graph of nodes in which every name is resolved to the type that it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


@dataclass(slots=True, eq=False, kw_only=True)
class Primitive:
    """One of the eight primitive types; `props` holds the other attributes (logicalType, precision, unit ...)."""

    kind: str
    props: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Fixed:
    """`size` bytes under a full name."""

    name: str
    size: int
    aliases: tuple[str, ...] = ()
    props: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "fixed"


@dataclass(slots=True, eq=False, kw_only=True)
class Enum:
    """Symbols under a full name; `default` is what a reader takes for a symbol that it does not know."""

    name: str
    symbols: tuple[str, ...]
    default: str | None = None
    aliases: tuple[str, ...] = ()
    props: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "enum"


@dataclass(slots=True, eq=False, kw_only=True)
class Array:
    """Values of one type in order."""

    items: "Node"
    props: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "array"


@dataclass(slots=True, eq=False, kw_only=True)
class Map:
    """Values of one type by string key."""

    values: "Node"
    props: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "map"


@dataclass(slots=True, eq=False, kw_only=True)
class Union:
    """A value of one of several types."""

    branches: tuple["Node", ...]
    kind: str = "union"

    @property
    def optional(self) -> tuple[int, int] | None:
        """The indexes of null and of the other branch when there are two and one is null."""
        kinds = [branch.kind for branch in self.branches]
        if len(kinds) != 2 or "null" not in kinds:  # noqa: PLR2004 - null and one other
            return None
        null = kinds.index("null")
        return null, 1 - null


@dataclass(slots=True, eq=False, kw_only=True)
class RecordField:
    """One field. `default` is a value (bytes where the type is bytes), meaningful when `has_default` is true."""

    name: str
    type: "Node"
    has_default: bool = False
    default: Any = None
    aliases: tuple[str, ...] = ()
    props: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Record:
    """Fields in order, under a full name. May contain itself."""

    name: str
    fields: Sequence[RecordField] = ()
    aliases: tuple[str, ...] = ()
    props: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "record"


Named = Fixed | Enum | Record
Node = Primitive | Fixed | Enum | Array | Map | Union | Record


def short_name(fullname: str) -> str:
    """Return the name without its namespace."""
    return fullname.rpartition(".")[2]


def least_bytes(node: Node, known: dict[int, int] | None = None) -> int:
    """Return a lower bound of the bytes that a value takes; `known` holds the records already measured."""
    known = {} if known is None else known
    match node:
        case Primitive():
            return {"null": 0, "float": 4, "double": 8}.get(node.kind, 1)
        case Fixed():
            return node.size
        case Union():
            return 1 + min(least_bytes(branch, known) for branch in node.branches)
        case Record():
            if id(node) not in known:
                known[id(node)] = 0  # what a record within itself counts for
                known[id(node)] = sum(least_bytes(member.type, known) for member in node.fields)
            return known[id(node)]
        case _:
            return 1


def children(node: Node) -> tuple[Node, ...]:
    """Return the types that a type is made of."""
    match node:
        case Array():
            return (node.items,)
        case Map():
            return (node.values,)
        case Union():
            return node.branches
        case Record():
            return tuple(member.type for member in node.fields)
        case _:
            return ()
