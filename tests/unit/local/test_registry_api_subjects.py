import json
from typing import Any

import pytest

INT, LONG, STRING = "int", "long", "string"
V1 = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
V2 = {"type": "record", "name": "R", "fields": [*V1["fields"], {"name": "b", "type": "int", "default": 0}]}
V3 = {"type": "record", "name": "R", "fields": [*V1["fields"], {"name": "b", "type": "int"}]}
ABSENT = (404, 40401, "Subject 's' not found.")


def body(schema: object, **more: object) -> dict[str, object]:
    return {"schema": json.dumps(schema), **more}


def test_registering_gives_ids_from_one_and_versions_from_one(api: Any) -> None:
    assert api("POST", "/subjects/s/versions", body(V1)) == (200, {"id": 1})
    assert api("POST", "/subjects/s/versions", body(V2)) == (200, {"id": 2})
    assert api("GET", "/subjects/s/versions") == (200, [1, 2])


def test_the_same_schema_again_changes_nothing_and_has_one_id_in_all_subjects(api: Any) -> None:
    first = api.register("s", V1)
    assert api.register("s", V1) == first
    assert api.register("t", V1) == first
    assert api("GET", "/subjects/s/versions") == (200, [1])


def test_identity_is_the_canonical_schema(api: Any) -> None:
    assert api.register("s", {"type": "string"}) == api.register("t", "string")
    spaced = json.dumps({"name": "R", "fields": V1["fields"], "type": "record"}, indent=3)
    assert api("POST", "/subjects/u/versions", {"schema": spaced})[1]["id"] == api.register("v", V1)
    assert api.register("w", V1 | {"doc": "other"}) != api.register("v", V1)


def test_custom_properties_are_part_of_the_schema_and_normalize_puts_them_in_order(api: Any) -> None:
    one, other = {"type": "string", "x": 1, "y": 2}, {"type": "string", "y": 2, "x": 1}
    assert api.register("s", one) != api.register("t", other)
    status, found = api("POST", "/subjects/s?normalize=true", body(other))
    assert (status, found["id"]) == (200, 1)
    assert api.refusal("POST", "/subjects/s", body(other)) == (404, 40403, "Schema not found")


def test_a_version_is_shown_with_its_canonical_text(api: Any) -> None:
    api.register("s", V1)
    text = json.dumps(V1, separators=(",", ":"))
    shown = {"subject": "s", "version": 1, "id": 1, "schema": text}
    assert api("GET", "/subjects/s/versions/1") == (200, shown)
    assert api("GET", "/subjects/s/versions/latest") == (200, shown)
    assert api("GET", "/subjects/s/versions/-1") == (200, shown)
    assert api("GET", "/subjects/s/versions/1/schema") == (200, V1)
    assert api("POST", "/subjects/s", body(V1)) == (200, shown)


@pytest.mark.parametrize("path", ["/subjects/s/versions/{}", "/subjects/s/versions/{}/schema"])
@pytest.mark.parametrize("number", ["0", "-2", "invalid", "2147483648", "9" * 40, "1.0", "%D9%A3", "+1"])
def test_what_is_no_version(api: Any, path: str, number: str) -> None:
    api.register("s", V1)
    status, code, message = api.refusal("GET", path.format(number))
    assert (status, code) == (422, 42202)
    assert message.endswith(
        """is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest\""""
    )
    assert message.startswith("The specified version '")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/subjects/s/versions"),
        ("GET", "/subjects/s/versions/1"),
        ("GET", "/subjects/s/versions/latest"),
        ("GET", "/subjects/s/versions/1/schema"),
        ("GET", "/subjects/s/versions/1/referencedby"),
        ("DELETE", "/subjects/s"),
        ("DELETE", "/subjects/s?permanent=true"),
        ("DELETE", "/subjects/s/versions/1"),
        ("DELETE", "/subjects/s/versions/latest"),
        ("POST", "/subjects/s"),
    ],
)
def test_a_subject_that_is_not_there(api: Any, verb: str, path: str) -> None:
    assert api.refusal(verb, path, body(V1) if verb == "POST" else None) == ABSENT


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/subjects/s/versions/15"),
        ("GET", "/subjects/s/versions/15/schema"),
        ("GET", "/subjects/s/versions/15/referencedby"),
        ("DELETE", "/subjects/s/versions/15"),
        ("DELETE", "/subjects/s/versions/15?permanent=true"),
    ],
)
def test_a_version_that_is_not_there(api: Any, verb: str, path: str) -> None:
    api.register("s", V1)
    assert api.refusal(verb, path) == (404, 40402, "Version 15 not found.")


def test_look_up_of_what_is_no_schema_is_a_fault_as_in_the_servers_that_clients_know(api: Any) -> None:
    api.register("s", V1)
    fault = (500, 500, "Error while looking up schema under subject s")
    assert api.refusal("POST", "/subjects/s", body({"type": "invalid"})) == fault
    assert api.refusal("POST", "/subjects/s", {}) == fault
    assert api.refusal("POST", "/subjects/t", {}) == (404, 40401, "Subject 't' not found.")


def test_an_incompatible_schema_names_the_version_it_breaks(api: Any) -> None:
    api.register("s", V1)
    api.register("s", V2)
    status, code, message = api.refusal("POST", "/subjects/s/versions", body(V3))
    assert (status, code) == (409, 409)
    assert message.startswith(
        'Schema being registered is incompatible with an earlier schema for subject "s", details: ['
    )
    assert "{oldSchemaVersion: 1}" in message  # transitive by default: V3 reads V2 but not V1
    assert "{oldSchemaVersion: 2}" not in message
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in message
    assert api("GET", "/subjects/s/versions") == (200, [1, 2])


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"string"',
        '{"type":"nonsense"}',
        '{"type":"enum","name":"e"}',
        '"Unknown"',
        "{}",
        "3",
        "string",
        "[" * 100_000,
        '{"type":"array","items":' * 900 + '"int"' + "}" * 900,
        "NaN",
    ],
)
def test_what_is_no_schema(api: Any, text: str) -> None:
    status, code, message = api.refusal("POST", "/subjects/s/versions", {"schema": text})
    assert (status, code) == (422, 42201)
    assert message.startswith("Invalid schema ")
    assert "details: " in message


def test_two_fields_of_one_name_are_no_schema(api: Any) -> None:
    twice = {"type": "record", "name": "R", "fields": [V1["fields"][0]] * 2}
    assert api.refusal("POST", "/subjects/s/versions", body(twice))[:2] == (422, 42201)


@pytest.mark.parametrize("empty", [{}, {"schema": None}, {"schema": ""}, {"schema": "  "}])
def test_no_schema_at_all(api: Any, empty: dict[str, object]) -> None:
    assert api.refusal("POST", "/subjects/s/versions", empty) == (422, 42201, "Empty schema")


def test_another_type_of_schema(api: Any) -> None:
    refusal = api.refusal("POST", "/subjects/s/versions", body(V1, schemaType="PROTOBUF"))
    assert refusal == (422, 42201, "Invalid schema type PROTOBUF")


def test_a_schema_over_the_bound(api: Any) -> None:
    refusal = api.refusal("POST", "/subjects/s/versions", body({"type": "string", "x": "y" * 1_000_000}))
    assert refusal == (422, 42209, "Register operation failed because schema is too large")


def test_names_that_break_the_avro_rules(api: Any) -> None:
    odd_space = {
        "type": "record",
        "name": "foo",
        "namespace": "foo-bar-baz",
        "fields": [{"name": "a", "type": "string"}],
    }
    schema_id = api.register("s", odd_space)
    assert json.loads(api("GET", f"/schemas/ids/{schema_id}")[1]["schema"]) == odd_space
    assert api.refusal("POST", "/subjects/s/versions", body(odd_space | {"name": "a-b"}))[:2] == (422, 42201)
    # It is still compared with what follows.
    worse = odd_space | {"fields": [{"name": "a", "type": "int"}]}
    assert api.refusal("POST", "/subjects/s/versions", body(worse))[:2] == (409, 409)


def test_a_default_that_does_not_fit_counts_as_a_default_as_in_confluents_server(api: Any) -> None:
    odd = {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "int"], "default": "null"}]}
    api.register("s", {"type": "record", "name": "R", "fields": []})
    assert json.loads(api("GET", f"/schemas/ids/{api.register('s', odd)}")[1]["schema"]) == odd


# Deletes


def test_a_version_is_deleted_in_two_steps(api: Any) -> None:
    api.register("s", V1)
    api.register("s", V2)
    one = "/subjects/s/versions/1"
    not_first = "Subject 's' Version 1 was not deleted first before being permanently deleted"
    assert api.refusal("DELETE", one + "?permanent=true") == (404, 40407, not_first)
    assert api("DELETE", one) == (200, 1)
    again = "Subject 's' Version 1 was soft deleted.Set permanent=true to delete permanently"
    assert api.refusal("DELETE", one) == (404, 40406, again)
    assert api.refusal("GET", one) == (404, 40402, "Version 1 not found.")
    assert api("GET", one + "?deleted=true")[0] == 200
    assert api("GET", "/subjects/s/versions") == (200, [2])
    assert api("GET", "/subjects/s/versions?deleted=true") == (200, [1, 2])
    assert api("GET", "/subjects/s/versions?deletedOnly=true") == (200, [1])
    assert api("GET", "/schemas/ids/1")[0] == 200
    assert api("DELETE", one + "?permanent=true") == (200, 1)
    assert api.refusal("DELETE", one + "?permanent=true") == (404, 40402, "Version 1 not found.")
    assert api.refusal("GET", one + "?deleted=true") == (404, 40402, "Version 1 not found.")
    assert api.refusal("GET", "/schemas/ids/1") == (404, 40403, "Schema 1 not found")


def test_a_subject_is_deleted_in_two_steps(api: Any) -> None:
    api.register("s", V1)
    api.register("s", V2)
    not_first = "Subject 's' was not deleted first before being permanently deleted"
    assert api.refusal("DELETE", "/subjects/s?permanent=true") == (404, 40405, not_first)
    assert api("DELETE", "/subjects/s") == (200, [1, 2])
    assert api.refusal("GET", "/subjects/s/versions") == ABSENT
    assert api.refusal("POST", "/subjects/s", body(V1)) == ABSENT
    assert api("POST", "/subjects/s?deleted=true", body(V1))[1]["version"] == 1
    again = "Subject 's' was soft deleted.Set permanent=true to delete permanently"
    assert api.refusal("DELETE", "/subjects/s") == (404, 40404, again)
    assert api("DELETE", "/subjects/s?permanent=true") == (200, [1, 2])
    assert api.refusal("DELETE", "/subjects/s") == ABSENT


def test_numbers_go_on_after_a_soft_delete_and_ids_stay_after_any(api: Any) -> None:
    first = api.register("s", V1)
    api("DELETE", "/subjects/s")
    assert api.register("s", V1) == first
    assert api("GET", "/subjects/s/versions") == (200, [2])
    assert api("GET", "/subjects/s/versions?deleted=true") == (200, [2])  # the schema lives on as version 2
    api("DELETE", "/subjects/s")
    api("DELETE", "/subjects/s?permanent=true")
    assert api.register("s", V1) == first
    assert api("GET", "/subjects/s/versions") == (200, [1])


def test_deleted_versions_do_not_count_for_compatibility(api: Any) -> None:
    api.register("s", INT)
    assert api.refusal("POST", "/subjects/s/versions", body(STRING))[0] == 409
    api("DELETE", "/subjects/s/versions/latest")
    api.register("s", STRING)


@pytest.mark.parametrize("path", ["/subjects/s", "/subjects/s/versions/1"])
def test_deleting_the_last_version_drops_the_subjects_settings(api: Any, path: str) -> None:
    api.register("s", INT)
    api("PUT", "/config/s", {"compatibility": "NONE"})
    api("PUT", "/mode/s", {"mode": "READWRITE"})
    api("DELETE", path)
    assert api.refusal("GET", "/mode/s")[:2] == (404, 40409)
    assert api.refusal("GET", "/config/s")[:2] == (404, 40408)


def test_the_latest_is_the_latest_that_is_not_deleted(api: Any) -> None:
    api.register("s", INT)
    api.register("s", LONG)
    api("DELETE", "/subjects/s/versions/2")
    assert api("GET", "/subjects/s/versions/latest?deleted=true")[1]["version"] == 1
    assert api("DELETE", "/subjects/s/versions/latest") == (200, 1)
    again = "Subject 's' Version latest was soft deleted.Set permanent=true to delete permanently"
    assert api.refusal("DELETE", "/subjects/s/versions/latest") == (404, 40406, again)


# Lists and names


def test_the_list_of_subjects(api: Any) -> None:
    for subject in ("b", "a", "c"):
        api.register(subject, INT)
    api("DELETE", "/subjects/c")
    assert api("GET", "/subjects") == (200, ["a", "b"])
    assert api("GET", "/subjects/?deleted=true") == (200, ["a", "b", "c"])
    assert api("GET", "/subjects?deletedOnly=true") == (200, ["c"])
    assert api("GET", "/subjects?subjectPrefix=a") == (200, ["a"])
    assert api("GET", "/subjects?offset=1&limit=1") == (200, ["b"])
    assert api("GET", "/subjects?limit=0") == (200, [])
    assert api("GET", "/subjects?offset=1&limit=-1") == (200, ["b"])


@pytest.mark.parametrize(
    ("name", "path"), [("a/b", "a%2Fb"), ("100%", "100%25"), ("ä ö", "%C3%A4%20%C3%B6"), ("a?b#c", "a%3Fb%23c")]
)
def test_names_with_odd_characters(api: Any, name: str, path: str) -> None:
    api.register(path, INT)
    assert api("GET", "/subjects") == (200, [name])
    assert api("GET", f"/subjects/{path}/versions/1")[1]["subject"] == name
    assert api("PUT", f"/config/{path}", {"compatibility": "NONE"}) == (200, {"compatibility": "NONE"})
    assert api("DELETE", f"/subjects/{path}") == (200, [1])


@pytest.mark.parametrize("path", ["%20", "a%0Ab", "__GLOBAL", "a%7F"])
def test_names_that_are_none(api: Any, path: str) -> None:
    status, code, message = api.refusal("POST", f"/subjects/{path}/versions", body(INT))
    assert (status, code) == (422, 42208)
    assert message.startswith("The specified subject '")


@pytest.mark.parametrize("trail", ["", "/"])
def test_a_last_slash_does_not_matter(api: Any, trail: str) -> None:
    assert api("POST", f"/subjects/s/versions{trail}", body(INT)) == (200, {"id": 1})
    assert api("GET", f"/config{trail}")[0] == 200
    assert api("GET", f"/schemas/ids/1{trail}") == (200, {"schema": '"int"'})
