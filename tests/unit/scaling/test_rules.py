"""What is written for other autoscalers: valid where its schema is published, and the same number for all."""

import re
from importlib import import_module

import pytest

from gridctl.errors import UsageProblem
from gridctl.lag.series import lag_query
from gridctl.scaling.hpa import changed, parse_hpa, recommended
from gridctl.scaling.rules import Workload, adapter_rules, hpa_manifest, scaled_object

WORKLOAD = Workload("process", "gridstream.process", "iot.thermostat")
HPA = recommended(12)


@pytest.mark.parametrize("version", ["1.29", "1.35"])
def test_kubernetes_takes_the_manifest(version: str) -> None:
    import_module("kubernetes_validate").validate(hpa_manifest(HPA, WORKLOAD), version, strict=True)


def test_what_is_written_is_what_the_simulation_reads() -> None:
    assert parse_hpa([hpa_manifest(HPA, WORKLOAD)], "x") == HPA


def test_keda_has_the_same_values_and_never_takes_unknown_for_zero() -> None:
    spec = scaled_object(HPA, WORKLOAD, "http://prometheus:9090")["spec"]
    manifest = hpa_manifest(HPA, WORKLOAD)["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (manifest["minReplicas"], manifest["maxReplicas"])
    assert spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == manifest["behavior"]
    assert spec["fallback"] == {"failureThreshold": 3, "replicas": 12, "behavior": "currentReplicas"}
    assert "idleReplicaCount" not in spec
    (trigger,) = spec["triggers"]
    assert (trigger["type"], trigger["metricType"]) == ("prometheus", "AverageValue")
    assert trigger["metadata"]["threshold"] == manifest["metrics"][0]["external"]["target"]["averageValue"] == "5000"
    assert trigger["metadata"]["ignoreNullValues"] == "false"
    assert all(isinstance(value, str) for value in trigger["metadata"].values())


def test_all_ask_the_same_query() -> None:
    """The adapter puts the series and the selector of the manifest into its template."""
    (rule,) = adapter_rules()["externalRules"]
    asked = hpa_manifest(HPA, WORKLOAD)["spec"]["metrics"][0]["external"]["metric"]
    assert re.fullmatch(rule["name"]["matches"], asked["name"])
    matchers = ",".join(f'{name}="{value}"' for name, value in asked["selector"]["matchLabels"].items())
    filled = rule["metricsQuery"].replace("<<.Series>>", rule["name"]["as"]).replace("<<.LabelMatchers>>", matchers)
    (trigger,) = scaled_object(HPA, WORKLOAD, "http://prometheus:9090")["spec"]["triggers"]
    assert filled == trigger["metadata"]["query"] == lag_query(asked["name"], matchers)
    assert rule["resources"] == {"namespaced": False}


def test_without_a_topic_the_whole_group_counts() -> None:
    metric = hpa_manifest(HPA, Workload("process", "g"))["spec"]["metrics"][0]["external"]["metric"]
    assert metric["selector"] == {"matchLabels": {"consumergroup": "g"}}


def test_nobody_scales_to_zero() -> None:
    none = changed(HPA, 0, None, None)
    with pytest.raises(UsageProblem, match="a minimum of 0 pods"):
        hpa_manifest(none, WORKLOAD)
    with pytest.raises(UsageProblem, match="a minimum of 0 pods"):
        scaled_object(none, WORKLOAD, "http://p")


@pytest.mark.parametrize("group", ["", "a b", "g" * 64, '"', "-g", "grüppe"])
def test_a_group_that_no_selector_can_name_is_refused(group: str) -> None:
    with pytest.raises(UsageProblem, match="cannot be a label's value"):
        Workload("process", group)
