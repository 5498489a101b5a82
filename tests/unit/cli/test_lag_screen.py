"""The screen of `lag watch`, as golden text. After a change that is meant: `write_golden` below, and look at it."""

from pathlib import Path

import pytest

from gridctl.cli.commands.lag.screen import Frame, Watched, log_lines, ranges, screen
from gridctl.lag.model import Head, Member
from gridctl.lag.source import GroupReading, Look
from gridctl.lag.watching import Watching
from gridctl.streams.reader import Place
from tests.support.paths import ROOT
from tests.unit.lag.readings import reading

GOLDEN = ROOT / "tests" / "data"
BEGIN_S = 1_768_435_200
MEASUREMENTS, EVERY_S = 30, 2
NOW_MS = (BEGIN_S + MEASUREMENTS * EVERY_S - 1) * 1000


def look(number: int, groups: int) -> Look:
    """A group that catches up, with one partition that stands still, one that has no leader, and a loss; and others."""
    at_s = BEGIN_S + number * EVERY_S
    places = [Place("iot.thermostat", index) for index in range(8)]
    members = (
        Member("m-1", "gridctl-4711-1768430000", "/10.0.3.17", tuple(places[:5])),
        Member("m-2", "gridctl-4712-1768430001", "/10.0.3.18", tuple(places[5:])),
    )
    head = Head((at_s - 192) * 1000)
    readings = [
        reading(1000 + 140 * number, 0, 9000 + 20 * number, at_s=at_s, place=place, head=head) for place in places[:5]
    ]
    readings += [
        reading(7000, 0, 9000 + 20 * number, at_s=at_s, place=places[5], head=head, stable=7000),
        reading(None, 0, 0, at_s=at_s, place=places[6]),
        reading(100, 250, 300, at_s=at_s, place=places[7], head=head),
    ]
    caught_up = [GroupReading(group="gridstream.process", state="STABLE", members=members, readings=readings)]
    lost = [reading(70, at_s=at_s), reading(None, None, None, at_s=at_s, problem="it has no leader", place=places[1])]
    others = [
        GroupReading(group=f"billing-{index}", state="EMPTY", readings=lost[: 1 + index % 2]) for index in range(groups)
    ]
    return Look(groups=[*caught_up, *others])


def frame(others: int = 0, problem: str | None = None) -> Frame:
    watching = Watching()
    for number in range(MEASUREMENTS):
        watching.take(look(number, others), (BEGIN_S + number * EVERY_S) * 1000)
    assert watching.measured is not None
    watched = [Watched(each, watching.samples(each)) for each in watching.measured.groups]
    return Frame(NOW_MS, watching.measured_ms, watched, problem)


def golden(width: int, height: int) -> Path:
    return GOLDEN / f"lag-watch-{width}x{height}.txt"


def write_golden() -> None:
    for width, height in ((80, 24), (160, 50)):
        golden(width, height).write_text("\n".join(screen(frame(), width, height)) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50)])
def test_the_screen_is_as_it_was_looked_at(width: int, height: int) -> None:
    assert "\n".join(screen(frame(), width, height)) + "\n" == golden(width, height).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("width", "height", "others"), [(80, 24, 0), (80, 24, 9), (60, 12, 3), (160, 50, 40), (1, 1, 5)]
)
def test_it_fits_and_counts_what_it_leaves_out(width: int, height: int, others: int) -> None:
    lines = screen(frame(others), width, height)
    assert len(lines) <= max(height, 8)
    assert max(map(len, lines)) <= max(width, 40)
    shown = sum(line.startswith(("gridstream.", "billing-")) for line in lines)
    if shown <= others:
        assert lines[-1] == f"… {others + 1 - shown} groups more"


def test_what_is_not_measured_is_said_and_since_when() -> None:
    away = frame(problem="Kafka at 127.0.0.1:9092: no answer")._replace(now_ms=NOW_MS + 59_000)
    words = "NOT MEASURED for 1m0s: Kafka at 127.0.0.1:9092: no answer"
    assert screen(away, 80, 24)[1] == words
    assert log_lines(away) == [f"2026-01-15T00:01:58Z {words}"]


def test_without_a_terminal_it_is_a_line_a_group() -> None:
    lines = log_lines(frame(1))
    assert [line.split()[1] for line in lines] == ["gridstream.process:", "billing-0:"]
    assert "; in " in lines[0]
    assert "does not drain: 1 stalled" in lines[0]
    assert log_lines(Frame(NOW_MS, NOW_MS, [])) == ["2026-01-15T00:00:59Z no consumer group"]


def test_partitions_in_short() -> None:
    places = [Place("a", 0), Place("a", 1), Place("a", 2), Place("a", 5), Place("b", 7)]
    assert ranges(places) == "a 0-2, 5; b 7"
    assert ranges([]) == ""
