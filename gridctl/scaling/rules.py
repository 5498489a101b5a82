"""Manifests that scale a workload on the lag of a consumer group, all three with one meaning of the number.

What is not known holds the replicas: the query of Prometheus answers nothing while a partition of the group is UNKNOWN
or the measurement is old, instead of the sum of what is left. Sources: prometheus-adapter docs/externalmetrics.md; KEDA
scalers/prometheus and scaledobject-spec (2.20); the HorizontalPodAutoscaler takes an error for "do not scale".
"""

import re
from dataclasses import dataclass
from typing import Any

from gridctl.errors import UsageProblem
from gridctl.lag.series import LAG, lag_query
from gridctl.scaling.hpa import KIND, Hpa

_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Workload:
    """What is scaled, and on which lag: that of a group on all of its topics, or on one. UsageProblem for odd names."""

    deployment: str
    group: str
    topic: str | None = None

    def __post_init__(self) -> None:
        for name, value in self.labels.items():
            if not _LABEL_VALUE.fullmatch(value):
                raise UsageProblem(
                    f"the {name} {value!r} cannot be a label's value in Kubernetes",
                    next_step="use at most 63 letters, digits, dots, dashes and underscores",
                )

    @property
    def labels(self) -> dict[str, str]:
        """The labels that select the lag."""
        return {"consumergroup": self.group} | ({"topic": self.topic} if self.topic is not None else {})


def hpa_manifest(hpa: Hpa, workload: Workload) -> dict[str, Any]:
    """Return one that asks the External Metrics API: `gridctl lag serve`, or prometheus-adapter with `adapter_rules`.

    UsageProblem where it could scale to zero.
    """
    _require_pods(hpa)
    metric = {"name": LAG, "selector": {"matchLabels": workload.labels}}
    target = hpa.target.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        "apiVersion": "autoscaling/v2",
        "kind": KIND,
        "metadata": {"name": workload.deployment},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.deployment},
            "minReplicas": hpa.min_replicas,
            "maxReplicas": hpa.max_replicas,
            "metrics": [{"type": "External", "external": {"metric": metric, "target": target}}],
            **_behavior(hpa),
        },
    }


def scaled_object(hpa: Hpa, workload: Workload, prometheus_url: str) -> dict[str, Any]:
    """Return a KEDA ScaledObject on the same series; UsageProblem where it could scale to zero.

    KEDA's own kafka trigger has another arithmetic: a partition without a commit counts 1 or 0, and
    `excludePersistentLag` hides a stuck one.
    """
    _require_pods(hpa)
    matchers = ",".join(f'{name}="{value}"' for name, value in workload.labels.items())
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": workload.deployment},
        "spec": {
            "scaleTargetRef": {"name": workload.deployment},
            "pollingInterval": 15,
            "minReplicaCount": hpa.min_replicas,
            "maxReplicaCount": hpa.max_replicas,
            # Older versions do not know `behavior` and take `replicas`: too many pods are better than too few.
            "fallback": {"failureThreshold": 3, "replicas": hpa.max_replicas, "behavior": "currentReplicas"},
            "advanced": {"horizontalPodAutoscalerConfig": _behavior(hpa)},
            "triggers": [
                {
                    "type": "prometheus",
                    "metricType": hpa.target.type,
                    "metadata": {
                        "serverAddress": prometheus_url,
                        "query": lag_query(LAG, matchers),
                        "threshold": f"{hpa.target.number:f}",
                        "ignoreNullValues": "false",  # by default no answer counts as 0
                    },
                }
            ],
        },
    }


def adapter_rules() -> dict[str, Any]:
    """Return the external rules of prometheus-adapter."""
    return {
        "externalRules": [
            {
                "seriesQuery": f'{{__name__="{LAG}",consumergroup!=""}}',
                "resources": {"namespaced": False},
                "name": {"matches": f"^{LAG}$", "as": LAG},
                "metricsQuery": lag_query("<<.Series>>", "<<.LabelMatchers>>"),
            }
        ]
    }


def _require_pods(hpa: Hpa) -> None:
    if hpa.min_replicas == 0:
        raise UsageProblem(
            "a minimum of 0 pods: without a consumer nothing is applied or refused",
            next_step="set --min 1 or more",
        )


def _behavior(hpa: Hpa) -> dict[str, Any]:
    if hpa.behavior is None:
        return {}
    return {"behavior": hpa.behavior.model_dump(mode="json", by_alias=True, exclude_none=True)}
