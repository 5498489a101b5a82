"""From JSON to a valid schema graph, accepting and refusing what Java Avro 1.12 accepts and refuses."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from gridctl.avro.defaults import check_default, number_in_text
from gridctl.avro.jsontext import load_json
from gridctl.avro.model import (
    PRIMITIVES,
    Array,
    Collection,
    Enum,
    Field,
    Fixed,
    Flaw,
    Json,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    Reference,
    Schema,
    SchemaInvalid,
    Union,
    places,
    pointer,
)
from gridctl.avro.names import aliases_of, check_name, declared_name, define, join_name, type_aliases

MAX_FIXED_BYTES = 2**31 - 1 - 8  # what a Java array can hold
_ORDERS = frozenset(("ASCENDING", "DESCENDING", "IGNORE"))
_N = TypeVar("_N", bound=Named)

_MAX_FLAT_UNIONS = 256
_flat_unions: dict[tuple[str, ...], Union] = {}
"""Unions of bare primitives by their names, such as (null, string): most unions are such, so one node serves all."""


def parse(text: str, references: Sequence[Json] = ()) -> Schema:
    """Parse a schema from JSON text; raise SchemaInvalid.

    `references` are schemas (text or JSON), in an order in which each needs only earlier ones; the types that they
    define are known in the schema.
    """
    return parse_json(load_json(text), references)


def parse_json(document: Json, references: Sequence[Json] = ()) -> Schema:
    """Parse a schema from JSON that is read already: the string `int` is the type int, not JSON text."""
    names: dict[str, Named] = {}
    for at, reference in enumerate(references):
        try:
            _parse_into(names, load_json(reference) if isinstance(reference, str) else reference)
        except SchemaInvalid as error:
            raise SchemaInvalid(
                f"reference {at + 1}: {error.message}", error.path, line=error.line, column=error.column
            ) from None
    return Schema(document, _parse_into(names, document), names)


def as_schema(schema: Schema | Json) -> Schema:
    """Return a schema as it is, or parsed: a string is JSON text, anything else JSON; raise SchemaInvalid."""
    if isinstance(schema, Schema):
        return schema
    return parse(schema) if isinstance(schema, str) else parse_json(schema)


def _parse_into(names: dict[str, Named], document: Json) -> Node:
    before = len(names)
    parser = _Parser(names)
    try:
        root = parser.type_at([document], 0, "")
        if parser.has_late_names:
            root = _LateNames(names).put_in(list(names.values())[before:], root)
    except Flaw as flaw:
        tokens = places(document).get(id(flaw.holder))
        if tokens is not None and flaw.key is not None:
            tokens = (*tokens, flaw.key)
        raise SchemaInvalid(flaw.message, pointer(tokens or ())) from None
    except RecursionError:
        raise SchemaInvalid("nested too deeply") from None
    return root


class _Parser:
    """One pass over a document. Names are known once their definition has ended; before, they are late."""

    def __init__(self, names: dict[str, Named]) -> None:
        self._names = names
        self.has_late_names = False

    def type_at(self, holder: Json, key: str | int, space: str) -> Node:
        """Return the type that stands in `holder` under `key`, with `space` as the namespace around it."""
        raw = holder[key]
        if isinstance(raw, str):
            return PRIMITIVES.get(raw) or self._by_name(raw, space, holder, key)
        if isinstance(raw, list):
            return self._union(raw, space)
        if isinstance(raw, dict):
            return self._complex(raw, space)
        raise Flaw(f"{raw!r} is not a type", holder, key)

    def _by_name(self, name: str, space: str, holder: Json, key: str | int) -> Node:
        full = name if "." in name else join_name(name, space)
        found = self._names.get(full) or self._names.get(name)
        if found is None:
            self.has_late_names = True
            return Reference(full, holder, key)
        return found

    def _union(self, raw: Json, space: str) -> Union:
        try:
            shared = _flat_unions.get(tuple(raw))
        except TypeError:  # a branch that is not a name cannot be hashed
            shared = None
        if shared is not None:
            return shared
        union = Union(raw, [self.type_at(raw, at, space) for at in range(len(raw))])
        _check_branches(union)
        if len(_flat_unions) < _MAX_FLAT_UNIONS and all(
            PRIMITIVES.get(branch.kind) is branch for branch in union.branches
        ):
            _flat_unions[tuple(raw)] = union
        return union

    def _complex(self, raw: Json, space: str) -> Node:
        kind = raw.get("type")
        if isinstance(kind, str) and kind in PRIMITIVES:
            return Primitive(kind, raw)
        match kind:
            case "record" | "error":
                return self._record(raw, space)
            case "array" | "map":
                collection = Array if kind == "array" else Map
                if collection.key not in raw:
                    raise Flaw(f"a {kind} needs {collection.key}", raw)
                return collection(raw, self.type_at(raw, collection.key, space))
            case "enum":
                return self._enum(raw, space)
            case "fixed":
                return self._fixed(raw, space)
        raise Flaw(
            "the type must be a primitive, enum, fixed, record, error, array or map",
            raw,
            "type" if "type" in raw else None,
        )

    def _record(self, raw: Json, space: str) -> Record:
        name, space = declared_name(raw, space)
        node = Record(raw, name, join_name(name, space))
        fields = raw.get("fields")
        if not isinstance(fields, list):
            raise Flaw(f"record {name} needs a list of fields", raw)
        by_name = node.by_name
        for at in range(len(fields)):
            field = self._field(fields, at, space)
            if field.name in by_name:
                raise Flaw(f"record {name} has two fields {field.name}", fields, at)
            by_name[field.name] = field
        node.fields = list(by_name.values())
        return self._named(node, raw, space)

    def _field(self, fields: Json, at: int, space: str) -> Field:
        raw = fields[at]
        if not isinstance(raw, dict):
            raise Flaw("a field must be an object", fields, at)
        name = raw.get("name")
        if not (isinstance(name, str) and name.isidentifier() and name.isascii()):  # the quick way to say valid
            name = check_name(name, "the field name", raw, "name")
        if "type" not in raw:
            raise Flaw(f"field {name} needs a type", raw)
        kind = raw["type"]
        primitive = PRIMITIVES.get(kind) if isinstance(kind, str) else None
        field = Field(raw, name, primitive or self.type_at(raw, "type", space))
        if "aliases" in raw:
            field.aliases = aliases_of(raw)
        if "order" in raw and not (isinstance(raw["order"], str) and raw["order"].upper() in _ORDERS):
            raise Flaw(f"the order of field {name} must be ascending, descending or ignore", raw, "order")
        if "default" in raw:
            field.default = number_in_text(field.type.kind, raw["default"], raw)
            check_default(field)
        return field

    def _enum(self, raw: Json, space: str) -> Enum:
        name, space = declared_name(raw, space)
        symbols = raw.get("symbols")
        if not isinstance(symbols, list):
            raise Flaw(f"enum {name} needs a list of symbols", raw)
        seen = set()
        for at, symbol in enumerate(symbols):
            if check_name(symbol, "a symbol", symbols, at) in seen:
                raise Flaw(f"enum {name} has the symbol {symbol} twice", symbols, at)
            seen.add(symbol)
        default = raw.get("default")
        if not isinstance(default, str):
            default = None  # Java ignores a default that is not a string
        elif default not in seen:
            raise Flaw(f"the default {default} of enum {name} is not one of its symbols", raw, "default")
        return self._named(Enum(raw, name, join_name(name, space), symbols, default), raw, space)

    def _fixed(self, raw: Json, space: str) -> Fixed:
        name, space = declared_name(raw, space)
        size_bytes = raw.get("size")
        if type(size_bytes) is not int or not 0 <= size_bytes <= MAX_FIXED_BYTES:
            raise Flaw(f"fixed {name} needs a size, a whole number from 0 on", raw, "size" if "size" in raw else None)
        return self._named(Fixed(raw, name, join_name(name, space), size_bytes), raw, space)

    def _named(self, node: _N, raw: Json, space: str) -> _N:
        if "aliases" in raw:
            node.aliases = type_aliases(raw, space)
        define(self._names, node)
        return node


def _check_branches(union: Union) -> None:
    """Raise Flaw when two branches have one name, or when a branch is a union itself."""
    seen = set()
    for at, branch in enumerate(union.branches):
        name = branch.full if isinstance(branch, Named) else branch.kind
        if name in seen:
            raise Flaw(f"the union holds {name} twice", union.raw, at)
        if name == "union" and isinstance(branch, Union):
            raise Flaw("a union may not hold a union", union.raw, at)
        seen.add(name)


class _LateNames:
    """Puts in each type that is used before its definition ends, once all definitions are read.

    Java Avro 1.12 accepts forward references, and copies the graph while it resolves them, validating defaults again.
    The order of its walk decides which records are complete when a default is validated, so it is kept here; and it
    walks the unresolved graph, so each Reference is replaced when the walk is over.
    """

    def __init__(self, names: dict[str, Named]) -> None:
        self._names = names
        self._entered: set[int] = set()
        self._complete: set[int] = set()
        self._late: list[tuple[Field | Collection | Union, str | int, Named]] = []

    def put_in(self, definitions: Iterable[Named], root: Node) -> Node:
        """Walk the definitions in order, then the root; return the root with its names put in; raise Flaw."""
        for definition in definitions:
            self._walk(definition, set())
        box = Array(None, root)
        self._child(box, "content", root, set())
        for owner, key, target in self._late:
            if isinstance(owner, Union) and isinstance(key, int):
                owner.branches[key] = target
            else:
                setattr(owner, str(key), target)
        return box.content

    def _child(self, owner: Field | Collection | Union, key: str | int, node: Node, visited: set[int]) -> None:
        if not isinstance(node, Reference):
            self._walk(node, visited)
            return
        target = self._names.get(node.full)
        if target is None:
            raise Flaw(f"the type {node.full} is not defined", node.holder, node.key)
        if id(target) not in self._entered:
            self._walk(target, set())
        node.target = target
        self._late.append((owner, key, target))

    def _walk(self, node: Node, visited: set[int]) -> None:
        if id(node) in visited:
            return
        visited.add(id(node))
        if isinstance(node, Record):
            self._entered.add(id(node))
            for field in node.fields:
                self._child(field, "type", field.type, visited)
            self._finish(node)
        elif isinstance(node, Collection):
            self._child(node, "content", node.content, visited)
        elif isinstance(node, Union):
            for at in reversed(range(len(node.branches))):
                self._child(node, at, node.branches[at], visited)

    def _finish(self, record: Record) -> None:
        if id(record) not in self._complete:
            for field in record.fields:
                check_default(field, self._complete)
            self._complete.add(id(record))
