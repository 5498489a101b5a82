import json
from typing import Any

import pytest

LEVELS = ["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]
BAD_LEVEL = (
    422,
    42203,
    (
        "Invalid compatibility level. Valid values are NONE, BACKWARD, FORWARD, FULL, BACKWARD_TRANSITIVE, "
        "FORWARD_TRANSITIVE, and FULL_TRANSITIVE"
    ),
)
INT = {"schema": '"int"'}


def test_the_default_level_is_transitive(api: Any) -> None:
    assert api("GET", "/config") == (200, {"compatibilityLevel": "BACKWARD_TRANSITIVE"})


@pytest.mark.parametrize("level", LEVELS)
def test_levels_are_set_globally_and_by_subject(api: Any, level: str) -> None:
    assert api("PUT", "/config", {"compatibility": level}) == (200, {"compatibility": level})
    assert api("GET", "/config") == (200, {"compatibilityLevel": level})
    assert api("PUT", "/config/s", {"compatibility": level.lower()}) == (200, {"compatibility": level})
    assert api("GET", "/config/s") == (200, {"compatibilityLevel": level})


@pytest.mark.parametrize("fields", [{"compatibility": "nonsense"}, {"compatibility": None}, {}, {"compatibility": 3}])
@pytest.mark.parametrize("path", ["/config", "/config/s"])
def test_what_is_no_level(api: Any, fields: dict[str, object], path: str) -> None:
    assert api.refusal("PUT", path, fields) == BAD_LEVEL


def test_a_subject_without_a_level_of_its_own(api: Any) -> None:
    api("POST", "/subjects/s/versions", INT)
    absent = (404, 40408, "Subject 's' does not have subject-level compatibility configured")
    assert api.refusal("GET", "/config/s") == absent
    assert api.refusal("GET", "/config/s?defaultToGlobal=false") == absent
    assert api("GET", "/config/s?defaultToGlobal=true") == (200, {"compatibilityLevel": "BACKWARD_TRANSITIVE"})


def test_a_level_is_dropped(api: Any) -> None:
    api("PUT", "/config", {"compatibility": "NONE"})
    api("PUT", "/config/s", {"compatibility": "FULL"})
    # The one that was dropped, and the one that holds now.
    assert api("DELETE", "/config/s") == (200, {"compatibilityLevel": "FULL", "compatibility": "NONE"})
    assert api.refusal("DELETE", "/config/s") == (404, 40401, "Subject 's' not found.")
    assert api("DELETE", "/config")[1]["compatibilityLevel"] == "NONE"
    assert api("GET", "/config") == (200, {"compatibilityLevel": "BACKWARD_TRANSITIVE"})


@pytest.mark.parametrize(
    ("level", "first", "second", "status"),
    [
        ("NONE", "int", "string", 200),
        ("BACKWARD", "int", "long", 200),
        ("BACKWARD", "long", "int", 409),
        ("FORWARD", "int", "long", 409),
        ("FORWARD", "long", "int", 200),
        ("FULL", "int", "long", 409),
        ("FULL", "string", "bytes", 200),
    ],
)
def test_a_level_is_what_decides(api: Any, level: str, first: str, second: str, status: int) -> None:
    api("PUT", "/config/s", {"compatibility": level})
    api.register("s", first)
    assert api("POST", "/subjects/s/versions", {"schema": json.dumps(second)})[0] == status


@pytest.mark.parametrize(("level", "status"), [("BACKWARD", 200), ("BACKWARD_TRANSITIVE", 409)])
def test_transitive_means_every_version(api: Any, level: str, status: int) -> None:
    api("PUT", "/config/s", {"compatibility": level})
    field = {"name": "b", "type": "int"}
    for fields in ([], [field | {"default": 0}]):
        api.register("s", {"type": "record", "name": "R", "fields": fields})
    last = {"schema": json.dumps({"type": "record", "name": "R", "fields": [field]})}
    assert api("POST", "/subjects/s/versions", last)[0] == status


def test_settings_that_this_registry_does_not_have_are_refused_and_not_ignored(api: Any) -> None:
    asked = {"compatibility": "FULL", "overrideRuleSet": {"domainRules": []}}
    assert api.refusal("PUT", "/config", asked) == (422, 422, "Field not supported by this registry: overrideRuleSet")
    assert api("PUT", "/config", {"compatibility": "FULL", "overrideRuleSet": None})[0] == 200
    assert api.refusal("PUT", "/config", {"level": "FULL"}) == (422, 422, "Unrecognized field: level")


# Modes


@pytest.mark.parametrize("mode", ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"])
def test_modes_are_set_globally_and_by_subject(api: Any, mode: str) -> None:
    assert api("GET", "/mode") == (200, {"mode": "READWRITE"})
    assert api("PUT", "/mode/s", {"mode": mode.lower()}) == (200, {"mode": mode})
    assert api("GET", "/mode/s") == (200, {"mode": mode})
    assert api("PUT", "/mode", {"mode": mode}) == (200, {"mode": mode})
    assert api("GET", "/mode") == (200, {"mode": mode})


@pytest.mark.parametrize("fields", [{"mode": "nonsense"}, {}, {"mode": 1}])
def test_what_is_no_mode(api: Any, fields: dict[str, object]) -> None:
    assert api.refusal("PUT", "/mode", fields)[:2] == (422, 42204)
    assert api.refusal("PUT", "/mode/s", fields)[:2] == (422, 42204)


def test_a_subject_without_a_mode_of_its_own(api: Any) -> None:
    absent = (404, 40409, "Subject 's' does not have subject-level mode configured")
    assert api.refusal("GET", "/mode/s") == absent
    assert api("GET", "/mode/s?defaultToGlobal=true") == (200, {"mode": "READWRITE"})
    assert api.refusal("DELETE", "/mode/s") == (404, 40401, "Subject 's' not found.")
    api("PUT", "/mode/s", {"mode": "READONLY"})
    assert api("DELETE", "/mode/s") == (200, {"mode": "READONLY"})
    assert api.refusal("GET", "/mode/s") == absent


def test_read_only_refuses_every_change(api: Any) -> None:
    api("POST", "/subjects/s/versions", INT)
    api("PUT", "/mode/s", {"mode": "READONLY"})
    refusal = (422, 42205, "Subject s is in read-only mode")
    assert api.refusal("POST", "/subjects/s/versions", {"schema": '"long"'}) == refusal
    assert api.refusal("DELETE", "/subjects/s") == refusal
    assert api.refusal("DELETE", "/subjects/s/versions/1") == refusal
    assert api("POST", "/subjects/s/versions", INT) == (200, {"id": 1})  # it is there already
    assert api("GET", "/subjects/s/versions/1")[0] == 200


def test_a_subjects_mode_beats_the_global_one_but_not_its_override(api: Any) -> None:
    api("PUT", "/mode/s", {"mode": "READWRITE"})
    api("PUT", "/mode", {"mode": "READONLY"})
    api.register("s", "int")
    assert api.refusal("POST", "/subjects/t/versions", INT) == (422, 42205, "Subject t is in read-only mode")
    api("PUT", "/mode", {"mode": "READONLY_OVERRIDE"})
    asked = {"schema": '"long"'}
    assert api.refusal("POST", "/subjects/s/versions", asked) == (422, 42205, "Subject s is in read-only mode")


def test_import_keeps_ids_and_versions_and_asks_for_no_compatibility(api: Any) -> None:
    api("PUT", "/mode/s", {"mode": "IMPORT"})
    assert api("POST", "/subjects/s/versions", {"schema": '"int"', "id": 40, "version": 3}) == (200, {"id": 40})
    assert api("POST", "/subjects/s/versions", {"schema": '"string"', "id": 41, "version": 7}) == (200, {"id": 41})
    assert api("GET", "/subjects/s/versions") == (200, [3, 7])
    api("PUT", "/mode/s", {"mode": "READWRITE"})
    api("PUT", "/config/s", {"compatibility": "NONE"})
    assert api.register("s", "bytes") == 42
    assert api("GET", "/subjects/s/versions") == (200, [3, 7, 8])


def test_import_overwrites_nothing(api: Any) -> None:
    api.register("other", "int")
    api("PUT", "/mode/s", {"mode": "IMPORT"})
    post = "/subjects/s/versions"
    taken = "Overwrite new schema with id 1 is not permitted."
    assert api.refusal("POST", post, {"schema": '"string"', "id": 1, "version": 1}) == (422, 42205, taken)
    known = "Schema already registered with id 1 instead of input id 9"
    assert api.refusal("POST", post, {"schema": '"int"', "id": 9, "version": 1}) == (422, 42207, known)
    assert api("POST", post, {"schema": '"int"', "id": 1, "version": 1}) == (200, {"id": 1})
    assert api.refusal("POST", post, {"schema": '"string"', "id": 5, "version": 1})[:2] == (422, 42205)


def test_ids_and_versions_are_given_in_import_mode_only_and_there_always(api: Any) -> None:
    asked = {"schema": '"int"', "id": 5, "version": 1}
    assert api.refusal("POST", "/subjects/s/versions", asked) == (422, 42205, "Subject s is not in import mode")
    api("PUT", "/mode/s", {"mode": "IMPORT"})
    assert api.refusal("POST", "/subjects/s/versions", INT) == (422, 42205, "Subject s is not in read-write mode")


@pytest.mark.parametrize("path", ["/mode", "/mode/s"])
def test_import_starts_from_nothing_unless_forced(api: Any, path: str) -> None:
    api("POST", "/subjects/s/versions", INT)
    refusal = (422, 42205, "Cannot import since found existing subjects")
    assert api.refusal("PUT", path, {"mode": "IMPORT"}) == refusal
    assert api("PUT", path + "?force=true", {"mode": "IMPORT"})[0] == 200
    api("PUT", path, {"mode": "READWRITE"})
    api("DELETE", "/subjects/s")
    assert api("PUT", path, {"mode": "IMPORT"}) == (200, {"mode": "IMPORT"})
    assert api("GET", "/subjects?deleted=true") == (200, [])  # what was soft-deleted is forgotten


def test_an_imported_id_of_a_forgotten_schema_means_the_new_one(api: Any) -> None:
    api.register("s", "int")
    api.register("s", "long")  # judged against the first
    api("DELETE", "/subjects/s")
    api("PUT", "/mode/s", {"mode": "IMPORT"})
    assert api("POST", "/subjects/s/versions", {"schema": '"string"', "id": 1, "version": 1}) == (200, {"id": 1})
    api("PUT", "/mode/s", {"mode": "READWRITE"})
    assert api("GET", "/schemas/ids/1") == (200, {"schema": '"string"'})
    assert api.register("s", "bytes") == 3  # judged against string, not against what the id once was
