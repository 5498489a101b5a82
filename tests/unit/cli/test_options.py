"""Durations and times, as every command takes them."""

import pytest
import typer

from gridctl.cli.options import epoch_ms_of, seconds_of
from gridctl.errors import UsageProblem

NOW_MS = 1_795_770_600_000


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        *[("10m", 600), ("90s", 90), ("2h", 7200), ("1h30m", 5400), ("500ms", 0.5), ("1.5h", 5400), ("0s", 0)],
        *[("1d", 86_400), ("20", 20), (20.0, 20), ("0.5", 0.5)],
    ],
)
def test_a_duration_has_a_unit_or_is_in_seconds(given: str | float, seconds: float) -> None:
    assert seconds_of(given) == seconds


@pytest.mark.parametrize(
    "given", ["", "ten", "-5s", "5 m", "5M", "m", "1e3", "inf", "nan", "10m later", "\N{ARABIC-INDIC DIGIT ONE}0s"]
)
def test_what_is_no_duration_is_refused(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="write for example"):
        seconds_of(given)


def test_a_time_is_iso_or_how_long_ago_it_is() -> None:
    assert epoch_ms_of("10m", NOW_MS) == NOW_MS - 600_000
    assert epoch_ms_of("2026-11-27T09:10Z", NOW_MS) == NOW_MS
    assert epoch_ms_of("2026-11-27T10:10+01:00", NOW_MS) == NOW_MS
    assert epoch_ms_of("20261127", NOW_MS) == epoch_ms_of("2026-11-27", NOW_MS) == 1_795_737_600_000
    with pytest.raises(UsageProblem, match="is not a time"):
        epoch_ms_of("10", NOW_MS)
