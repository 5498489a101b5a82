"""The External Metrics API: the right quantity, and an error in place of every number that might be too low."""

import json
from typing import Any

import pytest

from gridctl.lag.samples import Sample
from gridctl.lag.series import LAG
from gridctl.scaling.external.api import GROUP_VERSION, quantity, reply

BASE = f"/apis/{GROUP_VERSION}"


def sample(value: float | None, cause: str = "", /, **labels: str) -> Sample:
    return Sample(LAG, labels, value, 1_700_000_000_999, cause)


def of(group: str, partition: int, value: float | None, cause: str = "") -> Sample:
    return sample(value, cause, consumergroup=group, topic="t", partition=str(partition))


SOUND = [of("g", 0, 30), of("g", 1, 5), of("h", 0, 7)]


def ask(
    selector: str | None, found: list[Sample] = SOUND, problem: str | None = None, name: str = LAG
) -> tuple[int, Any]:
    query = {} if selector is None else {"labelSelector": [selector]}
    status, document = reply(f"{BASE}/namespaces/default/{name}", query, found, problem, str)
    return status, json.loads(json.dumps(document))


def values(selector: str | None, found: list[Sample] = SOUND) -> list[str]:
    status, document = ask(selector, found)
    assert status == 200, document
    return [item["value"] for item in document["items"]]


def test_the_values_that_a_selector_matches() -> None:
    assert values("consumergroup=g") == ["30", "5"]
    assert values("consumergroup in (g,h),partition=0") == ["30", "7"]
    assert values(None) == ["30", "5", "7"]
    status, document = ask("consumergroup=h")
    assert (status, document) == (
        200,
        {
            "kind": "ExternalMetricValueList",
            "apiVersion": "external.metrics.k8s.io/v1beta1",
            "metadata": {},
            "items": [
                {
                    "metricName": LAG,
                    "metricLabels": {"consumergroup": "h", "topic": "t", "partition": "0"},
                    "timestamp": "1700000000999",
                    "value": "7",
                }
            ],
        },
    )


@pytest.mark.parametrize(
    ("selector", "found", "status", "reason", "words"),
    [
        ("consumergroup=g", [of("g", 0, 30), of("g", 1, None, "broker 2 is away")], 503, "ServiceUnavailable", "away"),
        ("consumergroup=g", [of("g", 0, 30), sample(None, "no answer", consumergroup="g")], 503, None, "no answer"),
        ("topic=t", [of("g", 0, 30), sample(None, "no answer", consumergroup="h")], 503, None, "consumergroup h"),
        ("topic=t", [*SOUND, sample(None, "groups are missing")], 503, None, "groups are missing"),
        ("consumergroup=x", [*SOUND, sample(None, "groups are missing")], 503, None, "groups are missing"),
        ("consumergroup=x", SOUND, 404, "NotFound", "no kafka_consumergroup_lag matches"),
        ("consumergroup=g", [], 404, "NotFound", "matches"),
        ("a in b", SOUND, 400, "BadRequest", "a in b"),
    ],
)
def test_what_is_not_known_or_not_there_is_an_error_and_never_zero(
    selector: str, found: list[Sample], status: int, reason: str | None, words: str
) -> None:
    code, document = ask(selector, found)
    assert code == status
    assert words in document["message"]
    assert (document["kind"], document["status"], document["code"]) == ("Status", "Failure", status)
    assert reason in {None, document["reason"]}


def test_what_is_unknown_elsewhere_does_not_matter() -> None:
    found = [*SOUND, of("other", 0, None, "away"), sample(None, "away", consumergroup="third"), sample(None, "missing")]
    assert values("consumergroup=g", found) == ["30", "5"]
    assert values("consumergroup in (g,h)", found) == ["30", "5", "7"]
    assert ask("consumergroup in (g,x)", found)[0] == 503
    assert values("partition=0,consumergroup=g", [*SOUND, of("g", 1, None, "away")]) == ["30"]


def test_without_a_measurement_to_go_by_everything_is_an_error() -> None:
    status, document = ask("consumergroup=g", [], "the lag was last measured 61 s ago")
    assert (status, document["reason"]) == (503, "ServiceUnavailable")
    assert "61 s ago" in document["message"]


def test_a_metric_that_there_is_not() -> None:
    status, document = ask("a=b", name="nothing")
    assert (status, document["reason"]) == (404, "NotFound")
    assert LAG in document["message"]


def test_discovery() -> None:
    groups = reply("/apis", {}, [], None, str).document
    group = reply("/apis/external.metrics.k8s.io", {}, [], None, str).document
    resources = reply(f"{BASE}/", {}, [], None, str).document
    assert [each["name"] for each in groups["groups"]] == [group["name"]] == ["external.metrics.k8s.io"]
    assert group["preferredVersion"]["groupVersion"] == resources["groupVersion"] == GROUP_VERSION
    named = {each["name"]: each for each in resources["resources"]}
    assert named[LAG] == {
        "name": LAG,
        "singularName": "",
        "namespaced": True,
        "kind": "ExternalMetricValueList",
        "verbs": ["get"],
    }
    assert reply("/openapi/v2", {}, [], None, str).document["swagger"] == "2.0"
    assert reply("/openapi/v3", {}, [], None, str).document == {"paths": {}}
    for path in ("/", "/apis/apps", f"{BASE}/namespaces/default", "/api/v1/pods", f"{BASE}/namespaces/a/b/c"):
        status, document = reply(path, {}, [], None, str)
        assert (status, document["reason"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (12, "12"), (3.2, "3200m"), (0.0001, "1m"), (1.0, "1"), (10**15, "1000000000000000")]
)
def test_quantities(value: float, text: str) -> None:
    assert quantity(value) == text
