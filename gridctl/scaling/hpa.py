"""The part of an `autoscaling/v2` HorizontalPodAutoscaler that decides how many replicas there are.

Names and defaults are those of the published API (kubernetes/kubernetes pkg/apis/autoscaling/v2/defaults.go). A value
that the API server would refuse is refused here too: a manifest that never applies must not pass a gate.
"""

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from gridctl.errors import UsageProblem
from gridctl.lag.series import LAG

KIND = "HorizontalPodAutoscaler"

_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def quantity(value: object) -> Decimal:
    """Return the number that a Kubernetes quantity stands for (`1500m`, `1k`, `2Ki`, `3`); ValueError for others."""
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, int | float | str | Decimal) else None
    if found is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a quantity such as 500, 1500m or 1k")
    number, exponent, suffix = found.groups(default="")
    if suffix in _BINARY:
        return Decimal(number) * Decimal(1024) ** _BINARY[suffix]
    return Decimal(number).scaleb(int(exponent or _DECIMAL[suffix]))


Quantity = Annotated[Decimal, BeforeValidator(quantity), Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)


class Policy(_Part):
    """How much may change within a period: a number of pods, or a percentage of those at the period's start."""

    type: Literal["Pods", "Percent"]
    value: Annotated[int, Field(gt=0)]
    period_seconds: Annotated[int, Field(gt=0, le=1800)]


class Rules(_Part):
    """One direction of `behavior`. What is None takes the API's default for that direction."""

    stabilization_window_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    select_policy: Literal["Max", "Min", "Disabled"] = "Max"
    policies: Annotated[list[Policy], Field(min_length=1)] | None = None
    tolerance: Quantity | None = None


class Behavior(_Part):
    """Both directions; the API server fills in the one that is not there."""

    scale_up: Rules = Rules()
    scale_down: Rules = Rules()


class Target(_Part):
    """What the lag is held against: `AverageValue` by pod, `Value` for the whole group."""

    type: Literal["AverageValue", "Value"]
    average_value: Quantity | None = None
    value: Quantity | None = None

    @model_validator(mode="after")
    def _one_value(self) -> "Target":
        given, other = (
            (self.average_value, self.value) if self.type == "AverageValue" else (self.value, self.average_value)
        )
        if not given or other is not None:
            raise ValueError(f"type {self.type} needs that value, above zero, and no other")
        return self

    @property
    def number(self) -> Decimal:
        """The one value that is given."""
        return self.average_value or self.value or Decimal()

    @property
    def milli(self) -> int:
        """The target in thousandths, rounded up as the controller does."""
        return math.ceil(self.number * 1000)


class Hpa(_Part):
    """What the simulation needs of a HorizontalPodAutoscaler. Without `behavior` the older, fixed limits hold."""

    min_replicas: Annotated[int, Field(ge=0)] = 1
    max_replicas: Annotated[int, Field(gt=0)]
    target: Target
    behavior: Behavior | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Hpa":
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"minReplicas {self.min_replicas} is above maxReplicas {self.max_replicas}")
        return self


_UP = [Policy(type="Pods", value=4, period_seconds=15), Policy(type="Percent", value=100, period_seconds=15)]
_DOWN = [Policy(type="Percent", value=100, period_seconds=15)]


def up_policies(rules: Rules) -> list[Policy]:
    """Return the policies that hold for scaling up."""
    return _UP if rules.policies is None else rules.policies


def down_policies(rules: Rules) -> list[Policy]:
    """Return the policies that hold for scaling down."""
    return _DOWN if rules.policies is None else rules.policies


def recommended(max_replicas: int) -> Hpa:
    """Return the values that `scale rules hpa` writes: up fast, down slowly, for each change pauses the whole group."""
    up = Rules(policies=[Policy(type="Percent", value=100, period_seconds=60)])
    down = Rules(stabilization_window_seconds=600, policies=[Policy(type="Percent", value=50, period_seconds=300)])
    return Hpa(
        min_replicas=min(2, max_replicas),
        max_replicas=max_replicas,
        target=Target(type="AverageValue", average_value=Decimal(5000)),
        behavior=Behavior(scale_up=up, scale_down=down),
    )


def changed(hpa: Hpa, minimum: int | None, maximum: int | None, target: int | None) -> Hpa:
    """Return the same with these values instead, where they are given; UsageProblem where they do not fit together."""
    average = None if target is None else Target(type="AverageValue", average_value=Decimal(target))
    given = {"min_replicas": minimum, "max_replicas": maximum, "target": average}
    try:
        return Hpa(**{**dict(hpa), **{name: value for name, value in given.items() if value is not None}})
    except ValidationError as error:
        raise UsageProblem(error.errors()[0]["msg"], next_step="change --min or --max") from error


def parse_hpa(documents: Iterable[object], where: str) -> Hpa:
    """Return the one HorizontalPodAutoscaler among the documents of a file; UsageProblem says what is wrong with it."""
    found = [document for document in documents if isinstance(document, Mapping) and document.get("kind") == KIND]
    if len(found) != 1:
        raise UsageProblem(
            f"{where}: holds {len(found)} objects of kind {KIND}", next_step="give a file that holds the one to judge"
        )
    if found[0].get("apiVersion") != "autoscaling/v2":
        raise UsageProblem(f"{where}: apiVersion is {found[0].get('apiVersion')}", next_step="write autoscaling/v2")
    spec = found[0].get("spec")
    if not isinstance(spec, Mapping):
        raise UsageProblem(f"{where}: has no spec")
    kept = {key: value for key, value in spec.items() if key not in ("scaleTargetRef", "metrics")}
    try:
        return Hpa.model_validate({**kept, "target": _lag_target(spec.get("metrics"), where)})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageProblem(f"{where}: spec{f'.{place}' if place else ''}: {first['msg']}") from error


def _lag_target(metrics: object, where: str) -> Any:
    """Return the target of the one external metric. With a second metric lag alone would not say what happens."""
    listed = metrics if isinstance(metrics, list) else []
    if len(listed) != 1 or not isinstance(listed[0], Mapping) or not isinstance(listed[0].get("external"), Mapping):
        raise UsageProblem(
            f"{where}: spec.metrics must hold one metric, of type External, to be simulated",
            next_step=f"judge the scaling on {LAG} alone",
        )
    return listed[0]["external"].get("target")
