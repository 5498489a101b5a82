"""What a Pydantic model says of its fields, read from its JSON schema: the words that Avro has words for too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

UNSAID: Final = object()
"""The default of a field that has none, or one that only a function knows."""

INT32 = (-(2**31), 2**31 - 1)

# Formats of JSON schema, and the logical types of Avro that hold the same.
_LOGICAL_OF_FORMAT = {
    "date-time": ("timestamp-millis", "timestamp-micros", "timestamp-nanos"),
    "date": ("date",),
    "time": ("time-millis", "time-micros"),
    "uuid": ("uuid",),
}


@dataclass(frozen=True)
class Shape:
    """One type without null. `kind` is a JSON type, or bytes, enum or record."""

    kind: str
    symbols: tuple[str, ...] = ()
    fields: Mapping[str, "ModelField"] | None = None
    below: "ModelType | None" = None
    logical: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)

    @property
    def fits_int(self) -> bool:
        """Whether every value that the model allows fits into Avro's int."""
        low, high = self.bounds
        return low is not None and high is not None and low >= INT32[0] and high <= INT32[1]

    @property
    def label(self) -> str:
        """The kind, for messages."""
        return f"{self.kind} of {self.below.label}" if self.below else self.kind


@dataclass(frozen=True)
class ModelType:
    """The types that a value may have, and whether it may be null."""

    options: tuple[Shape, ...]
    nullable: bool

    @property
    def label(self) -> str:
        """The kinds, for messages."""
        return " or ".join([*(shape.label for shape in self.options), *(["null"] if self.nullable else [])])


@dataclass(frozen=True)
class ModelField:
    """One field. A constant one, such as a discriminator, says nothing that the schema does not say already."""

    name: str
    type: ModelType
    default: Any
    is_required: bool
    is_constant: bool


def fields_of(model: type[BaseModel]) -> Mapping[str, ModelField]:
    """Return the fields of a model by their names on the wire, recursion cut where a model holds itself."""
    document = model.model_json_schema()
    return _Reader(document.get("$defs", {})).fields(_resolved(document, document.get("$defs", {})))


def _resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = definitions[node["$ref"].removeprefix("#/$defs/")] | {
            key: value for key, value in node.items() if key != "$ref"
        }
    return node


class _Reader:
    """Walks one JSON schema; `_open` holds the models around, so that recursion ends."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._open: list[str] = []

    def fields(self, node: dict[str, Any]) -> Mapping[str, ModelField]:
        required = node.get("required", ())
        return {name: self._field(name, each, name in required) for name, each in node.get("properties", {}).items()}

    def _field(self, name: str, node: dict[str, Any], is_required: bool) -> ModelField:
        resolved = _resolved(node, self._definitions)
        return ModelField(name, self._type(node), node.get("default", UNSAID), is_required, "const" in resolved)

    def _type(self, node: dict[str, Any]) -> ModelType:
        options = node.get("anyOf") or node.get("oneOf") or [node]
        shapes = [self._shape(option) for option in options if option.get("type") != "null"]
        return ModelType(tuple(shapes), nullable=any(option.get("type") == "null" for option in options))

    def _shape(self, node: dict[str, Any]) -> Shape:
        name = node.get("$ref", "")
        node = _resolved(node, self._definitions)
        kind = node.get("type", "anything")
        if "const" in node or "enum" in node:
            return Shape("enum", symbols=tuple(map(str, node.get("enum", [node.get("const")]))))
        if kind == "object" and "properties" in node:
            return self._record(name, node)
        if kind == "array":
            return Shape("array", below=self._type(node.get("items", {})))
        if kind == "object" and isinstance(node.get("additionalProperties"), dict):
            return Shape("map", below=self._type(node["additionalProperties"]))
        if kind == "string" and node.get("format") in ("binary", "base64"):
            return Shape("bytes")
        said = node.get("logicalType")
        logical = (said,) if said else _LOGICAL_OF_FORMAT.get(node.get("format", ""), ())
        return Shape(kind, logical=logical, bounds=_bounds(node))

    def _record(self, name: str, node: dict[str, Any]) -> Shape:
        if name and name in self._open:
            return Shape("record")
        self._open.append(name)
        fields = self.fields(node)
        self._open.pop()
        return Shape("record", fields=fields)


def _bounds(node: dict[str, Any]) -> tuple[float | None, float | None]:
    low, high = node.get("minimum"), node.get("maximum")
    if "exclusiveMinimum" in node:
        low = node["exclusiveMinimum"] + 1
    if "exclusiveMaximum" in node:
        high = node["exclusiveMaximum"] - 1
    return low, high
