"""Sums over a group hide no class, and what is unknown has no total."""

import json
from dataclasses import replace

from gridctl.lag.document import document
from gridctl.lag.model import GroupLag, Head, Member, Reading
from gridctl.lag.source import GroupReading, Look, Measurement, measurement_of
from gridctl.streams.reader import Place
from tests.unit.lag.readings import PLACE, reading

OTHER = Place("iot.thermostat", 1)
THIRD = Place("iot.thermostat", 2)


def look(*readings: Reading, problem: str | None = None) -> GroupReading:
    member = Member("m-1", "gridctl-1", "/127.0.0.1", (PLACE,))
    return GroupReading(group="g", state="STABLE", members=(member,), readings=readings, problem=problem)


def lag_of(group: GroupReading, earlier: GroupReading | None = None) -> GroupLag:
    before = None if earlier is None else Look(groups=[earlier])
    [found] = measurement_of(Look(groups=[group]), before).groups
    return found


def test_a_sum_of_known_parts() -> None:
    group = lag_of(look(reading(70), reading(None, 20, place=OTHER), reading(10, 40, place=THIRD)))
    assert (group.lag, group.lag_is_at_least, group.lost) == (30 + 80 + 60, 170, 30)
    assert list(group.classes.items()) == [("RETENTION_LOST", 1), ("NEVER_COMMITTED", 1), ("COMMITTED", 1)]


def test_with_an_unknown_part_there_is_no_total() -> None:
    group = lag_of(look(reading(70), reading(None, problem="no leader", place=OTHER)))
    assert (group.lag, group.lag_is_at_least) == (None, 30)


def test_a_group_of_which_nothing_is_known_is_not_zero() -> None:
    assert lag_of(look()).lag is None
    assert lag_of(look(reading(70), problem="its coordinator does not answer")).lag is None


def test_the_age_of_a_group_is_that_of_its_oldest_record() -> None:
    old, young = reading(70, at_s=100, head=Head(10_000)), reading(70, at_s=100, head=Head(90_000), place=OTHER)
    assert lag_of(look(old, young)).time_lag_s == 90.0
    unmeasured = reading(70, at_s=100, place=THIRD)
    assert lag_of(look(old, young, unmeasured)).time_lag_s is None
    assert lag_of(look(old, reading(None, problem="no leader", place=OTHER))).time_lag_s is None


def test_an_earlier_look_is_matched_by_group_and_partition() -> None:
    before = look(reading(70), reading(50, place=OTHER))
    group = lag_of(look(reading(70, at_s=30), reading(60, place=OTHER, at_s=30)), before)
    assert [each.lag_class for each in group.partitions] == ["STALLED", "COMMITTED"]
    assert lag_of(look(reading(70, at_s=30)), replace(before, group="another")).partitions[0].lag_class == "COMMITTED"


def test_a_measurement_with_groups_missing_is_not_known() -> None:
    assert measurement_of(Look(groups=[look(reading(70))])).is_known
    assert not measurement_of(Look(groups=[look(reading(70))], problem="broker 2 did not answer")).is_known
    assert not measurement_of(Look(groups=[look(reading(70)), look()])).is_known


def test_the_document_has_the_names_that_scripts_rely_on() -> None:
    group = lag_of(look(reading(70, at_s=100, head=Head(90_000)), reading(None, problem="no leader", place=OTHER)))
    assert json.loads(json.dumps(document(Measurement(groups=[group])))) == {
        "groups": [
            {
                "group": "g",
                "state": "STABLE",
                "members": 1,
                "lag": None,
                "lag_is_at_least": 30,
                "time_lag_s": None,
                "partitions": [
                    {
                        "topic": "iot.thermostat",
                        "partition": 0,
                        "class": "COMMITTED",
                        "committed": 70,
                        "start": 0,
                        "end": 100,
                        "stable_end": 100,
                        "lag": 30,
                        "lost": 0,
                        "time_lag_s": 10.0,
                        "time_lag_error_s": 0.5,
                        "measured_ms": 100_000,
                        "cause": None,
                    },
                    {
                        "topic": "iot.thermostat",
                        "partition": 1,
                        "class": "UNKNOWN",
                        "committed": None,
                        "start": 0,
                        "end": 100,
                        "stable_end": 100,
                        "lag": None,
                        "lost": None,
                        "time_lag_s": None,
                        "time_lag_error_s": None,
                        "measured_ms": 0,
                        "cause": "no leader",
                    },
                ],
                "cause": None,
            }
        ],
        "cause": None,
    }
