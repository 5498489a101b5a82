import json
from typing import Any

import httpx
import pytest

V1 = "application/vnd.schemaregistry.v1+json"
PLAIN = "application/vnd.schemaregistry+json"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, V1),
        ("*/*", V1),
        ("*", V1),
        ("application/*", V1),
        ("*/does_not_matter", V1),
        ("application/json", "application/json"),
        (PLAIN, PLAIN),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", V1),
        (f"application/vnd.schemaregistry.v2+json; q=0.1, {PLAIN}; q=0.9", PLAIN),
        (f"application/json; q=0.9, {V1}; q=0.1", "application/json"),
    ],
)
def test_the_answer_has_the_media_type_that_the_client_likes_best(
    api: Any, accept: str | None, media_type: str
) -> None:
    headers = {} if accept is None else {"accept": accept}
    request = api.client.build_request("GET", "/subjects", headers=headers)
    if accept is None:
        del request.headers["accept"]
    response = api.client.send(request)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize(
    "accept",
    ["application/vnd.schemaregistry.v2+json", "text/*", "application/octet-stream", f"{V1}; q=0", f"{V1}; q=x"],
)
def test_no_media_type_that_the_client_takes(api: Any, accept: str) -> None:
    response = api.client.get("/subjects", headers={"accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (406, V1)
    assert response.json() == {"error_code": 406, "message": "HTTP 406 Not Acceptable"}


@pytest.mark.parametrize(
    "content_type",
    [V1, PLAIN, "application/json", "application/octet-stream", f"{V1}; charset=utf-8", "APPLICATION/JSON"],
)
def test_media_types_of_bodies(api: Any, content_type: str) -> None:
    response = api.client.put("/config", content='{"compatibility":"NONE"}', headers={"content-type": content_type})
    assert (response.status_code, response.headers["content-type"]) == (200, V1)


def test_a_body_without_media_type_and_one_in_another_charset(api: Any) -> None:
    assert api.client.put("/config", content=b'{"compatibility":"NONE"}').status_code == 200
    utf_16 = '{"compatibility":"FULL"}'.encode("utf-16")
    response = api.client.put("/config", content=utf_16, headers={"content-type": f"{V1}; charset=utf-16"})
    assert response.json() == {"compatibility": "FULL"}


@pytest.mark.parametrize("content_type", ["text/html", "application/xml", f"{V1}; charset=nonsense"])
def test_a_media_type_that_is_not_taken(api: Any, content_type: str) -> None:
    response = api.client.put("/config", content='{"compatibility":"NONE"}', headers={"content-type": content_type})
    assert (response.status_code, response.headers["content-type"]) == (415, V1)
    assert response.json() == {"error_code": 415, "message": "HTTP 415 Unsupported Media Type"}


@pytest.mark.parametrize("path", ["/subjects/s", "/subjects/s/versions", "/compatibility/subjects/s/versions"])
def test_bodies_of_a_wrong_shape(api: Any, path: str) -> None:
    unknown = (422, 422, "Unrecognized field: invalid_field")
    assert api.refusal("POST", path, {"invalid_field": 1}) == unknown
    assert api.refusal("POST", path, {"schema": '"int"', "invalid_field": 1}) == unknown
    assert api.refusal("POST", path, "invalid") == (500, 500, "Internal Server Error")
    assert api.refusal("POST", path, [1]) == (500, 500, "Internal Server Error")
    assert api.refusal("POST", path, {"schema": {"type": "int"}})[:2] == (400, 400)
    assert api.refusal("POST", path, {"schema": '"int"', "version": True})[:2] == (400, 400)
    assert api.refusal("POST", path)[:2] == (422, 422)
    unsupported = {"schema": '"int"', "metadata": {"properties": {"a": "b"}}}
    assert api.refusal("POST", path, unsupported) == (422, 422, "Field not supported by this registry: metadata")


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b'{"schema": "\\ud800'])
def test_bodies_that_are_no_json(api: Any, content: bytes) -> None:
    response = api.client.post("/subjects/s/versions", content=content, headers={"content-type": V1})
    assert (response.status_code, response.json()["error_code"]) == (400, 400)


def test_a_lone_surrogate_in_a_schema_does_no_harm(api: Any) -> None:
    content = json.dumps({"schema": '{"type":"string","x":"\\ud800"}'})
    response = api.client.post("/subjects/s/versions", content=content, headers={"content-type": V1})
    assert response.status_code in (200, 422)
    assert api("GET", "/subjects")[0] == 200


def test_a_body_over_the_bound_is_not_read_on(api: Any) -> None:
    response = api.client.put("/config", content=b" " * (9 * 1024 * 1024), headers={"content-type": V1})
    assert (response.status_code, response.json()["error_code"]) == (413, 413)


@pytest.mark.parametrize(
    "path", ["/nonsense", "/subjects/s/nonsense", "/subjects/s/versions/1/nonsense", "/schemas/ids"]
)
def test_a_path_that_is_not_there(api: Any, path: str) -> None:
    assert api.refusal("GET", path) == (404, 404, "HTTP 404 Not Found")


def test_a_method_that_is_not_there(api: Any) -> None:
    assert api.refusal("PUT", "/subjects") == (405, 405, "HTTP 405 Method Not Allowed")
    assert api.refusal("GET", "/subjects/s") == (405, 405, "HTTP 405 Method Not Allowed")


def test_small_resources(api: Any) -> None:
    assert api("GET", "/") == (200, {})
    assert api("GET", "") == (200, {})
    assert api("GET", "/contexts") == (200, ["."])
    status, document = api("GET", "/v1/metadata/id")
    assert (status, sorted(document)) == (200, ["id", "scope"])
    assert api("GET", "/v1/metadata/version")[0] == 200


def test_the_default_context_is_the_same_as_none(api: Any) -> None:
    api.register("%3A.%3As", "int")
    assert api("GET", "/subjects") == (200, ["s"])


def test_a_store_that_fails_says_so_and_acknowledges_nothing(switch: Any) -> None:
    from gridctl.local.registry.app import build
    from gridctl.local.registry.store import Store

    target, url = switch
    store = Store(None)
    target.app = build(store)
    store.close()
    response = httpx.post(f"{url}/subjects/s/versions", json={"schema": '"int"'})
    assert response.status_code == 500
    assert response.json() == {"error_code": 50001, "message": "Error in the backend data store"}
