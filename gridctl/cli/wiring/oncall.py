"""What on-call asks: each part of an answer that cannot be had is UNKNOWN with its cause, and hides no other part."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from gridctl.cli.wiring.base import lookup_of, redis_of
from gridctl.cli.wiring.streaming import event_reader, newest_letter_of
from gridctl.deadletters.view import letter_row
from gridctl.errors import Unavailable, UsageProblem
from gridctl.state.silence import standing
from gridctl.state.view import device_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridctl.cli.config import Settings
    from gridctl.state.model import DeviceState

_T = TypeVar("_T")


def device_report(
    settings: Settings, device_id: str, now_ms: int, older_than_s: float, warn: Callable[[str], None]
) -> dict[str, Any]:
    """Return whether a device is alive, its last good event, and its newest dead letter, as stable JSON.

    `unknown` holds the cause for each part that could not be read. UsageProblem where nothing was ever heard of it.
    """
    unknown: dict[str, str] = {}

    def part(name: str, ask: Callable[[], _T]) -> _T | None:
        try:
            return ask()
        except Unavailable as error:
            unknown[name] = error.message
            return None

    def of_state() -> DeviceState | None:
        with closing(redis_of(settings)) as grid:
            return grid.device(device_id)

    def event() -> dict[str, Any] | None:
        with lookup_of(settings, warn) as registry:
            return None if state is None else device_row(device_id, state, event_reader(settings, registry))

    def letter() -> dict[str, Any] | None:
        found = newest_letter_of(settings, device_id, warn)
        return None if found is None else {**letter_row(found), "appended_ms": found.time_ms}

    state = part("state", of_state)
    row, newest = part("event", event), part("last_dead_letter", letter)
    if state is None and newest is None and not unknown:
        raise UsageProblem(
            f"the grid state has no device {device_id}, and the newest dead letters name none",
            next_step="`gridctl state show` lists all devices",
        )
    nothing = {"alive": None, "why": None, "last_good_ms": None, "last_seen_ms": None}
    return {
        "device_id": device_id,
        "asked_ms": now_ms,
        "older_than_s": older_than_s,
        **(nothing if "state" in unknown else standing(state, now_ms - round(older_than_s * 1000))),
        "event": row,
        "last_dead_letter": newest,
        "unknown": unknown,
    }
