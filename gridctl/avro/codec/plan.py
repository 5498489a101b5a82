"""What to do with each part of a body: the writer's schema resolved against the reader's.

A plan follows the writer's bytes and says what the reader's value becomes. What cannot be resolved is a `Refuse`,
which raises only when a record reaches it: a union may hold a branch that the reader never meets.
Source: Apache Avro 1.12 specification, "Schema Resolution"; where a reader's union has several matches the order is
that of Java Avro: the same type first, then a promotion.
"""

from dataclasses import dataclass
from typing import Any

from gridctl.avro.model import ABSENT, READS, Collection, Enum, Field, Fixed, Map, Named, Node, Primitive, Record, Union
from gridctl.avro.usable import default_value


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
class Refuse:
    """The reader cannot take this: `reason` says why."""

    reason: str


@dataclass(slots=True, eq=False)
class Items:
    """An array, or a map where each item has a key; `least` bytes is the shortest item, its key included."""

    keyed: bool
    least: int
    item: "Plan"


@dataclass(slots=True, eq=False)
class Choice:
    """A union of the writer's: a plan by index."""

    branches: tuple["Plan", ...] = ()


@dataclass(slots=True, eq=False)
class Members:
    """A record. `steps` follow the writer: the reader's field (None: drop the value) and its plan.

    `defaults` are the reader's fields that the writer does not have; `order` is the reader's.
    """

    order: tuple[str, ...]
    steps: tuple[tuple[str | None, "Plan"], ...] = ()
    defaults: tuple[tuple[str, Any], ...] = ()
    refused: str | None = None


Plan = Scalar | Opaque | Symbols | Items | Choice | Refuse | Members

_SAME_NAME, _SAME, _PROMOTION, _NONE = 3, 2, 1, 0
_OPEN = Refuse("not resolved yet")
_LEAST_DEPTH = 16


def resolve(writer: Node, reader: Node) -> Plan:
    """Return the plan that reads what `writer` wrote as a value of `reader`, whose defaults are usable."""
    return _Resolver().resolve(writer, reader)


def children(plan: Plan) -> tuple[Plan, ...]:
    """Return the parts of a plan."""
    match plan:
        case Items():
            return (plan.item,)
        case Choice():
            return plan.branches
        case Members():
            return tuple(step for _, step in plan.steps)
    return ()


def least_bytes(node: Node, known: dict[int, int] | None = None, depth: int = 0) -> int:
    """Return a lower bound of the bytes that a value takes; `known` holds the records already measured.

    Records that lie deeper than a few others count for nothing: chains of records can be longer than Python's stack.
    """
    known = {} if known is None else known
    match node:
        case Primitive():
            return {"null": 0, "float": 4, "double": 8}.get(node.kind, 1)
        case Fixed():
            return node.size_bytes
        case Union():
            return 1 + min((least_bytes(branch, known, depth) for branch in node.branches), default=0)
        case Record():
            if id(node) not in known and depth < _LEAST_DEPTH:
                known[id(node)] = 0  # what a record within itself counts for
                known[id(node)] = sum(least_bytes(part, known, depth + 1) for part in node.children)
            return known.get(id(node), 0)
    return 1


def _rank(writer: Node, reader: Node) -> int:
    """Say how well a reader's type matches a writer's, by kind and name alone."""
    if writer.kind != reader.kind:
        return _PROMOTION if writer.kind in READS.get(reader.kind, ()) else _NONE
    if not (isinstance(writer, Named) and isinstance(reader, Named)):
        return _SAME
    if isinstance(writer, Fixed) and isinstance(reader, Fixed) and writer.size_bytes != reader.size_bytes:
        return _NONE
    if writer.full == reader.full:
        return _SAME_NAME
    return _SAME if reader.reads_name_of(writer) else _NONE


class _Resolver:
    """One resolution. Parts are entered one by one, not within each other, so that no depth of a schema matters."""

    def __init__(self) -> None:
        self._records: dict[tuple[int, int], Members] = {}
        self._open: list[tuple[Plan, Node, Node]] = []

    def resolve(self, writer: Node, reader: Node) -> Plan:
        root = self._plan(writer, reader)
        while self._open:
            plan, written, read = self._open.pop()
            match plan, written, read:
                case Choice(), Union(), _:
                    plan.branches = tuple(self._plan(branch, read) for branch in written.branches)
                case Items(), Collection(), Collection():
                    plan.item = self._plan(written.content, read.content)
                case Members(), Record(), Record():
                    self._members(plan, written, read)
        return root

    def _plan(self, writer: Node, reader: Node) -> Plan:
        if isinstance(writer, Union):
            return self._later(Choice(), writer, reader)
        if isinstance(reader, Union):
            # A union resolved against itself takes the very same branch, whatever the names are.
            is_same = any(branch is writer for branch in reader.branches)
            reader = writer if is_same else max(reader.branches, key=lambda b: _rank(writer, b), default=reader)
        if not _rank(writer, reader):
            return Refuse(f"the reader's {reader.label} does not take the writer's {writer.label}")
        return self._matching(writer, reader)

    def _matching(self, writer: Node, reader: Node) -> Plan:
        plan: Plan = _OPEN
        match writer, reader:
            case Primitive(), Primitive():
                to_float = writer.kind in ("int", "long") and reader.kind in ("float", "double")
                kind = reader.kind if reader.kind in ("string", "bytes") else writer.kind
                plan = Scalar(kind, to_float, kind == "long" and writer.logical_type == "timestamp-millis")
            case Fixed(), Fixed():
                plan = Opaque(writer.size_bytes)
            case Enum(), Enum():
                plan = Symbols(tuple(s if s in reader.symbols else reader.default for s in writer.symbols))
            case Collection(), Collection():
                keyed = isinstance(writer, Map)
                plan = self._later(Items(keyed, keyed + least_bytes(writer.content), _OPEN), writer, reader)
            case Record(), Record():
                key = (id(writer), id(reader))
                if key not in self._records:
                    self._records[key] = members = Members(tuple(reader.by_name))
                    self._later(members, writer, reader)
                plan = self._records[key]
        return plan

    def _later(self, plan: Plan, writer: Node, reader: Node) -> Plan:
        self._open.append((plan, writer, reader))
        return plan

    def _members(self, members: Members, writer: Record, reader: Record) -> None:
        targets = _targets(writer, reader)
        steps: list[tuple[str | None, Plan]] = []
        for field in writer.fields:
            target = targets.get(field.name)
            step = self._plan(field.type, target.type if target else field.type)
            steps.append((target.name if target else None, step))
        members.steps = tuple(steps)
        found = {target.name for target in targets.values()}
        left = [field for field in reader.fields if field.name not in found]
        members.defaults = tuple((field.name, default_value(field)) for field in left)
        missing = [field.name for field in left if field.default is ABSENT]
        if missing:
            members.refused = f"the reader's {reader.full}.{missing[0]} is not written and has no default"


def _targets(writer: Record, reader: Record) -> dict[str, Field]:
    """Return the reader's field for each of the writer's by name: the one of that name, else one with that alias.

    Where several could be, the engine finds the schemas incompatible; here a name goes before an alias, and a field
    that is taken is not taken again.
    """
    targets: dict[str, Field] = {}
    for field in reader.fields:
        for name in field.names_in(writer):
            if name == field.name or (name not in reader.by_name and name not in targets):
                targets[name] = field
                break
    return targets
