"""Options that say what a HorizontalPodAutoscaler holds, and the values that come of them."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gridctl.scaling.hpa import Hpa

Values = Annotated[
    str | None,
    typer.Option("--values", metavar="FILE", help="A HorizontalPodAutoscaler (YAML, autoscaling/v2); - is stdin."),
]
Min = Annotated[int | None, typer.Option("--min", min=0, help="minReplicas, instead of --values.")]
Max = Annotated[int | None, typer.Option("--max", min=1, help="maxReplicas, instead of --values.")]
TargetLag = Annotated[int | None, typer.Option("--target", min=1, help="Lag a pod, instead of --values.")]


def hpa_of(values: str | None, partitions: int, minimum: int | None, maximum: int | None, target: int | None) -> "Hpa":
    """Return the values of the file, else those recommended for that many partitions, with the changes of the call."""
    from gridctl.cli.files import yaml_documents
    from gridctl.scaling.hpa import changed, parse_hpa, recommended

    hpa = recommended(partitions) if values is None else parse_hpa(yaml_documents(values), values)
    return changed(hpa, minimum, maximum, target)
