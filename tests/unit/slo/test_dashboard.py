"""The dashboard is one that Grafana can lay out, and asks for nothing that nobody records or exports."""

import re

from gridctl.lag import series
from gridctl.runtime.telemetry.names import METRICS
from gridctl.slo.dashboard import dashboard, queries
from gridctl.slo.model import Slos
from gridctl.slo.promql import series_of
from gridctl.slo.rules import rule_groups
from tests.support.paths import ROOT

SLOS = Slos.from_toml((ROOT / "ci" / "slo.toml").read_text(encoding="utf-8"), "ci/slo.toml")
PAGE = dashboard(SLOS)
LAGS = {series.LAG, series.LAG_SECONDS, series.LAG_CLASS, series.MEASURED}
EXPORTED = LAGS | {series_of(metric, part) for metric in METRICS for part in ("_bucket", "_count")}
GROUPS = rule_groups(SLOS)["groups"]
RECORDED = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}


def series_in(expression: str) -> set[str]:
    without_labels = re.sub(r'by \([^)]*\)|"[^"]*"', "", expression)
    return set(re.findall(r"\b(?:gridstream|kafka|slo)[a-z0-9_:]*(?=[{\[)\s]|$)", without_labels))


def test_panels_do_not_overlap_and_fit_the_width() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PAGE["panels"]:
        place = panel["gridPos"]
        right, bottom = place["x"] + place["w"], place["y"] + place["h"]
        assert right <= 24
        cells = {(x, y) for x in range(place["x"], right) for y in range(place["y"], bottom)}
        assert not taken & cells
        taken |= cells
    assert len({panel["id"] for panel in PAGE["panels"]}) == len(PAGE["panels"])


def test_the_dashboard_asks_for_what_there_is() -> None:
    asked = [series_in(query) for query in queries(PAGE)]
    assert all(asked)
    assert set().union(*asked) <= EXPORTED | RECORDED


def test_the_rules_ask_for_what_there_is() -> None:
    asked = [series_in(rule["expr"]) for group in GROUPS for rule in group["rules"]]
    assert set().union(*asked) <= EXPORTED | RECORDED
    assert len(set().union(*asked) & EXPORTED) == 10


def test_every_objective_has_its_alerts() -> None:
    alerts = [rule for group in GROUPS for rule in group["rules"] if "alert" in rule]
    for each in SLOS.objectives:
        severities = [rule["labels"]["severity"] for rule in alerts if rule["labels"]["slo"] == each.name]
        assert severities == ["page", "page", "ticket", "ticket", "ticket"]
    assert {rule["annotations"]["runbook"] for rule in alerts} == {"docs/runbooks/slo-burn.md"}
