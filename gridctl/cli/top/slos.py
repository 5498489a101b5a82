"""How the objectives stand, by a Prometheus or by a command's own metrics."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from gridctl.cli.config import Settings
from gridctl.cli.top.model import Ask, Block, Panel

_WORST_FIRST = ("MISSED", "BURNING", "UNKNOWN", "MET")
_SHORT, _LONG, _SINCE_START = "1h", "6h", "since_start"


class Sources(NamedTuple):
    """Where the numbers come from; without either nothing is asked. A Prometheus of the profile counts too."""

    prometheus: str | None
    metrics: str | None
    file: Path


def slo_panel(sources: Sources) -> Panel:
    """Return the panel of the objectives in a file."""
    return Panel("slo", "SLO", partial(_connect, sources), _block, rows=4, every_s=15)


@contextmanager
def _connect(sources: Sources, settings: Settings) -> Iterator[Ask]:
    from gridctl.cli.commands.slo.declared import slos_of
    from gridctl.cli.wiring.slo import from_metrics, from_prometheus

    source = sources.metrics or sources.prometheus or settings.profile.prometheus
    slos = slos_of(sources.file) if source else None

    def ask() -> Mapping[str, Any]:
        if source is None or slos is None:
            return {"source": None, "objectives": []}
        measured = from_metrics if sources.metrics else from_prometheus
        return {"source": source, "objectives": [each.as_json() for each in measured(slos, source, ())]}

    yield ask


def _block(data: Mapping[str, Any], _now_ms: int) -> Block:
    if data["source"] is None:
        return Block("not asked: name --prometheus URL, or set `prometheus` in the profile")
    objectives = sorted(data["objectives"], key=lambda each: _WORST_FIRST.index(each["status"]))
    found = Counter(each["status"] for each in objectives)
    rates = objectives[0]["burn_rates"] if objectives else {}
    burns = [_SINCE_START] if _SINCE_START in rates else [_SHORT, _LONG]
    columns = (
        "objective",
        "target",
        "attained",
        "budget",
        *(f"burn {name.replace('_', ' ')}" for name in burns),
        "status",
    )
    said = ", ".join(f"{found[status]} {status}" for status in _WORST_FIRST if found[status])
    return Block(said, columns, [_cells(each, burns) for each in objectives])


def _cells(each: Mapping[str, Any], burns: list[str]) -> list[object]:
    def percent(share: float | None, digits: int) -> str:
        return "-" if share is None else f"{share:.{digits}%}"

    rates = ["-" if (rate := each["burn_rates"].get(name)) is None else f"{rate:.2f}" for name in burns]
    status = each["status"] if each["cause"] is None else f"{each['status']}: {each['cause']}"
    attained, left = percent(each["attainment"], 2), percent(each["error_budget_left"], 1)
    return [each["name"], f"{each['target']:.6g}", attained, left, *rates, status]
