"""The causes of dead letters as a table, for `dlq summary` and `top`."""

from collections.abc import Mapping
from typing import Any

from gridctl.cli.output import sparkline, time_and_age, time_text


def cause_table(found: Mapping[str, Any], now_ms: int) -> tuple[list[str], list[list[object]]]:
    """Return columns and rows of what `summarise` found; rates and trend are there where it looked at a window."""
    has_window = found["since_ms"] is not None
    rates = (["/min"], ["trend"]) if has_window else ([], [])
    columns = ["rule", "firmware", "letters", *rates[0], "since", "last", *rates[1], "topic"]
    return columns, [_row(cause, now_ms, has_window=has_window) for cause in found["by_cause"]]


def _row(cause: Mapping[str, Any], now_ms: int, *, has_window: bool) -> list[object]:
    first, (_, last) = time_text(cause["first_ms"], now_ms), time_and_age(cause["last_ms"], now_ms)
    row: list[object] = [cause["rule"], cause["firmware"], cause["letters"]]
    if has_window:
        began_before = "≤" if cause["trend"][0] else ""
        row += [round(cause["per_minute_now"], 1), began_before + first, last, sparkline(cause["trend"])]
    else:
        row += [first, last]
    return [*row, cause["topic"].removesuffix(".dlq")]
