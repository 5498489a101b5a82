"""The generated count of quotation marks: exact for every reading, so that sound records need no closer look."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from gridctl.contracts.kinds import KINDS
from gridctl.contracts.repeated import LOOK_CLOSELY, compile_quotes
from tests.support.readings import READINGS, TIME_MS

OPTIONAL = {"thermostat": {"humidity_pct"}, "charger": {"session_id", "session_energy_wh"}, "scada": set[str]()}


def reading(kind: str, **changed: Any) -> dict[str, Any]:
    return {"kind": kind, "device_id": "d-1", "event_time_ms": TIME_MS, **READINGS[kind], **changed}


SOUND = [
    *(reading(kind) for kind in READINGS),
    *(reading(kind, **dict.fromkeys(names)) for kind, names in OPTIONAL.items()),
    *({key: value for key, value in reading(kind).items() if key not in names} for kind, names in OPTIONAL.items()),
    reading("scada", points=[]),
    reading("scada", points=[{"name": "a", "unit": "V", "quality": "MISSING"}, *READINGS["scada"]["points"] * 3]),
    reading("scada", points=[{"name": "a", "unit": "V", "quality": "MISSING", "value": None}]),
]


@pytest.mark.parametrize("document", SOUND, ids=json.dumps)
def test_a_sound_reading_has_the_marks_that_its_model_accounts_for(document: dict[str, Any]) -> None:
    model, raw = KINDS[document["kind"]].reading, json.dumps(document)
    assert compile_quotes(model)(model.model_validate_json(raw)) == raw.count('"')


class Inner(BaseModel):
    names: list[str] = []
    on: bool = False


class Nested(BaseModel):
    inner: Inner | None = None
    level: Literal["A", "B"] | None = None


@pytest.mark.parametrize(
    "raw",
    ["{}", '{"inner":null}', '{"inner":{}}', '{"inner":{"names":["a","b"],"on":true},"level":"A"}', '{"level":null}'],
)
def test_nested_models_and_lists_of_text_count(raw: str) -> None:
    assert compile_quotes(Nested)(Nested.model_validate_json(raw)) == raw.count('"')


class Unknown(BaseModel):
    value: int | str


class Table(BaseModel):
    values: dict[str, int]


@pytest.mark.parametrize("model", [Unknown, Table])
def test_a_type_that_is_not_known_is_always_looked_at(model: type[BaseModel]) -> None:
    assert compile_quotes(model)(None) == LOOK_CLOSELY
