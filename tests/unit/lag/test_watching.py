"""A watch sees what stands still only when it has stood still for long enough."""

from gridctl.lag.model import LagClass
from gridctl.lag.source import GroupReading, Look
from gridctl.lag.watching import Watching
from tests.unit.lag.readings import reading


def look(committed: int, at_s: int) -> Look:
    return Look(groups=[GroupReading(group="g", state="STABLE", readings=[reading(committed, at_s=at_s)])])


def classes(commits: list[int], every_s: int) -> list[LagClass]:
    watching = Watching()
    found = []
    for number, committed in enumerate(commits):
        at_s = number * every_s
        [group] = watching.take(look(committed, at_s), at_s * 1000).groups
        found.append(group.partitions[0].lag_class)
    return found


def test_a_stall_takes_thirty_seconds_however_often_one_looks() -> None:
    assert classes([50] * 40, 1).index(LagClass.STALLED) == 30
    assert classes([50] * 5, 10).index(LagClass.STALLED) == 3
    assert classes([50] * 3, 60).index(LagClass.STALLED) == 1


def test_what_moves_in_between_does_not_stand_still() -> None:
    assert LagClass.STALLED not in classes([50] * 25 + [51] * 25, 1)
    assert classes([50] * 25 + [51] * 40, 1).index(LagClass.STALLED) in range(55, 60)


def test_a_time_without_a_measurement_is_a_gap() -> None:
    watching = Watching()
    watching.take(look(70, 0), 0)
    watching.miss(1_000)
    [group] = watching.take(look(80, 2), 2_000).groups
    assert [sample.lag for sample in watching.samples(group)] == [30, None, 20]
