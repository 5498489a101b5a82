"""What ci/slo.toml may declare: only what is exported, and only what can be told."""

import pytest

from gridctl.errors import UsageProblem
from gridctl.slo.model import Slos
from tests.support.paths import ROOT

FILE = (ROOT / "ci" / "slo.toml").read_text(encoding="utf-8")


def test_the_file_of_the_platform() -> None:
    slos = Slos.from_toml(FILE, "ci/slo.toml")
    names = ["ingestion-latency", "processing-latency", "processing-lag", "schema-violations"]
    assert [each.name for each in slos.objectives] == names
    assert slos.window_s == 30 * 86_400


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("window_days = 30", "window_days = 3", "window_days"),
        ("within_s = 10", "within_s = 7", "none of the bounds of gridstream.ingestion.latency: 0.05, 0.1"),
        ("gridstream.ingestion.latency", "gridstream.ingest.records", "no histogram that gridctl exports"),
        ("gridstream.ingest.records", "gridstream.ingest.record", "no counter that gridctl exports"),
        ("gridstream.ingest.records", "gridstream.ingestion.latency", "no counter that gridctl exports"),
        ("target = 0.995", "target = 1.0", "target"),
        ("target = 0.995", "target = 0.9", "target must be above 0.931"),
        ("target = 0.995", "target = 0.995\nrate = 3", "rate"),
        ('name = "processing-lag"', 'name = "ingestion-latency"', "declared twice"),
        ('name = "processing-lag"', 'name = "Processing lag"', "name"),
        ("within_s = 60", "", "needs within_s, within_records or both"),
        ('group = "gridstream.process"', 'group = "a\\"b"', "group"),
        ("within_s = 10", 'within_s = 10\nmatch = {"gridstream.rule" = "x"}', "has no attribute gridstream.rule"),
    ],
)
def test_what_cannot_be_measured_is_refused(old: str, new: str, said: str) -> None:
    assert old in FILE
    # The page on top of the file names some of these too.
    head, tables = FILE.split("window_days", 1)
    text = head + ("window_days" + tables).replace(old, new, 1)
    with pytest.raises(UsageProblem, match=f"slo.toml: .*{said}"):
        Slos.from_toml(text, "slo.toml")


def test_a_file_without_an_objective_promises_nothing() -> None:
    with pytest.raises(UsageProblem, match="declares no objective"):
        Slos.from_toml("window_days = 30", "slo.toml")
