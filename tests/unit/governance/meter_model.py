"""A model, the Avro record that says the same, and small changes of it that make them drift."""

import json
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gridctl.contracts.events import EpochMs
from gridctl.contracts.verdict import Finding
from gridctl.governance.drift import drift
from gridctl.governance.stores import SchemaTree, StoredSchema

Json = dict[str, Any]
Mutation = Callable[[Json], object]


class Phase(StrEnum):
    A = "A"
    B = "B"


class Sample(BaseModel):
    value_v: float
    next: "Sample | None" = None


class Meter(BaseModel):
    model_config = ConfigDict(strict=True)

    kind: Literal["meter"]
    device_id: str
    time_ms: EpochMs
    count: int
    small: Annotated[int, Field(ge=0, lt=100)] = 5
    power_w: float = 0
    live: bool = True
    raw: bytes
    phase: Phase = Phase.A
    mode: Literal["ON", "OFF"]
    note: str | None = None
    mixed: str | int | None = None
    samples: list[Sample]
    tags: dict[str, str | None]
    made: list[str] = Field(default_factory=list)
    born: date
    seen: datetime
    uuid: UUID


def meter() -> Json:
    """Return the record that says the same as Meter."""
    sample = [
        {"name": "value_v", "type": "double"},
        {"name": "next", "type": ["null", "Sample"], "default": None},
    ]
    kinds: list[tuple[str, Any, Json]] = [
        ("device_id", "string", {}),
        ("time_ms", {"type": "long", "logicalType": "timestamp-millis"}, {}),
        ("count", "long", {}),
        ("small", "int", {"default": 5}),
        ("power_w", "double", {"default": 0.0}),
        ("live", "boolean", {"default": True}),
        ("raw", "bytes", {}),
        ("phase", {"type": "enum", "name": "Phase", "symbols": ["A", "B"]}, {"default": "A"}),
        ("mode", {"type": "enum", "name": "Mode", "symbols": ["OFF", "ON"]}, {}),
        ("note", ["null", "string"], {"default": None}),
        ("mixed", ["null", "long", "string"], {"default": None}),
        ("samples", {"type": "array", "items": {"type": "record", "name": "Sample", "fields": sample}}, {}),
        ("tags", {"type": "map", "values": ["null", "string"]}, {}),
        ("made", {"type": "array", "items": "string"}, {}),
        ("born", {"type": "int", "logicalType": "date"}, {}),
        ("seen", {"type": "long", "logicalType": "timestamp-micros"}, {}),
        ("uuid", {"type": "string", "logicalType": "uuid"}, {}),
    ]
    fields = [{"name": name, "type": kind, **more} for name, kind, more in kinds]
    return {"type": "record", "name": "Meter", "fields": fields}


def tree(document: Json) -> SchemaTree:
    text = json.dumps(document, indent=2)
    return SchemaTree("schemas", (StoredSchema("meter-value", 1, "schemas/meter-value/v1.avsc", text),))


def findings(*mutations: Mutation) -> tuple[Finding, ...]:
    document = meter()
    for mutation in mutations:
        mutation(document)
    return drift(tree(document), {"meter-value": Meter}).findings


def at(name: str, /, **values: Any) -> Mutation:
    return lambda document: next(each for each in document["fields"] if each["name"] == name).update(values)


def without(name: str, key: str) -> Mutation:
    return lambda document: next(each for each in document["fields"] if each["name"] == name).pop(key)


def removed(name: str) -> Mutation:
    def mutate(document: Json) -> None:
        document["fields"] = [each for each in document["fields"] if each["name"] != name]

    return mutate


def added(**field: Any) -> Mutation:
    return lambda document: document["fields"].append(field)


def sample_field(at_: int, **values: Any) -> Mutation:
    return lambda document: document["fields"][11]["type"]["items"]["fields"][at_].update(values)
