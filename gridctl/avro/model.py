"""Parsed Avro schemas as a graph of nodes; a named type is one node however often it is used."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

Json = Any  # a JSON value as `json.loads` gives it

Tokens = tuple[str | int, ...]
"""The keys on the way into a JSON document."""

ABSENT: Final = object()
"""The default of a field that has none; JSON null is a default."""


class Node:
    """One type in a schema. `raw` is the JSON it was read from, so that a finding can point into the document."""

    __slots__ = ("raw",)
    kind: str = ""
    is_flat = False  # made of primitives alone, so that comparing it enters no other type

    def __init__(self, raw: Json = None) -> None:
        self.raw = raw

    @property
    def label(self) -> str:
        """What a reader of messages calls this type."""
        return self.kind

    @property
    def children(self) -> Sequence["Node"]:
        """The types that this one is made of."""
        return ()

    @property
    def logical_type(self) -> Json:
        """What stands under `logicalType` in the type itself, or None."""
        return self.raw.get("logicalType") if isinstance(self.raw, dict) else None


class Primitive(Node):
    """A type without parts. One that stands there as a bare name is the shared node of PRIMITIVES."""

    __slots__ = ("kind",)
    is_flat = True

    def __init__(self, kind: str, raw: Json = None) -> None:
        super().__init__(raw)
        self.kind = kind


class Collection(Node):
    """Any number of values of one type, its `content`, which stands in the document under `key`."""

    __slots__ = ("content",)
    key: str = ""

    def __init__(self, raw: Json, content: Node) -> None:
        super().__init__(raw)
        self.content = content

    @property
    def children(self) -> Sequence[Node]:
        """The type of its values."""
        return (self.content,)


class Array(Collection):
    """A list of items."""

    __slots__ = ()
    kind = "array"
    key = "items"


class Map(Collection):
    """A map from strings to values."""

    __slots__ = ()
    kind = "map"
    key = "values"


class Union(Node):
    """One of `branches`, in order. A flat one may be one node for many places."""

    __slots__ = ("branches", "is_flat")
    kind = "union"

    def __init__(self, raw: Json, branches: list[Node]) -> None:
        super().__init__(raw)
        self.branches = branches
        self.is_flat = all(branch.is_flat for branch in branches)

    @property
    def label(self) -> str:
        """The branches, as in `union of null, string`."""
        return "union of " + (", ".join(branch.label for branch in self.branches) or "nothing")

    @property
    def children(self) -> Sequence[Node]:
        """The branches."""
        return self.branches

    @property
    def optional(self) -> tuple[int, int] | None:
        """The indexes of null and of the other branch when there are two and one is null."""
        kinds = [branch.kind for branch in self.branches]
        if len(kinds) != 2 or "null" not in kinds:  # noqa: PLR2004 - null and one other
            return None
        null = kinds.index("null")
        return null, 1 - null


class Named(Node):
    """A record, an enum or a fixed. `aliases` are full names as Java Avro compares them."""

    __slots__ = ("aliases", "full", "name")

    def __init__(self, raw: Json, name: str, full: str) -> None:
        super().__init__(raw)
        self.name = name
        self.full = full
        self.aliases: Sequence[str] = ()

    @property
    def label(self) -> str:
        """The kind and the full name."""
        return f"{self.kind} {self.full}"

    def reads_name_of(self, writer: "Named") -> bool:
        """Tell whether this reader's type takes the writer's for its own: by its name without namespace, or an alias.

        Java Avro compares only aliases in full.
        """
        return self.name == writer.name or writer.full in self.aliases


class Reference(Named):
    """A name whose type is not defined yet; `resolving` replaces it by its `target`.

    `holder` and `key` say where it stands in the document.
    """

    __slots__ = ("holder", "key", "target")
    kind = "reference"

    def __init__(self, full: str, holder: Json, key: str | int) -> None:
        super().__init__(None, full, full)
        self.holder = holder
        self.key = key
        self.target: Named | None = None


class Enum(Named):
    """`symbols` in order, and the symbol that stands for an unknown one, if any."""

    __slots__ = ("default", "symbols")
    kind = "enum"

    def __init__(self, raw: Json, name: str, full: str, symbols: list[str], default: str | None) -> None:
        super().__init__(raw, name, full)
        self.symbols = symbols
        self.default = default


class Fixed(Named):
    """`size_bytes` bytes."""

    __slots__ = ("size_bytes",)
    kind = "fixed"

    def __init__(self, raw: Json, name: str, full: str, size_bytes: int) -> None:
        super().__init__(raw, name, full)
        self.size_bytes = size_bytes


class Field:
    """A field of a record; `default` is ABSENT when it has none."""

    __slots__ = ("aliases", "default", "name", "raw", "type")

    def __init__(self, raw: Json, name: str, type_: Node) -> None:
        self.raw = raw
        self.name = name
        self.type = type_
        self.default: Json = ABSENT
        self.aliases: Sequence[str] = ()

    def names_in(self, writer: "Record") -> list[str]:
        """Return the names under which a writer's record has this reader's field: its own first, then its aliases."""
        return [name for name in (self.name, *self.aliases) if name in writer.by_name]


class Record(Named):
    """Fields in order and by name. An `error` is a record."""

    __slots__ = ("by_name", "fields")
    kind = "record"

    def __init__(self, raw: Json, name: str, full: str) -> None:
        super().__init__(raw, name, full)
        self.fields: list[Field] = []
        self.by_name: dict[str, Field] = {}

    @property
    def children(self) -> Sequence[Node]:
        """The fields' types."""
        return [field.type for field in self.fields]


PRIMITIVES: Final = {
    kind: Primitive(kind) for kind in ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
}

READS: Final[dict[str, tuple[str, ...]]] = {
    "long": ("int",),
    "float": ("int", "long"),
    "double": ("int", "long", "float"),
    "bytes": ("string",),
    "string": ("bytes",),
}
"""The promotions: which writer's primitives a reader's primitive takes besides itself."""


class Schema:
    """A parsed, valid schema. `document` is its JSON, `root` its type, `names` all named types it knows."""

    __slots__ = ("_places", "document", "names", "root")

    def __init__(self, document: Json, root: Node, names: dict[str, Named]) -> None:
        self.document = document
        self.root = root
        self.names = names
        self._places: dict[int, Tokens] | None = None

    def place_of(self, raw: Json) -> Tokens | None:
        """Return the keys that lead to this very object in the document, or None when it is not in it."""
        if self._places is None:
            self._places = places(self.document)
        return self._places.get(id(raw))

    def types(self) -> Iterator[Node]:
        """Yield every type that a value can hold, the root first, each once, in the order of the document."""
        seen: set[int] = set()
        stack = [self.root]
        while stack:
            node = stack.pop()
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                stack.extend(reversed(node.children))


class SchemaInvalid(ValueError):
    """The text is not a valid Avro schema.

    `path` is a JSON pointer to the place in the schema; where the text is not even JSON it is empty, and `line` and
    `column` (from 1) say the place.
    """

    def __init__(self, message: str, path: str = "", *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column


class Flaw(Exception):
    """What is wrong, and in which JSON container and under which key of it."""

    def __init__(self, message: str, holder: Json = None, key: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.holder = holder
        self.key = key


def pointer(tokens: Sequence[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a list of keys; the root is `/`, as Java Avro writes it."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens) or "/"


def places(document: Json) -> dict[int, Tokens]:
    """Return the keys that lead to each object and list of a JSON document, by the `id` of that object or list."""
    found: dict[int, Tokens] = {}
    stack: list[tuple[Json, Tokens]] = [(document, ())]
    while stack:
        value, tokens = stack.pop()
        found[id(value)] = tokens
        if isinstance(value, dict):
            stack.extend((child, (*tokens, key)) for key, child in value.items() if isinstance(child, dict | list))
        elif isinstance(value, list):
            stack.extend((child, (*tokens, at)) for at, child in enumerate(value) if isinstance(child, dict | list))
    return found
