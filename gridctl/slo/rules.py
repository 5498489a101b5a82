"""Recording and alerting rules of Prometheus for the objectives."""

from collections.abc import Iterator
from typing import Any

from gridctl.slo.burn import BURNS, WINDOWS_S, Burn, budget_factor, duration
from gridctl.slo.model import Lag, Latency, Objective, Ratio, Slos
from gridctl.slo.promql import LAG_BAD, error_ratio, lag_is_bad

RUNBOOK = "docs/runbooks/slo-burn.md"
_LONG_S = 6 * 3600
_LONG_INTERVAL = "2m"
"""Wide windows change slowly and cost much; every two minutes, for after five Prometheus takes a value for stale."""


def recorded(window_s: int) -> str:
    """Return the series that holds the share that was bad within a window, by `slo`."""
    return f"slo:sli_error:ratio_rate{duration(window_s)}"


def rule_groups(slos: Slos) -> dict[str, Any]:
    """Return the document of a rule file."""
    windows = [*WINDOWS_S, slos.window_s]
    short = [window for window in windows if window < _LONG_S]
    long = [window for window in windows if window >= _LONG_S]
    return {
        "groups": [
            {"name": "gridstream-slo", "rules": [*_declared(slos), *_lags(slos), *_ratios(slos, short)]},
            {"name": "gridstream-slo-long", "interval": _LONG_INTERVAL, "rules": list(_ratios(slos, long))},
            {"name": "gridstream-slo-alerts", "rules": list(_alerts(slos))},
        ]
    }


def _declared(slos: Slos) -> Iterator[dict[str, Any]]:
    for each in slos.objectives:
        yield {"record": "slo:objective:ratio", "expr": f"vector({each.target:g})", "labels": {"slo": each.name}}


def _lags(slos: Slos) -> Iterator[dict[str, Any]]:
    for each in slos.lag:
        yield {"record": LAG_BAD, "expr": lag_is_bad(each), "labels": {"slo": each.name}}


def _ratios(slos: Slos, windows: list[int]) -> Iterator[dict[str, Any]]:
    for each in slos.objectives:
        for window_s in windows:
            expression = error_ratio(each, window_s, has_rules=True)
            yield {"record": recorded(window_s), "expr": expression, "labels": {"slo": each.name}}


def _alerts(slos: Slos) -> Iterator[dict[str, Any]]:
    for each in slos.objectives:
        for burn in BURNS:
            yield _burn_alert(each, burn, slos)
        yield {
            "alert": "SloNotMeasured",
            "expr": f"absent({_of(recorded(3600), each)})",
            "for": "15m",
            "labels": {"severity": "ticket", "slo": each.name},
            "annotations": {
                "summary": f"{each.name}: nothing was measured for an hour",
                "description": "Nothing came in, or nobody exports or scrapes it. What is not known is not good.",
                "runbook": RUNBOOK,
            },
        }


def _burn_alert(objective: Latency | Lag | Ratio, burn: Burn, slos: Slos) -> dict[str, Any]:
    factor = budget_factor(burn, slos.window_s)
    limit = factor * objective.budget
    long, short = duration(burn.long_s), duration(burn.short_s)
    above = [f"{_of(recorded(window_s), objective)} > {limit:.6g}" for window_s in (burn.long_s, burn.short_s)]
    last = f"{slos.window_s / factor / 3600:.0f} hours"
    return {
        "alert": "SloBudgetBurns",
        "expr": " and ".join(above),
        "labels": {"severity": burn.severity, "slo": objective.name, "window": long},
        "annotations": {
            "summary": f"{objective.name}: its error budget burns {factor:.3g} times too fast",
            "description": (
                f"{{{{ $value | humanizePercentage }}}} were bad within {long}, and more than {limit:.2%} still are "
                f"within {short}. {objective.why} The whole budget lasts {last} at {factor:.3g} times."
            ),
            "runbook": RUNBOOK,
        },
    }


def _of(series: str, objective: Objective) -> str:
    return f'{series}{{slo="{objective.name}"}}'
