"""What `ci/slo.toml` declares: what is promised over a rolling window, and how it is measured.

Indicators are ratios of bad to all: of events (a histogram's, or two counters'), or of time (the lag). Metrics and
attributes have the names of `gridctl/runtime/telemetry/names.py`; one that nothing exports is refused.
"""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from gridctl.contracts.declared import Declared
from gridctl.runtime.telemetry.names import METRICS, Metric
from gridctl.slo.burn import BURNS, budget_factor

_METRICS = {metric.name: metric for metric in METRICS}


def _histogram(name: str) -> str:
    if name not in _METRICS or not _METRICS[name].bounds_s:
        raise ValueError(f"{name} is no histogram that gridctl exports")
    return name


class Objective(Declared):
    """One promise. `target` is the share that is to be good."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    why: Annotated[str, Field(min_length=1)]
    target: Annotated[float, Field(gt=0, lt=1)]

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return 1 - self.target


class Latency(Objective):
    """Events that took at most `within_s`, of all. It is one of the bounds: nothing is known between two."""

    metric: str
    within_s: float
    match: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _measurable(self) -> "Latency":
        metric = self.measured
        if self.within_s not in metric.bounds_s:
            bounds = ", ".join(f"{bound:g}" for bound in metric.bounds_s)
            raise ValueError(f"within_s {self.within_s:g} is none of the bounds of {metric.name}: {bounds}")
        if strangers := set(self.match) - set(metric.attributes):
            raise ValueError(f"{metric.name} has no attribute {min(strangers)}")
        return self

    @field_validator("metric")
    @classmethod
    def _exported(cls, name: str) -> str:
        return _histogram(name)

    @property
    def measured(self) -> Metric:
        """The histogram."""
        return _METRICS[self.metric]


class Ratio(Objective):
    """Records that are not among the bad, of all."""

    bad: str
    total: str

    @field_validator("bad", "total")
    @classmethod
    def _exported(cls, name: str) -> str:
        if name not in _METRICS or _METRICS[name].bounds_s:
            raise ValueError(f"{name} is no counter that gridctl exports")
        return name

    @property
    def counters(self) -> tuple[Metric, Metric]:
        """The bad and all."""
        return _METRICS[self.bad], _METRICS[self.total]


class Lag(Objective):
    """Time in which the lag of a group was known and within its bounds; where nothing is measured, time is bad."""

    group: Annotated[str, Field(min_length=1, pattern=r'^[^"\\\n]+$')]
    within_s: Annotated[float, Field(gt=0)] | None = None
    within_records: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Lag":
        if self.within_s is None and self.within_records is None:
            raise ValueError("needs within_s, within_records or both")
        return self


class Slos(Declared):
    """The whole file."""

    window_days: Annotated[int, Field(ge=7, le=90)]
    latency: list[Latency] = Field(default_factory=list)
    lag: list[Lag] = Field(default_factory=list)
    ratio: list[Ratio] = Field(default_factory=list)

    @model_validator(mode="after")
    def _tellable(self) -> "Slos":
        names = [each.name for each in self.objectives]
        if not names:
            raise ValueError("declares no objective")
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"the objective {min(twice)} is declared twice")
        factor = max(budget_factor(burn, self.window_s) for burn in BURNS)
        for each in self.objectives:
            if factor * each.budget >= 1:
                raise ValueError(
                    f"{each.name}: target must be above {1 - 1 / factor:.3f}: else no fast burn could be seen"
                )
        return self

    @property
    def objectives(self) -> list[Latency | Lag | Ratio]:
        """All of them: latencies, lags, ratios, each in the order of the file."""
        return [*self.latency, *self.lag, *self.ratio]

    @property
    def window_s(self) -> int:
        """The window in seconds."""
        return self.window_days * 86_400
