"""A schema that passes every lint rule, and small changes of it that break one."""

import json
from collections.abc import Callable
from typing import Any

from gridctl.contracts.priority import PriorityLevel
from gridctl.contracts.topics import TopicCatalogue
from gridctl.contracts.verdict import Finding
from gridctl.governance.lint import lint
from gridctl.governance.stores import SchemaTree, StoredSchema

Json = dict[str, Any]
Mutation = Callable[[Json], object]

TOPIC = """
[[topic]]
name = "grid.meter"
description = "Meters"
owner = "@team"
partitions = 1
key = "device_id"
retention_ms = -1
subject = "grid.meter-value"
requires_priority = true
"""


def enum(name: str, symbols: list[str], default: str | None = None) -> Json:
    return {"type": "enum", "name": name, "doc": "One of.", "symbols": symbols} | (
        {"default": default} if default else {}
    )


def field(name: str, kind: Any, **more: Any) -> Json:
    return {"name": name, "type": kind, "doc": "What it is.", **more}


def good() -> Json:
    """Return a schema that passes every rule and uses what each rule looks at."""
    return {
        "type": "record",
        "name": "MeterReading",
        "namespace": "gridstream.meters",
        "doc": "A reading.",
        "fields": [
            field("device_id", "string"),
            field("taken_at", {"type": "long", "logicalType": "timestamp-millis"}),
            field("power_w", "double"),
            field("voltage", ["null", "float"], default=None, unit="V"),
            field("energy_wh", "long"),
            field("cost", {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}, unit="EUR"),
            field("samples_hz", {"type": "array", "items": "double"}),
            field("poll_seq", "long"),
            field("state", enum("MeterState", ["ON", "OFF_GRID"], "ON")),
            field("hash", {"type": "fixed", "name": "Hash", "size": 16, "doc": "MD5."}),
            field("priority_level", enum("PriorityLevel", [level.value for level in PriorityLevel], "UNKNOWN")),
        ],
    }


def tree(*versions: Json) -> SchemaTree:
    files = (
        StoredSchema("grid.meter-value", at, f"schemas/grid.meter-value/v{at}.avsc", json.dumps(document, indent=2))
        for at, document in enumerate(versions, 1)
    )
    return SchemaTree("schemas", tuple(files))


def findings(*versions: Json, catalogue: TopicCatalogue | None = None) -> tuple[Finding, ...]:
    return lint(tree(*versions), catalogue).findings


def named(document: Json, name: str) -> Json:
    found: Json = next(each for each in document["fields"] if each["name"] == name)
    return found


def set_(name: str, /, **values: Any) -> Mutation:
    return lambda document: named(document, name).update(values)


def drop(name: str, key: str) -> Mutation:
    return lambda document: named(document, name).pop(key)


def in_type(name: str, /, **values: Any) -> Mutation:
    return lambda document: named(document, name)["type"].update(values)


def mutated(*mutations: Mutation) -> Json:
    document = good()
    for mutation in mutations:
        mutation(document)
    return document
