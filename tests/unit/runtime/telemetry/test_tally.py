"""Ages, added up: against the definition of a histogram, value by value."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from gridctl.runtime.telemetry.names import INGESTION_LATENCY, OPERATION_DURATION
from gridctl.runtime.telemetry.tally import ages, tally_of

NOW_MS = 1_768_435_200_000
EDGES = [round(bound_s * 1000) for bound_s in INGESTION_LATENCY.bounds_s]
# Ages at every bound and beside it, in the future too.
AGES_MS = st.one_of(st.integers(-100, 5_000_000), st.sampled_from([edge + off for edge in EDGES for off in (-1, 0, 1)]))


@given(st.lists(AGES_MS, max_size=50))
def test_ages_are_counted_by_their_bounds(ages_ms: list[int]) -> None:
    tally, ahead = ages(INGESTION_LATENCY, [NOW_MS - age_ms for age_ms in ages_ms], NOW_MS)
    past_ms = [age_ms for age_ms in ages_ms if age_ms >= 0]
    assert ahead == len(ages_ms) - len(past_ms)
    if not past_ms:
        assert tally is None
        return
    counts = [0] * (len(EDGES) + 1)
    for age_ms in past_ms:
        counts[bisect_left(EDGES, age_ms)] += 1  # a value at a bound lies below it
    assert tally == (counts, sum(past_ms) / 1000, min(past_ms) / 1000, max(past_ms) / 1000)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=20))
def test_tallies_add_up(values_s: list[float]) -> None:
    whole = tally_of(OPERATION_DURATION, values_s[0])
    for value_s in values_s[1:]:
        whole = whole.plus(tally_of(OPERATION_DURATION, value_s))
    assert sum(whole.counts) == len(values_s)
    assert (whole.low, whole.high) == (min(values_s), max(values_s))
    assert abs(whole.total - sum(values_s)) < 1e-9
    below = sum(1 for value_s in values_s if value_s <= 0.1)
    assert sum(whole.counts[: OPERATION_DURATION.bounds_s.index(0.1) + 1]) == below
