"""The histogram that runs of any length are measured with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.runtime.histogram import Histogram


@given(values=st.lists(st.integers(-5, 10**7), min_size=1, max_size=50), share=st.floats(0.01, 1))
def test_a_percentile_is_off_by_one_part_in_512_at_most(values: list[int], share: float) -> None:
    histogram = Histogram()
    histogram.add(values)
    ordered = sorted(max(value, 0) for value in values)
    exact = next(value for place, value in enumerate(ordered, 1) if place >= share * len(ordered) - 1e-9)
    found = histogram.percentile(share)
    assert found is not None
    assert exact * (1 - 1 / 512) - 1 <= found <= exact


def test_without_values_there_is_no_percentile() -> None:
    assert Histogram().percentile(0.5) is None


def test_memory_does_not_grow_with_the_values() -> None:
    histogram = Histogram()
    histogram.add(range(100_000))
    assert len(histogram.counts) < 1024 + 512 * 8
    assert histogram.percentile(0.5) == pytest.approx(50_000, rel=1 / 512)


def test_two_histograms_make_one() -> None:
    first, second = Histogram(), Histogram()
    first.add([1, 2])
    second.add([2, 9])
    first.merge(second)
    assert [first.percentile(share) for share in (0.25, 0.5, 0.75, 1)] == [1, 2, 2, 9]
