"""Parsing: Avro schema text or JSON into nodes, every rule of the specification's "Schema Declaration" held.

Source: Apache Avro 1.12 specification. Unknown attributes are kept in `props`; a logical type that this codec does
not know changes nothing, as the specification demands.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gridctl.avro.codec.defaults import default_value
from gridctl.avro.codec.errors import AvroSchemaError
from gridctl.avro.codec.nodes import (
    PRIMITIVES,
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
)

SchemaSource = str | Mapping[str, Any] | list[Any]

# A declaration this deep is no contract; the bound keeps every recursion over a schema shallow.
MAX_SCHEMA_DEPTH = 64
FIXED_MAX_BYTES = 2**31 - 1

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NAMED_KINDS = frozenset({"record", "enum", "fixed"})
_OWN_KEYS = frozenset(
    {"type", "name", "namespace", "aliases", "fields", "symbols", "items", "values", "size", "default"}
)


@dataclass(slots=True, frozen=True, eq=False)
class Schema:
    """A parsed schema: its root type, and every named type by full name in the order of definition."""

    root: Node
    named: Mapping[str, Named]


def parse(source: "SchemaSource | Schema") -> Schema:
    """Return the parsed schema of JSON text, of decoded JSON, or of a primitive's bare name; AvroSchemaError."""
    if isinstance(source, Schema):
        return source
    if isinstance(source, str) and source not in PRIMITIVES:
        try:
            source = json.loads(source)
        except (ValueError, RecursionError) as error:
            raise AvroSchemaError("", f"not JSON: {error}") from error
    parser = _Parser()
    root = parser.node(source, "", "", 0)
    parser.set_defaults()
    return Schema(root, parser.named)


class _Parser:
    """One parse: the names known so far, and the defaults that wait until all types are known."""

    def __init__(self) -> None:
        self.named: dict[str, Named] = {}
        self._defaults: list[tuple[RecordField, Any, str]] = []

    def set_defaults(self) -> None:
        for member, raw, path in self._defaults:
            member.default = default_value(member.type, raw, path)
            member.has_default = True

    def node(self, raw: Any, namespace: str, path: str, depth: int) -> Node:
        """Return the node of one type declaration, at a place in the schema and within a namespace."""
        if depth > MAX_SCHEMA_DEPTH:
            raise AvroSchemaError(path, f"nested deeper than {MAX_SCHEMA_DEPTH}")
        if isinstance(raw, str):
            return self._reference(raw, namespace, path)
        if isinstance(raw, list):
            return self._union(raw, namespace, path, depth)
        if isinstance(raw, Mapping):
            return self._object(raw, namespace, path, depth)
        raise AvroSchemaError(path, f"a type is a name, an object or a list, not {raw!r:.80}")

    def _object(self, raw: Mapping[str, Any], namespace: str, path: str, depth: int) -> Node:
        kind = raw.get("type")
        props = {key: value for key, value in raw.items() if key not in _OWN_KEYS}
        node: Node
        match kind:
            case "array":
                items = self.node(_need(raw, "items", path), namespace, f"{path}/items", depth + 1)
                node = Array(items=items, props=props)
            case "map":
                values = self.node(_need(raw, "values", path), namespace, f"{path}/values", depth + 1)
                node = Map(values=values, props=props)
            case str() if kind in PRIMITIVES:
                node = Primitive(kind=kind, props=props)
            case str() if kind in _NAMED_KINDS:
                node = self._definition(kind, raw, props, namespace, path, depth)
            case _:
                node = self.node(kind, namespace, f"{path}/type", depth + 1)
        return node

    def _reference(self, name: str, namespace: str, path: str) -> Node:
        if name in PRIMITIVES:
            return Primitive(kind=name)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        found = self.named.get(full)
        if found is None:
            raise AvroSchemaError(path, f"the type {full!r:.200} is not defined before it is used")
        return found

    def _union(self, raw: list[Any], namespace: str, path: str, depth: int) -> Union:
        branches = []
        seen: set[str] = set()
        for index, item in enumerate(raw):
            branch = self.node(item, namespace, f"{path}/{index}", depth + 1)
            if isinstance(branch, Union):
                raise AvroSchemaError(f"{path}/{index}", "a union directly within a union")
            label = branch.name if isinstance(branch, Named) else branch.kind
            if label in seen:
                raise AvroSchemaError(f"{path}/{index}", f"the union holds {label} twice")
            seen.add(label)
            branches.append(branch)
        if not branches:
            raise AvroSchemaError(path, "a union of nothing")
        return Union(branches=tuple(branches))

    def _definition(
        self, kind: str, raw: Mapping[str, Any], props: Mapping[str, Any], namespace: str, path: str, depth: int
    ) -> Named:
        full = _full_name(raw, namespace, path)
        space = full.rpartition(".")[0]
        if full in self.named:
            raise AvroSchemaError(f"{path}/name", f"the name {full} is defined twice")
        aliases = tuple(
            alias if "." in alias or not space else f"{space}.{alias}" for alias in _aliases(raw, path, dotted=True)
        )
        if kind == "fixed":
            size = _need(raw, "size", path)
            if type(size) is not int or not 0 <= size <= FIXED_MAX_BYTES:
                raise AvroSchemaError(f"{path}/size", f"no size in bytes: {size!r:.80}")
            self.named[full] = fixed = Fixed(name=full, size=size, aliases=aliases, props=props)
            return fixed
        if kind == "enum":
            self.named[full] = enum = _enum(full, raw, aliases, props, path)
            return enum
        self.named[full] = record = Record(name=full, aliases=aliases, props=props)
        record.fields = self._fields(_need(raw, "fields", path), space, f"{path}/fields", depth)
        return record

    def _fields(self, raw: Any, namespace: str, path: str, depth: int) -> tuple[RecordField, ...]:
        if not isinstance(raw, list):
            raise AvroSchemaError(path, "fields is not a list")
        fields: dict[str, RecordField] = {}
        for index, item in enumerate(raw):
            place = f"{path}/{index}"
            if not isinstance(item, Mapping):
                raise AvroSchemaError(place, f"a field is an object, not {item!r:.80}")
            name = _name(_need(item, "name", place), f"{place}/name")
            if name in fields:
                raise AvroSchemaError(f"{place}/name", f"the field {name} is there twice")
            node = self.node(_need(item, "type", place), namespace, f"{place}/type", depth + 1)
            props = {key: value for key, value in item.items() if key not in _OWN_KEYS}
            member = RecordField(name=name, type=node, aliases=_aliases(item, place, dotted=False), props=props)
            fields[name] = member
            if "default" in item:
                self._defaults.append((member, item["default"], f"{place}/default"))
        return tuple(fields.values())


def _enum(full: str, raw: Mapping[str, Any], aliases: tuple[str, ...], props: Mapping[str, Any], path: str) -> Enum:
    symbols = _need(raw, "symbols", path)
    if not isinstance(symbols, list):
        raise AvroSchemaError(f"{path}/symbols", "symbols is not a list")
    seen: set[str] = set()
    for index, symbol in enumerate(symbols):
        if _name(symbol, f"{path}/symbols/{index}") in seen:
            raise AvroSchemaError(f"{path}/symbols/{index}", f"the symbol {symbol} is there twice")
        seen.add(symbol)
    default = raw.get("default")
    if default is not None and default not in symbols:
        raise AvroSchemaError(f"{path}/default", f"the default {default!r:.80} is none of the symbols")
    return Enum(name=full, symbols=tuple(symbols), default=default, aliases=aliases, props=props)


def _need(raw: Mapping[str, Any], key: str, path: str) -> Any:
    if key not in raw:
        raise AvroSchemaError(path, f"{key} is missing")
    return raw[key]


def _name(raw: Any, path: str) -> str:
    if not isinstance(raw, str) or not _NAME.match(raw):
        raise AvroSchemaError(path, f"not an Avro name: {raw!r:.80}")
    return raw


def _dotted(raw: Any, path: str) -> str:
    if not isinstance(raw, str):
        raise AvroSchemaError(path, f"not an Avro name: {raw!r:.80}")
    for part in raw.split("."):
        _name(part, path)
    return raw


def _full_name(raw: Mapping[str, Any], namespace: str, path: str) -> str:
    """Return the full name: a dotted one as it is, else under its own namespace, else under the enclosing one."""
    name = _dotted(_need(raw, "name", path), f"{path}/name")
    if "." not in name:
        if name in PRIMITIVES:
            raise AvroSchemaError(f"{path}/name", f"{name} is a primitive type and cannot be defined")
        own = raw.get("namespace", namespace)
        if own not in ("", None):
            name = f"{_dotted(own, f'{path}/namespace')}.{name}"
    return name


def _aliases(raw: Mapping[str, Any], path: str, *, dotted: bool) -> tuple[str, ...]:
    aliases = raw.get("aliases", [])
    if not isinstance(aliases, list):
        raise AvroSchemaError(f"{path}/aliases", "aliases is not a list")
    check = _dotted if dotted else _name
    return tuple(check(alias, f"{path}/aliases/{index}") for index, alias in enumerate(aliases))
