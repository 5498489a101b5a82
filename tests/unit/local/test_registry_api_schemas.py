import json
from typing import Any

import pytest

CITY = {"type": "record", "name": "City", "namespace": "geo", "fields": [{"name": "name", "type": "string"}]}
STREET = {"type": "record", "name": "Street", "namespace": "geo", "fields": [{"name": "city", "type": "City"}]}
HOUSE = {"type": "record", "name": "House", "namespace": "geo", "fields": [{"name": "street", "type": "geo.Street"}]}
TO_CITY = [{"name": "geo.City", "subject": "city", "version": 1}]
TO_STREET = [{"name": "geo.Street", "subject": "street", "version": 1}]


def test_types(api: Any) -> None:
    assert api("GET", "/schemas/types") == (200, ["AVRO"])


def test_a_schema_by_its_id(api: Any) -> None:
    api.register("s", CITY)
    api.register("s2", "int")
    assert api("GET", "/schemas/ids/1") == (200, {"schema": json.dumps(CITY, separators=(",", ":"))})
    assert api("GET", "/schemas/ids/1/schema") == (200, CITY)
    assert api("GET", "/schemas/ids/1?fetchMaxId=true")[1]["maxId"] == 2


@pytest.mark.parametrize("part", ["", "/schema", "/versions", "/subjects"])
def test_an_id_that_is_not_there(api: Any, part: str) -> None:
    assert api.refusal("GET", f"/schemas/ids/123456789{part}") == (404, 40403, "Schema 123456789 not found")
    assert api.refusal("GET", f"/schemas/ids/invalid{part}") == (404, 404, "HTTP 404 Not Found")
    assert api.refusal("GET", f"/schemas/ids/99999999999{part}") == (404, 404, "HTTP 404 Not Found")


def test_who_holds_a_schema(api: Any) -> None:
    for subject in ("b", "a", "c"):
        api.register(subject, CITY)
    api("DELETE", "/subjects/c")
    held = [{"subject": "a", "version": 1}, {"subject": "b", "version": 1}]
    assert api("GET", "/schemas/ids/1/versions") == (200, held)
    assert api("GET", "/schemas/ids/1/versions?deleted=true") == (200, [*held, {"subject": "c", "version": 1}])
    assert api("GET", "/schemas/ids/1/subjects") == (200, ["a", "b"])
    assert api("GET", "/schemas/ids/1/subjects?deleted=true") == (200, ["a", "b", "c"])
    assert api("GET", "/schemas/ids/1/subjects?subject=b") == (200, ["b"])
    api("DELETE", "/subjects/a")
    api("DELETE", "/subjects/b")
    assert api("GET", "/schemas/ids/1/versions") == (200, [])


def test_the_list_of_schemas(api: Any) -> None:
    api.register("s", "int")
    api.register("s", "long")
    api.register("t", "int")
    one, two, other = (
        {"subject": "s", "version": 1, "id": 1, "schema": '"int"'},
        {"subject": "s", "version": 2, "id": 2, "schema": '"long"'},
        {"subject": "t", "version": 1, "id": 1, "schema": '"int"'},
    )
    assert api("GET", "/schemas") == (200, [one, two, other])
    assert api("GET", "/schemas?latestOnly=true") == (200, [two, other])
    assert api("GET", "/schemas?subjectPrefix=s&limit=1") == (200, [one])
    api("DELETE", "/subjects/t")
    assert api("GET", "/schemas") == (200, [one, two])
    assert api("GET", "/schemas?deleted=true") == (200, [one, two, other])


def test_references_are_resolved_to_any_depth_and_shown(api: Any) -> None:
    api.register("city", CITY)
    api.register("street", STREET, references=TO_CITY)
    house = api.register("house", HOUSE, references=TO_STREET)
    assert api("GET", "/subjects/house/versions/1")[1]["references"] == TO_STREET
    assert api("GET", f"/schemas/ids/{house}")[1]["references"] == TO_STREET
    assert api("POST", "/subjects/house", {"schema": json.dumps(HOUSE), "references": TO_STREET})[1]["id"] == house
    assert api("GET", "/subjects/city/versions/1/referencedby") == (200, [2])
    assert api("GET", "/subjects/house/versions/latest/referencedby") == (200, [])


def test_a_reference_to_the_latest_is_kept_as_the_version_that_it_was(api: Any) -> None:
    api.register("city", CITY)
    api.register("street", STREET, references=[{**TO_CITY[0], "version": -1}])
    assert api("GET", "/subjects/street/versions/1")[1]["references"] == TO_CITY


def test_a_reference_that_is_not_there(api: Any) -> None:
    asked = {"schema": json.dumps(STREET), "references": TO_CITY}
    status, code, message = api.refusal("POST", "/subjects/street/versions", asked)
    assert (status, code) == (422, 42201)
    assert 'No schema reference found for subject "city" and version 1' in message


def test_what_is_referenced_cannot_be_deleted_until_the_referrer_is(api: Any) -> None:
    api.register("city", CITY)
    api.register("street", STREET, references=TO_CITY)
    message = "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=city,version=1}."
    assert api.refusal("DELETE", "/subjects/city/versions/1") == (422, 42206, message)
    assert api.refusal("DELETE", "/subjects/city") == (422, 42206, message)
    api("DELETE", "/subjects/street")
    assert api("DELETE", "/subjects/city") == (200, [1])


def test_a_change_behind_a_reference_is_a_change(api: Any) -> None:
    api.register("city", CITY)
    api.register("city2", CITY | {"fields": [{"name": "name", "type": "int"}]})
    api.register("street", STREET, references=TO_CITY)
    asked = {"schema": json.dumps(STREET), "references": [{**TO_CITY[0], "subject": "city2"}]}
    assert api.refusal("POST", "/subjects/street/versions", asked)[:2] == (409, 409)


@pytest.mark.parametrize(
    ("references", "refusal"),
    [
        ([{"name": "n", "subject": "city"}], (400, 400)),
        (["city"], (400, 400)),
        ("city", (400, 400)),
        ([{"name": "n", "subject": "city", "version": 1, "x": 1}], (422, 422)),
    ],
)
def test_references_of_a_wrong_shape(api: Any, references: object, refusal: tuple[int, int]) -> None:
    asked = {"schema": json.dumps(STREET), "references": references}
    assert api.refusal("POST", "/subjects/street/versions", asked)[:2] == refusal
