"""What is measured becomes samples: known ones with a value, unknown ones with a cause, and none that is too old."""

from gridctl.lag.board import Board
from gridctl.lag.model import Member, Reading
from gridctl.lag.samples import HELP, LAG_SUM, Sample
from gridctl.lag.series import LAG, MEASURED
from gridctl.lag.source import GroupReading, Look
from gridctl.streams.reader import Place
from tests.unit.lag.readings import reading

OTHER = Place("iot.thermostat", 1)
MEMBERS = (Member("m", "c", "h", ()),)


def look(*readings: Reading, problem: str | None = None, missing: str | None = None) -> Look:
    group = GroupReading(group="g", state="STABLE", members=MEMBERS, readings=readings, problem=problem)
    return Look(groups=[group], problem=missing, brokers=3)


def board(*looks: Look, every_s: float = 10) -> Board:
    made = Board(max_age_s=60, stalled_after_s=30)
    for number, each in enumerate(looks):
        made.take(each, 5_000, number * every_s)
    return made


def values(made: Board, name: str, now_s: float = 0) -> dict[tuple[str, ...], float | None]:
    return {tuple(each.labels.values()): each.value for each in made.samples(now_s) if each.name == name}


def test_a_known_lag_has_the_names_of_kafka_exporter() -> None:
    made = board(look(reading(70, 10), reading(None, 0, 5, place=OTHER)))
    assert values(made, "kafka_brokers") == {(): 3}
    assert values(made, "kafka_consumergroup_members") == {("g",): 1}
    assert values(made, LAG) == {("g", "iot.thermostat", "0"): 30, ("g", "iot.thermostat", "1"): 5}
    assert values(made, LAG_SUM) == {("g", "iot.thermostat"): 35}
    # Never committed: absent, and not -1.
    assert values(made, "kafka_consumergroup_current_offset") == {("g", "iot.thermostat", "0"): 70}
    assert values(made, "kafka_topic_partition_current_offset") == {
        ("iot.thermostat", "0"): 100,
        ("iot.thermostat", "1"): 5,
    }
    assert values(made, "kafka_topic_partition_oldest_offset") == {
        ("iot.thermostat", "0"): 10,
        ("iot.thermostat", "1"): 0,
    }
    assert values(made, "gridstream_consumergroup_lag_class") == {
        ("g", "iot.thermostat", "0", "COMMITTED"): 1,
        ("g", "iot.thermostat", "1", "NEVER_COMMITTED"): 1,
    }
    assert values(made, MEASURED) == {(): 5.0}
    assert {each.name for each in made.samples(0)} <= set(HELP)


def test_an_unknown_partition_has_no_value_and_its_topic_no_sum() -> None:
    made = board(look(reading(70), reading(None, problem="broker 2 did not answer", place=OTHER)))
    assert values(made, LAG) == {("g", "iot.thermostat", "0"): 30, ("g", "iot.thermostat", "1"): None}
    assert values(made, LAG_SUM) == {("g", "iot.thermostat"): None}
    [unknown] = [each for each in made.samples(0) if each.name == LAG and each.value is None]
    assert "broker 2 did not answer" in unknown.cause


def test_an_unknown_group_has_no_value_whatever_is_left_of_it() -> None:
    made = board(look(reading(70), problem="its coordinator did not answer"))
    assert values(made, LAG)[("g",)] is None
    assert values(made, LAG_SUM) == {("g",): None, ("g", "iot.thermostat"): None}
    assert values(made, "kafka_consumergroup_members") == {("g",): None}


def test_groups_that_may_be_missing_are_said() -> None:
    made = board(look(reading(70), missing="broker 3 did not answer"))
    assert Sample(LAG, {}, None, 5_000, "broker 3 did not answer") in made.samples(0)


def test_a_measurement_that_is_too_old_is_nothing_but_its_time() -> None:
    made = board(look(reading(70)))
    assert made.problem(60) is None
    assert made.problem(61) == "the lag was last measured 61 s ago"
    assert [each.name for each in made.samples(61)] == [MEASURED]
    made.take(look(reading(80)), 9_000, 62)
    assert made.problem(62) is None
    empty = Board(60, 30)
    assert empty.problem(0) == "the lag was not measured yet"
    assert empty.samples(0) == ()


def test_a_stall_shows_after_its_time_and_not_before() -> None:
    def classes(count: int) -> set[str]:
        made = board(*(look(reading(70, at_s=10 * each)) for each in range(count)))
        return {labels[3] for labels in values(made, "gridstream_consumergroup_lag_class", 10.0 * count)}

    assert [classes(count) for count in (1, 3, 4, 8)] == [{"COMMITTED"}, {"COMMITTED"}, {"STALLED"}, {"STALLED"}]
    moving = board(*(look(reading(10 * each, at_s=10 * each)) for each in range(8)))
    assert {labels[3] for labels in values(moving, "gridstream_consumergroup_lag_class")} == {"COMMITTED"}
    assert len(moving._looks) <= 5
