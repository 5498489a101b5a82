"""Names as Java Avro 1.12 takes them: letters and digits of any script, and twice only with equal content."""

import json
from typing import Final

from gridctl.avro.model import ABSENT, PRIMITIVES, Enum, Field, Fixed, Flaw, Json, Named, Node, Record, Reference, Union

NAMED_KINDS: Final = frozenset(("record", "error", "enum", "fixed"))
# An attribute under one of these names is part of the type; any other is a custom property.
TYPE_WORDS: Final = frozenset(
    ("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases")
)
ENUM_WORDS: Final = TYPE_WORDS | {"default"}
FIELD_WORDS: Final = frozenset(("default", "doc", "name", "order", "type", "aliases"))
_LAST_OF_BASIC_PLANE = "\uffff"


def _is_letter(char: str) -> bool:
    # Java looks at UTF-16 units, so a letter outside the basic plane is two characters that are not letters.
    return char == "_" or (char.isalpha() and char <= _LAST_OF_BASIC_PLANE)


def check_name(name: Json, what: str, holder: Json, key: str | int) -> str:
    """Return the name, or raise Flaw when it is not a valid unqualified name."""
    if not isinstance(name, str) or not name:
        raise Flaw(f"{what} is missing or empty", holder, key)
    if not (name.isidentifier() and name.isascii()):  # ASCII identifiers are valid, and nearly all names are such
        rest = name[1:]
        ok = _is_letter(name[0]) and all(
            _is_letter(char) or (char.isdecimal() and char <= _LAST_OF_BASIC_PLANE) for char in rest
        )
        if not ok:
            raise Flaw(f"{what} {name!r} may only hold letters, digits and _, and not start with a digit", holder, key)
    return name


def split_name(name: str, space: str) -> tuple[str, str]:
    """Return a type's name and namespace; a dot in the name says the namespace. An empty text is no namespace."""
    before, dot, last = name.rpartition(".")
    return (last, before) if dot else (name, space)


def join_name(name: str, space: str) -> str:
    """Return the full name."""
    return f"{space}.{name}" if space else name


def declared_name(raw: Json, space: str) -> tuple[str, str]:
    """Return the name and the namespace of a named type's declaration; raise Flaw where they are not valid."""
    own_space = raw.get("namespace")
    declared = raw.get("name")
    if not isinstance(declared, str):
        raise Flaw(f"a {raw['type']} needs a name", raw, "name")
    name, space = split_name(declared, own_space if isinstance(own_space, str) else space)
    check_name(name, "the name", raw, "name")
    if space:
        # Java splits at dots and drops empty parts at the end; a namespace is followed by the name, so none is.
        for part in space.split("."):
            check_name(part, "a part of the namespace", raw, "name" if "." in declared else "namespace")
    elif name in PRIMITIVES:
        raise Flaw(f"a type may not be named {name}, as a primitive is", raw, "name")
    return name, space


def aliases_of(raw: Json) -> list[str]:
    """Return the strings under `aliases`, each once; raise Flaw when it is not a list of strings."""
    found = raw["aliases"]
    if not isinstance(found, list):
        raise Flaw("aliases must be a list", raw, "aliases")
    for at, alias in enumerate(found):
        if not isinstance(alias, str):
            raise Flaw("an alias must be a string", found, at)
    return list(dict.fromkeys(found))


def type_aliases(raw: Json, space: str) -> list[str]:
    """Return a named type's aliases as the full names that Java compares with the writer's full name.

    An alias without namespace on a type with one becomes `.name`, which equals no full name: so in Java, so here.
    """
    full_names = []
    for alias in aliases_of(raw):
        name, alias_space = split_name(alias, space)
        check_name(name, "an alias", raw, "aliases")
        full_names.append(f".{name}" if space and not alias_space else join_name(name, alias_space))
    return full_names


def define(names: dict[str, Named], node: Named) -> None:
    """Add a type to the known names; raise Flaw when the name stands for another content already."""
    known = names.setdefault(node.full, node)
    if not _same_content(known, node, set()):
        raise Flaw(f"{node.full} is defined a second time, with other content", node.raw, "name")


def _same_content(left: Node, right: Node, seen: set[tuple[int, int]]) -> bool:
    """Compare two types as Java's `Schema.equals`: names, parts and custom properties; not doc or aliases.

    `seen` holds the pairs that are compared already or around this one. An undefined name equals only itself.
    """
    pair = (id(left), id(right))
    if left is right or pair in seen:
        return True
    seen.add(pair)
    return (
        type(left) is type(right)
        and not isinstance(left, Reference)
        and _own_content(left) == _own_content(right)
        and len(left.children) == len(right.children)
        and all(_same_content(one, other, seen) for one, other in zip(left.children, right.children, strict=True))
    )


def _own_content(node: Node) -> tuple[object, ...]:
    """Return what a type says besides the types that it is made of."""
    words = ENUM_WORDS if isinstance(node, Enum) else TYPE_WORDS
    properties = "" if isinstance(node, Union) else _properties(node.raw, words)
    size = node.size_bytes if isinstance(node, Fixed) else None
    symbols = node.symbols if isinstance(node, Enum) else None
    fields = [_field_content(field) for field in node.fields] if isinstance(node, Record) else None
    return (node.kind, node.full if isinstance(node, Named) else "", properties, size, symbols, fields)


def _field_content(field: Field) -> tuple[str, ...]:
    default = "" if field.default is ABSENT else _exact(field.default)
    order = str(field.raw.get("order", "ascending")).upper()
    return (field.name, default, order, _properties(field.raw, FIELD_WORDS))


def _exact(value: Json) -> str:
    """Return a text that is equal for equal JSON: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def _properties(raw: Json, words: frozenset[str]) -> str:
    return _exact({key: value for key, value in raw.items() if key not in words}) if isinstance(raw, dict) else "{}"
