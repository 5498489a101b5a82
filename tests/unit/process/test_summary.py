import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.process.summary import Latencies


@given(values=st.lists(st.integers(-5, 10**7), min_size=1, max_size=50), share=st.floats(0.01, 1))
def test_a_percentile_is_off_by_one_part_in_512_at_most(values: list[int], share: float) -> None:
    latencies = Latencies()
    latencies.add(values)
    ordered = sorted(max(value, 0) for value in values)
    exact = next(value for place, value in enumerate(ordered, 1) if place >= share * len(ordered) - 1e-9)
    found = latencies.percentile(share)
    assert found is not None
    assert exact * (1 - 1 / 512) - 1 <= found <= exact


def test_without_values_there_is_no_percentile() -> None:
    assert Latencies().percentile(0.5) is None


def test_memory_does_not_grow_with_the_values() -> None:
    latencies = Latencies()
    latencies.add(range(100_000))
    assert len(latencies._counts) < 1024 + 512 * 8
    assert latencies.percentile(0.5) == pytest.approx(50_000, rel=1 / 512)
