"""Rates and the range of the time that is left: never more certain than what was seen."""

import pytest

from gridctl.lag.rates import Rates, Sample, drain_words, rates_of, sample_of
from gridctl.lag.source import GroupReading, Look, measurement_of
from gridctl.streams.reader import Place
from tests.unit.lag.readings import reading


def samples(*lags: int | None, ends_per_s: int = 10) -> list[Sample]:
    """A sample every 10 s."""
    found = []
    for number, lag in enumerate(lags):
        ends = 1_000 + number * 10 * ends_per_s
        found.append(
            Sample(number * 10_000, lag, None if lag is None else ends, None if lag is None else ends - lag, 4)
        )
    return found


def test_what_comes_and_what_is_read() -> None:
    rates = rates_of(samples(500, 400, 200, 100))
    assert rates == pytest.approx(Rates(appended=10.0, read=10 + 400 / 30, slowest=10.0, fastest=20.0))


@pytest.mark.parametrize("seen", [samples(), samples(500), samples(500, None), samples(None, 500)])
def test_no_rate_without_two_measurements_in_a_row(seen: list[Sample]) -> None:
    assert rates_of(seen) is None


def test_only_the_last_minute_counts_and_only_the_same_partitions() -> None:
    long_ago = [Sample(-100_000, 10_000, 0, -10_000, 4), *samples(500, 400)]
    assert rates_of(long_ago) == rates_of(samples(500, 400))
    other = [each._replace(partitions=3) for each in samples(900, 500)]
    grown = [each._replace(at_ms=each.at_ms + 20_000) for each in samples(500, 400)]
    assert rates_of([*other, *grown]) == rates_of(grown)
    after_a_gap = [*samples(900, None), *grown]
    assert rates_of(after_a_gap) == rates_of(grown)


@pytest.mark.parametrize(
    ("lag", "rates", "words"),
    [
        (None, None, "drained: ?"),
        (0, None, "drained"),
        (100, None, "drained: not known yet"),
        (100, Rates(1, 21, 10, 20), "drained in 5.0s to 10.0s"),
        (100, Rates(1, 21, 0, 20), "drained in 5.0s at best"),
        (100, Rates(1, 21, -5, 20), "drained in 5.0s at best"),
        (100, Rates(1, 1, 0, 0), "does not drain"),
        (100, Rates(9, 1, -9, -7), "does not drain"),
    ],
)
def test_the_time_that_is_left(lag: int | None, rates: Rates | None, words: str) -> None:
    assert drain_words(lag, rates) == words


def test_a_sample_of_what_is_not_known_is_not_zero() -> None:
    away = reading(None, problem="it has no leader", place=Place("iot.thermostat", 1))
    for readings, expected in (
        ([reading(70)], Sample(5, 30, 100, 70, 1)),
        ([reading(70), away], Sample(5, None, None, None, 2)),
        ([], Sample(5, None, None, None, 0)),
    ):
        look = GroupReading(group="g", state="EMPTY", readings=readings)
        assert sample_of(measurement_of(Look(groups=[look])).groups[0], 5) == expected
