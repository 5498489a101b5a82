"""`gridctl scale rules`: manifests for those who scale on the lag."""

from enum import StrEnum
from typing import Annotated

import typer

from gridctl.cli.commands.scale.values import Max, Min, TargetLag, Values, hpa_of
from gridctl.errors import UsageProblem


class Kind(StrEnum):
    """Who scales."""

    HPA = "hpa"
    PROMETHEUS_ADAPTER = "prometheus-adapter"
    KEDA = "keda"


KindName = Annotated[Kind, typer.Argument(metavar="|".join(Kind), help="What is to be written.", show_default=False)]
Group = Annotated[str, typer.Option("--group", help="The consumer group whose lag counts.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only the lag on this topic.")]
Deployment = Annotated[str, typer.Option("--deployment", help="The Deployment that is scaled.")]
Prometheus = Annotated[
    str | None, typer.Option("--prometheus", metavar="URL", help="The Prometheus that KEDA asks; needed for keda.")
]


def rules(
    kind: KindName,
    *,
    group: Group = "gridstream.process",
    topic: Topic = None,
    deployment: Deployment = "process",
    values: Values = None,
    minimum: Min = None,
    maximum: Max = None,
    target: TargetLag = None,
    prometheus: Prometheus = None,
) -> None:
    """Write the manifest of an autoscaler on the lag, as YAML. Lag that is not known holds the replicas.

    All three take `kafka_consumergroup_lag` of `gridctl lag serve` for the same number. Set --max to the partitions:
    more pods have nothing to do. What comes out goes into `gridctl scale simulate`.

        $ gridctl scale rules hpa --max 12 | gridctl scale simulate --values - --scenario demand-response
    """
    from gridctl.cli.output import print_data
    from gridctl.scaling.rules import Workload, adapter_rules, hpa_manifest, scaled_object

    if kind is Kind.PROMETHEUS_ADAPTER:
        print_data(adapter_rules(), "yaml")
        return
    if values is None and maximum is None:
        raise UsageProblem(f"{kind} needs a maximum of pods", next_step="--max N, the partitions of the topics")
    hpa = hpa_of(values, maximum or 1, minimum, maximum, target)
    workload = Workload(deployment, group, topic)
    if kind is Kind.HPA:
        print_data(hpa_manifest(hpa, workload), "yaml")
    elif prometheus is None:
        raise UsageProblem("KEDA asks a Prometheus", next_step="name it: --prometheus http://HOST:9090")
    else:
        print_data(scaled_object(hpa, workload, prometheus), "yaml")
