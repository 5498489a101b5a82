import json
from typing import Any

import pytest

ONE = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
TWO = {"type": "record", "name": "R", "fields": [*ONE["fields"], {"name": "b", "type": "int", "default": 0}]}
THREE = {"type": "record", "name": "R", "fields": [*ONE["fields"], {"name": "b", "type": "int"}]}
ALL, AT = "/compatibility/subjects/s/versions", "/compatibility/subjects/s/versions/{}"


def body(schema: object) -> dict[str, str]:
    return {"schema": json.dumps(schema)}


def test_against_one_version_and_against_all(api: Any) -> None:
    api.register("s", ONE)
    api.register("s", TWO)
    assert api("POST", AT.format("latest"), body(THREE)) == (200, {"is_compatible": True})
    assert api("POST", AT.format(2), body(THREE)) == (200, {"is_compatible": True})
    assert api("POST", AT.format(1), body(THREE)) == (200, {"is_compatible": False})
    assert api("POST", ALL, body(THREE)) == (200, {"is_compatible": False})
    api("PUT", "/config/s", {"compatibility": "BACKWARD"})
    assert api("POST", ALL, body(THREE)) == (200, {"is_compatible": True})
    assert api("GET", "/subjects/s/versions") == (200, [1, 2])


def test_verbose_names_the_version_the_rule_and_the_place(api: Any) -> None:
    api.register("s", ONE)
    status, document = api("POST", ALL + "?verbose=true", body(THREE))
    assert (status, document["is_compatible"]) == (200, False)
    finding, version, old, level = document["messages"]
    assert finding.startswith("{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'")
    assert "/fields/1" in finding
    assert version == "{oldSchemaVersion: 1}"
    assert old == "{oldSchema: '" + json.dumps(ONE, separators=(",", ":")) + "'}"
    assert level == "{validateFields: 'false', compatibility: 'BACKWARD_TRANSITIVE'}"
    assert api("POST", ALL + "?verbose=true", body(TWO)) == (200, {"is_compatible": True, "messages": []})


def test_verbose_names_every_version_that_breaks(api: Any) -> None:
    api.register("s", "int")
    api.register("s", "long")
    messages = api("POST", ALL + "?verbose=true", body("string"))[1]["messages"]
    assert [word for word in messages if word.startswith("{oldSchemaVersion")] == [
        "{oldSchemaVersion: 1}",
        "{oldSchemaVersion: 2}",
    ]


def test_a_new_subject_is_compatible_with_everything(api: Any) -> None:
    assert api("POST", ALL, body(ONE)) == (200, {"is_compatible": True})
    assert api("POST", AT.format("latest"), body(ONE)) == (200, {"is_compatible": True})
    assert api.refusal("POST", AT.format(1), body(ONE)) == (404, 40402, "Version 1 not found.")


@pytest.mark.parametrize("path", [ALL, AT.format("latest")])
def test_what_is_no_schema(api: Any, path: str) -> None:
    api.register("s", ONE)
    assert api.refusal("POST", path, {"schema": '{"type":"x"}'})[:2] == (422, 42201)
    assert api.refusal("POST", path, {}) == (422, 42201, "Empty schema")
    status, document = api("POST", path + "?verbose=true", {"schema": '{"type":"x"}'})
    assert (status, document["is_compatible"]) == (200, False)
    assert document["messages"][0].startswith("Invalid schema ")


def test_what_is_no_version(api: Any) -> None:
    api.register("s", ONE)
    assert api.refusal("POST", AT.format("0"), body(ONE))[:2] == (422, 42202)
    assert api.refusal("POST", AT.format(9), body(ONE)) == (404, 40402, "Version 9 not found.")


def test_deleted_versions_do_not_count(api: Any) -> None:
    api.register("s", "int")
    api("DELETE", "/subjects/s/versions/1")
    assert api("POST", ALL, body("string")) == (200, {"is_compatible": True})
    assert api.refusal("POST", AT.format(1), body("string"))[:2] == (404, 40402)
