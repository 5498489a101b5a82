"""Manifests: what is read, what is refused, and which numbers a quantity stands for."""

from decimal import Decimal

import pytest
import yaml

from gridctl.errors import UsageProblem
from gridctl.scaling.hpa import parse_hpa, quantity

MANIFEST = """
apiVersion: v1
kind: Service
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: process}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: process}
  minReplicas: 2
  maxReplicas: 12
  metrics:
  - type: External
    external:
      metric: {name: kafka_consumergroup_lag, selector: {matchLabels: {consumergroup: process}}}
      target: {type: AverageValue, averageValue: "1500m"}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 600, policies: [{type: Pods, value: 1, periodSeconds: 60}]}
"""


def test_a_manifest_is_read_among_other_objects() -> None:
    hpa = parse_hpa(yaml.safe_load_all(MANIFEST), "hpa.yaml")
    assert (hpa.min_replicas, hpa.max_replicas, hpa.target.milli) == (2, 12, 1500)
    assert hpa.behavior is not None
    assert hpa.behavior.scale_up.policies is None
    assert hpa.behavior.scale_down.stabilization_window_seconds == 600


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minReplicas: 2", "minReplicas: 20", "minReplicas 20 is above maxReplicas 12"),
        ("minReplicas: 2", "minReplica: 2", "spec.minReplica: Extra inputs"),
        ("stabilizationWindowSeconds: 600", "stabilizationWindowSeconds: 3601", "stabilizationWindowSeconds"),
        ("periodSeconds: 60", "periodSeconds: 0", "periodSeconds"),
        ("type: Pods", "type: Pod", "type"),
        ('averageValue: "1500m"', "averageValue: 1x", "not a quantity"),
        ('averageValue: "1500m"', "value: 3", "needs that value"),
        ('averageValue: "1500m"', "averageValue: 0", "above zero"),
        ("autoscaling/v2", "autoscaling/v1", "apiVersion is autoscaling/v1"),
        ("kind: Service", "kind: HorizontalPodAutoscaler", "holds 2 objects"),
        ("kind: HorizontalPodAutoscaler", "kind: Deployment", "holds 0 objects"),
        ("- type: External\n    external:", "- type: Resource\n    resource:", "one metric, of type External"),
    ],
)
def test_what_would_not_apply_is_refused(old: str, new: str, said: str) -> None:
    assert old in MANIFEST
    with pytest.raises(UsageProblem, match=f"hpa.yaml: .*{said}"):
        parse_hpa(yaml.safe_load_all(MANIFEST.replace(old, new)), "hpa.yaml")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500", 500), (500, 500), ("1500m", "1.5"), ("1k", 1000), ("2Ki", 2048), ("1e3", 1000), ("1E", 10**18),
        ("0.5", "0.5"), (".5G", 500_000_000), ("5n", "0.000000005"), ("1u", "0.000001"),
    ],
)  # fmt: skip
def test_quantities(text: object, number: object) -> None:
    assert quantity(text) == Decimal(str(number))


@pytest.mark.parametrize("text", ["", "1K", "1 k", "ki", "1kk", "0x1", "1e", "nan", "\u0661", True, None, [1]])
def test_what_is_no_quantity(text: object) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        quantity(text)
