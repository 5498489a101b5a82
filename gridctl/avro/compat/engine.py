"""Can a reader's schema read data of a writer's schema? The verdicts are those of Java Avro 1.12.2.

The walk follows `SchemaCompatibility.checkReaderWriterCompatibility` step by step, its memory of pairs included:
within a recursion a pair counts as compatible until it is shown not to be. docs/adr/0003 lists what is odd in it.
"""

from collections.abc import Sequence

from gridctl.avro.compat import findings
from gridctl.avro.compat.findings import Changeable, Incompatibility
from gridctl.avro.model import (
    ABSENT,
    PRIMITIVES,
    READS,
    Collection,
    Enum,
    Field,
    Fixed,
    Json,
    Named,
    Node,
    Primitive,
    Record,
    Schema,
    SchemaInvalid,
    Tokens,
    Union,
    pointer,
)
from gridctl.avro.parse import as_schema

Found = Sequence[Incompatibility]
_NOTHING: Found = ()


class _AmbiguousError(Exception):
    """Java Avro throws at this place, so nothing after it matters."""

    def __init__(self, finding: Incompatibility) -> None:
        super().__init__(finding.message)
        self.finding = finding


def can_read(reader: Schema | Json, writer: Schema | Json, *, change: Changeable = "reader") -> list[Incompatibility]:
    """Return why the reader cannot read the writer's data; an empty list when it can. Raise SchemaInvalid.

    Schemas are parsed ones, JSON text, or JSON. `change` says which of both may still be changed: the suggested
    fixes are about that one.
    """
    reads, writes = as_schema(reader), as_schema(writer)
    try:
        found = _Comparison(reads, change).compare(reads.root, writes.root)
    except _AmbiguousError as error:
        return [error.finding]
    except RecursionError:
        raise SchemaInvalid("nested too deeply to be compared") from None
    return list(dict.fromkeys(found))


class _Comparison:
    """One question. `_trail` is the way from the reader's root: keys, and each named type that was entered."""

    __slots__ = ("_change", "_known", "_reader", "_trail")

    def __init__(self, reader: Schema, change: Changeable) -> None:
        self._reader = reader
        self._change: Changeable = change
        self._known: dict[tuple[int, int], Found] = {}
        self._trail: list[str | int | Named] = []

    def compare(self, reader: Node, writer: Node) -> Found:
        """Return what keeps this reader's type from reading this writer's type."""
        kinds = (reader.kind, writer.kind)
        if "union" not in kinds and (kinds[0] != kinds[1] or kinds[0] in PRIMITIVES):
            if kinds[0] == kinds[1] or kinds[1] in READS.get(kinds[0], ()):
                return _NOTHING
            return [findings.type_mismatch(self._path(), reader, writer, self._change)]
        if reader.is_flat or writer.is_flat:  # one node for many places, and no recursion to remember
            return self._calculate(reader, writer)
        pair = (id(reader), id(writer))
        known = self._known.get(pair)
        if known is None:
            self._known[pair] = _NOTHING
            # Each finding once, or a type used twice on each of many levels would double the list on every level.
            known = self._known[pair] = list(dict.fromkeys(self._calculate(reader, writer)))
        return known

    def _calculate(self, reader: Node, writer: Node) -> Found:
        found: Found
        if isinstance(writer, Union):
            found = [finding for branch in writer.branches for finding in self.compare(reader, branch)]
        elif isinstance(reader, Union):
            found = self._union(reader, writer)
        elif isinstance(reader, Named) and isinstance(writer, Named):
            found = self._named(reader, writer)
        elif isinstance(reader, Collection) and isinstance(writer, Collection):
            found = self._below(reader.key, reader.content, writer.content)
        else:
            raise TypeError(f"{reader.label} beside {writer.label}")  # all kinds are above
        return found

    def _below(self, key: str | int, reader: Node, writer: Node) -> Found:
        self._trail.append(key)
        found = self.compare(reader, writer)
        self._trail.pop()
        return found

    def _union(self, reader: Union, writer: Node) -> Found:
        if type(writer) is Primitive and PRIMITIVES[writer.kind] in reader.branches:
            return _NOTHING
        nearest: Found = _NOTHING
        for at, branch in enumerate(reader.branches):
            found = self._below(at, branch, writer)
            if not found:
                return _NOTHING
            if branch.kind == writer.kind and not nearest:
                same = not (isinstance(branch, Named) and isinstance(writer, Named)) or branch.reads_name_of(writer)
                nearest = found if same else nearest
        return [findings.missing_union_branch(self._path(), reader, writer, self._change), *nearest]

    def _named(self, reader: Named, writer: Named) -> Found:
        self._trail.append(reader)
        found: list[Incompatibility] = []
        if not reader.reads_name_of(writer):
            found.append(findings.name_mismatch(self._path("name"), reader, writer, self._change))
        if isinstance(reader, Record) and isinstance(writer, Record):
            self._fields(reader, writer, found)
        elif isinstance(reader, Enum) and isinstance(writer, Enum):
            if reader.default is not None or reader.symbols == writer.symbols:
                missing = []
            else:
                missing = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
            if missing:
                found.append(findings.missing_enum_symbols(self._path("symbols"), reader, missing, self._change))
        elif isinstance(reader, Fixed) and isinstance(writer, Fixed) and reader.size_bytes != writer.size_bytes:
            found.append(findings.fixed_size_mismatch(self._path("size"), reader, writer, self._change))
        self._trail.pop()
        return found

    def _fields(self, reader: Record, writer: Record, result: list[Incompatibility]) -> None:
        trail = self._trail
        written = writer.by_name
        for at, field in enumerate(reader.fields):
            source = written.get(field.name)
            if field.aliases:
                source = self._source(at, field, writer)
            if source is None:
                if field.default is ABSENT:
                    result.append(findings.missing_default(self._path("fields", at), field, writer, self._change))
                continue
            mine, theirs = field.type, source.type
            if not (mine.is_flat and (mine is theirs or mine.kind == theirs.kind != "union")):
                trail += ("fields", at, "type")
                result.extend(self.compare(mine, theirs))
                del trail[-3:]

    def _source(self, at: int, field: Field, writer: Record) -> Field | None:
        found = field.names_in(writer)
        if len(found) > 1:
            raise _AmbiguousError(findings.ambiguous_alias(self._path("fields", at), field, writer, found))
        return writer.by_name[found[0]] if found else None

    def _path(self, *suffix: str | int) -> str:
        """Return the pointer to the present place: from the innermost named type that the document defines."""
        trail = [*self._trail, *suffix]
        start: Tokens = ()
        for at in range(len(trail) - 1, -1, -1):
            step = trail[at]
            anchor = self._reader.place_of(step.raw) if isinstance(step, Named) else None
            if anchor is not None:
                start, trail = anchor, trail[at + 1 :]
                break
        return pointer([*start, *(step for step in trail if not isinstance(step, Named))])
