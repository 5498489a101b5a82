"""What to do with each part of a body: the writer's schema resolved against the reader's.

A plan follows the writer's bytes and says what the reader's value becomes. What cannot be resolved is a `Refuse`,
which raises only when a record reaches it: a union may hold a branch that the reader never meets.
Source: Apache Avro 1.12 specification, "Schema Resolution"; where a reader's union has several matches the order is
that of Java Avro: the same type first, then a promotion.
"""

from dataclasses import dataclass
from typing import Any

from gridctl.avro.codec.nodes import (
    Array,
    Enum,
    Fixed,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    RecordField,
    Union,
    least_bytes,
    short_name,
)


@dataclass(slots=True, eq=False)
class Scalar:
    """A primitive: what to read (`kind`), and whether the number then becomes a float.

    `millis` says that the writer means a timestamp-millis, so that six bytes are the usual length.
    """

    kind: str
    to_float: bool = False
    millis: bool = False


@dataclass(slots=True, eq=False)
class Opaque:
    """A fixed of `size` bytes."""

    size: int


@dataclass(slots=True, eq=False)
class Symbols:
    """An enum: the reader's symbol by the writer's index; None where the reader has none."""

    names: tuple[str | None, ...]


@dataclass(slots=True, eq=False)
class Items:
    """An array; `least` bytes is the shortest item."""

    item: "Plan"
    least: int


@dataclass(slots=True, eq=False)
class Entries:
    """A map; `least` bytes is the shortest entry."""

    value: "Plan"
    least: int


@dataclass(slots=True, eq=False)
class Choice:
    """A union of the writer's: a plan by index."""

    branches: tuple["Plan", ...]


@dataclass(slots=True, eq=False)
class Refuse:
    """The reader cannot take this: `reason` says why."""

    reason: str


@dataclass(slots=True, eq=False)
class Members:
    """A record. `steps` follow the writer: the reader's field (None: drop the value) and its plan.

    `defaults` are the reader's fields that the writer does not have; `order` is the reader's.
    """

    steps: tuple[tuple[str | None, "Plan"], ...] = ()
    defaults: tuple[tuple[str, Any], ...] = ()
    order: tuple[str, ...] = ()
    refused: str | None = None


Plan = Scalar | Opaque | Symbols | Items | Entries | Choice | Refuse | Members

_PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
_SAME_NAME, _SAME, _PROMOTION, _NONE = 3, 2, 1, 0


def resolve(writer: Node, reader: Node) -> Plan:
    """Return the plan that reads what `writer` wrote as a value of `reader`."""
    return _Resolver().plan(writer, reader)


def _match(writer: Node, reader: Node) -> int:
    if isinstance(writer, Named) and isinstance(reader, Named) and writer.kind == reader.kind:
        if writer.name == reader.name and not isinstance(writer, Fixed):
            return _SAME_NAME
        same = short_name(writer.name) == short_name(reader.name) or writer.name in reader.aliases
        if isinstance(writer, Fixed) and isinstance(reader, Fixed):
            same = same and writer.size == reader.size
        return _SAME if same else _NONE
    if writer.kind == reader.kind:
        return _SAME
    return _PROMOTION if reader.kind in _PROMOTED.get(writer.kind, ()) else _NONE


class _Resolver:
    """One resolution; records resolved once, so that recursive schemas end."""

    def __init__(self) -> None:
        self._records: dict[tuple[int, int], Members] = {}

    def plan(self, writer: Node, reader: Node) -> Plan:
        if isinstance(writer, Union):
            return Choice(tuple(self.plan(branch, reader) for branch in writer.branches))
        if isinstance(reader, Union):
            return self._into_union(writer, reader)
        if not _match(writer, reader):
            return Refuse(f"the writer's {_label(writer)} is no {_label(reader)} for the reader")
        return self._matching(writer, reader)

    def _into_union(self, writer: Node, reader: Union) -> Plan:
        # A union resolved against itself takes the very same branch, whatever the names are.
        if any(branch is writer for branch in reader.branches):
            return self._matching(writer, writer)
        best = max(reader.branches, key=lambda branch: _match(writer, branch))
        if not _match(writer, best):
            return Refuse(f"the writer's {_label(writer)} is in no branch of the reader's union")
        return self._matching(writer, best)

    def _matching(self, writer: Node, reader: Node) -> Plan:
        match writer, reader:
            case Primitive(), Primitive():
                to_float = writer.kind in ("int", "long") and reader.kind in ("float", "double")
                kind = reader.kind if reader.kind in ("string", "bytes") else writer.kind
                millis = kind == "long" and writer.props.get("logicalType") == "timestamp-millis"
                return Scalar(kind, to_float, millis)
            case Fixed(), Fixed():
                return Opaque(writer.size)
            case Enum(), Enum():
                return Symbols(tuple(s if s in reader.symbols else reader.default for s in writer.symbols))
            case Array(), Array():
                return Items(self.plan(writer.items, reader.items), least_bytes(writer.items))
            case Map(), Map():
                return Entries(self.plan(writer.values, reader.values), 1 + least_bytes(writer.values))
            case Record(), Record():
                return self._record(writer, reader)
        raise AssertionError(f"{writer.kind} does not match {reader.kind}")  # _match() has said that it does

    def _record(self, writer: Record, reader: Record) -> Members:
        key = (id(writer), id(reader))
        if key in self._records:
            return self._records[key]
        self._records[key] = members = Members(order=tuple(member.name for member in reader.fields))
        left = {member.name: member for member in reader.fields}
        steps: list[tuple[str | None, Plan]] = []
        for member in writer.fields:
            target = _target(member, reader, left)
            if target is None:
                steps.append((None, self.plan(member.type, member.type)))
            else:
                del left[target.name]
                steps.append((target.name, self.plan(member.type, target.type)))
        members.steps = tuple(steps)
        members.defaults = tuple((name, member.default) for name, member in left.items())
        missing = [name for name, member in left.items() if not member.has_default]
        if missing:
            members.refused = f"the reader's {reader.name}.{missing[0]} is not written and has no default"
        return members


def _target(member: RecordField, reader: Record, left: dict[str, RecordField]) -> RecordField | None:
    """Return the reader's field of that name, else the one with that alias, of those that are still free."""
    if member.name in left:
        return left[member.name]
    return next((f for f in reader.fields if f.name in left and member.name in f.aliases), None)


def _label(node: Node) -> str:
    return f"{node.kind} {node.name}" if isinstance(node, Named) else node.kind
