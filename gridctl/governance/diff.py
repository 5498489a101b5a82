"""What changed between two schemas, in human words, and who can still read whose data."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gridctl.avro import Incompatibility, Schema, can_read
from gridctl.avro.model import ABSENT, READS, Collection, Enum, Field, Fixed, Json, Named, Node, Record, Union
from gridctl.governance.lint_sites import logical_of, raw_of
from gridctl.governance.stores import SchemaStore, StoredSchema, schema_of, versions_of


class Change(NamedTuple):
    """One thing that differs. `path` is where, such as `points[].value`; empty for the whole schema."""

    kind: str
    path: str
    message: str


def type_words(node: Node) -> str:
    """Return a type in words: `array of long (timestamp-millis)`, `null or string`."""
    if isinstance(node, Union):
        return " or ".join(type_words(branch) for branch in node.branches) or "nothing"
    if isinstance(node, Collection):
        return f"{node.kind} of {type_words(node.content)}"
    kind = f"{node.kind} {node.name}" if isinstance(node, Named) else node.kind
    logical = logical_of(node)
    return f"{kind} ({logical})" if logical else kind


def value_words(value: Json) -> str:
    """Return a JSON value as it stands in a schema, or `none`."""
    return "none" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def default_words(field: Field) -> str:
    """Return what a field does when data lacks it."""
    return "without default" if field.default is ABSENT else f"default {value_words(field.default)}"


def property_changes(what: str, path: str, old: Json, new: Json) -> Iterator[Change]:
    """Yield the change of one property, where it is not the same."""
    if value_words(old) == value_words(new):
        return
    if old is ABSENT:
        yield Change(f"{what}-added", path, f"{what} added: {value_words(new)}")
    elif new is ABSENT:
        yield Change(f"{what}-removed", path, f"{what} removed, it was {value_words(old)}")
    else:
        yield Change(f"{what}-changed", path, f"{what} changed from {value_words(old)} to {value_words(new)}")


# What is compared in words of its own, or is a part that the comparison enters.
_FIELD_WORDS = frozenset(("name", "type", "doc", "default", "aliases"))
_TYPE_WORDS = frozenset(
    ("type", "name", "namespace", "doc", "aliases", "fields", "symbols", "default", "size", "items", "values")
)
_LOGICAL_WORDS = frozenset(("logicalType", "precision", "scale"))


@dataclass(frozen=True)
class Diff:
    """The changes, and why data of one cannot be read with the other; empty where it can."""

    changes: tuple[Change, ...]
    new_reads_old: tuple[Incompatibility, ...]
    old_reads_new: tuple[Incompatibility, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the stable document."""
        return {
            "changes": [change._asdict() for change in self.changes],
            "new_reads_old": _verdict(self.new_reads_old),
            "old_reads_new": _verdict(self.old_reads_new),
        }


def _verdict(found: tuple[Incompatibility, ...]) -> dict[str, Any]:
    reasons = [{"rule": each.rule.value, "path": each.path, "message": each.message} for each in found]
    return {"compatible": not found, "reasons": reasons}


def diff(old: Schema, new: Schema) -> Diff:
    """Compare two schemas. A change that no reader sees, such as that of a doc, is one too."""
    changes = tuple(_Walk().types(old.root, new.root, ""))
    return Diff(changes, tuple(can_read(new, old)), tuple(can_read(old, new, change="writer")))


class _Walk:
    """One comparison; `_seen` holds the pairs of named types that were entered, so that recursion ends."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def types(self, old: Node, new: Node, path: str) -> Iterator[Change]:
        if isinstance(old, Union) or isinstance(new, Union):
            yield from self._unions(_branches(old), _branches(new), path, (old, new))
        elif old.kind != new.kind:
            if old.kind in READS.get(new.kind, ()):
                yield Change("type-widened", path, f"type widened from {type_words(old)} to {type_words(new)}")
            elif new.kind in READS.get(old.kind, ()):
                yield Change("type-narrowed", path, f"type narrowed from {type_words(old)} to {type_words(new)}")
            else:
                yield Change("type-changed", path, f"type changed from {type_words(old)} to {type_words(new)}")
        elif (id(old), id(new)) not in self._seen:
            if isinstance(old, Named):
                self._seen.add((id(old), id(new)))  # one definition, however often it is used
            yield from _logical(old, new, path)
            yield from _properties(raw_of(old), raw_of(new), path, _TYPE_WORDS | _LOGICAL_WORDS)
            yield from self._parts(old, new, path)

    def _parts(self, old: Node, new: Node, path: str) -> Iterator[Change]:
        if isinstance(old, Collection) and isinstance(new, Collection):
            yield from self.types(old.content, new.content, path + ("[]" if old.kind == "array" else "{}"))
        elif isinstance(old, Named) and isinstance(new, Named):
            yield from _names(old, new, path)
            if isinstance(old, Record) and isinstance(new, Record):
                yield from self._fields(old, new, path)
            elif isinstance(old, Enum) and isinstance(new, Enum):
                yield from _symbols(old, new, path)
            elif isinstance(old, Fixed) and isinstance(new, Fixed) and old.size_bytes != new.size_bytes:
                words = f"size changed from {old.size_bytes} to {new.size_bytes} bytes"
                yield Change("size-changed", path, words)

    def _unions(self, old: list[Node], new: list[Node], path: str, whole: tuple[Node, Node]) -> Iterator[Change]:
        nullable = [any(branch.kind == "null" for branch in side) for side in (old, new)]
        if nullable[0] != nullable[1]:
            kind, words = (
                ("null-allowed", "may be null now") if nullable[1] else ("null-refused", "may not be null now")
            )
            yield Change(kind, path, words)
        before = [branch for branch in old if branch.kind != "null"]
        after = [branch for branch in new if branch.kind != "null"]
        if nullable[0] == nullable[1] and isinstance(whole[0], Union) != isinstance(whole[1], Union):
            words = "is a union now" if isinstance(whole[1], Union) else "is not a union now"
            yield Change("union-changed", path, f"{words}, which writes other bytes for the same values")
        if len(before) == len(after) == 1:
            yield from self.types(before[0], after[0], path)
            return
        for branch in before:
            match = next((other for other in after if other.label == branch.label), None)
            if match is None:
                yield Change("branch-removed", path, f"may not be {type_words(branch)} now")
            else:
                after.remove(match)
                yield from self.types(branch, match, path)
        for branch in after:
            yield Change("branch-added", path, f"may be {type_words(branch)} now")

    def _fields(self, old: Record, new: Record, path: str) -> Iterator[Change]:
        came_from = {field.name: _origin(field, old, new) for field in new.fields}
        kept = {name: source for name, source in came_from.items() if source is not None}
        taken = {source.name for source in kept.values()}
        for field in old.fields:
            if field.name not in taken:
                words = f"field removed: {type_words(field.type)}, {default_words(field)}"
                yield Change("field-removed", _at(path, field.name), words)
        for field in new.fields:
            here = _at(path, field.name)
            source = kept.get(field.name)
            if source is None:
                words = f"field added: {type_words(field.type)}, {default_words(field)}"
                yield Change("field-added", here, words)
                continue
            if source.name != field.name:
                yield Change(
                    "field-renamed", here, f"field renamed, it was {source.name}; its alias finds the old data"
                )
            yield from self._field(source, field, here)
        order = [source.name for source in kept.values()]
        if order != [field.name for field in old.fields if field.name in taken]:
            yield Change("fields-reordered", path, "fields stand in another order; readers find them by name")

    def _field(self, old: Field, new: Field, path: str) -> Iterator[Change]:
        yield from self.types(old.type, new.type, path)
        yield from property_changes("default", path, old.default, new.default)
        yield from property_changes("doc", path, old.raw.get("doc", ABSENT), new.raw.get("doc", ABSENT))
        if old.name == new.name:
            yield from _aliases(old.aliases, new.aliases, path)
        yield from _properties(old.raw, new.raw, path, _FIELD_WORDS)


def _branches(node: Node) -> list[Node]:
    return list(node.branches) if isinstance(node, Union) else [node]


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _origin(field: Field, old: Record, new: Record) -> Field | None:
    """Return the old field that this one is: of the same name, or one that is gone and that an alias names."""
    if field.name in old.by_name:
        return old.by_name[field.name]
    gone = (old.by_name[alias] for alias in field.aliases if alias in old.by_name and alias not in new.by_name)
    return next(gone, None)


def _logical(old: Node, new: Node, path: str) -> Iterator[Change]:
    before, after = logical_of(old), logical_of(new)
    if before != after:
        words = f"logical type changed from {before or 'none'} to {after or 'none'}: the same bytes mean something else"
        yield Change("logical-type-changed", path, words)


def _names(old: Named, new: Named, path: str) -> Iterator[Change]:
    if old.full != new.full:
        found = "; its alias finds the old data" if old.full in new.aliases else ""
        words = f"{new.kind} {old.full} is called {new.full} now{found}"
        yield Change("type-renamed", path, words)
    else:
        yield from _aliases(old.aliases, new.aliases, path)
    for change in property_changes("doc", path, raw_of(old).get("doc", ABSENT), raw_of(new).get("doc", ABSENT)):
        yield change._replace(message=f"{change.message} ({new.kind} {new.name})")


def _aliases(old: Sequence[str], new: Sequence[str], path: str) -> Iterator[Change]:
    if sorted(old) != sorted(new):
        words = f"aliases changed from {', '.join(old) or 'none'} to {', '.join(new) or 'none'}"
        yield Change("aliases-changed", path, words)


def _symbols(old: Enum, new: Enum, path: str) -> Iterator[Change]:
    added = [symbol for symbol in new.symbols if symbol not in old.symbols]
    removed = [symbol for symbol in old.symbols if symbol not in new.symbols]
    if removed:
        yield Change("symbols-removed", path, f"symbols removed from enum {new.name}: {', '.join(removed)}")
    if added:
        yield Change("symbols-added", path, f"symbols added to enum {new.name}: {', '.join(added)}")
    if not added and not removed and old.symbols != new.symbols:
        yield Change("symbols-reordered", path, f"symbols of enum {new.name} stand in another order")
    if old.default != new.default:
        words = f"symbol for unknown ones changed from {old.default or 'none'} to {new.default or 'none'}"
        yield Change("enum-default-changed", path, f"{words} (enum {new.name})")


def _properties(old: dict[str, Json], new: dict[str, Json], path: str, known: frozenset[str]) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        if key not in known:
            yield from property_changes(key, path, old.get(key, ABSENT), new.get(key, ABSENT))


@dataclass(frozen=True)
class Step:
    """One version, and how it differs from the one before; the first one differs from nothing."""

    stored: StoredSchema
    diff: Diff | None


def history(store: SchemaStore, subject: str) -> tuple[Step, ...]:
    """Return the versions of a subject, oldest first; raise as `schema_of` for one that is not a schema."""
    steps: list[Step] = []
    before = None
    for stored in versions_of(store, subject):
        schema = schema_of(stored, store)
        steps.append(Step(stored, diff(before, schema) if before else None))
        before = schema
    return tuple(steps)
