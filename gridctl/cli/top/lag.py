"""The lag of every consumer group, its members, and what needs a human first."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridctl.cli.config import Settings
from gridctl.cli.output import age_text
from gridctl.cli.top.model import Ask, Block, Panel

if TYPE_CHECKING:
    from gridctl.lag.model import GroupLag
    from gridctl.lag.source import Measurement

# A commit that did not move for so long, though records wait, stands still. Members commit far more often.
OBSERVE_MS = 10_000


@contextmanager
def _connect(settings: Settings) -> Iterator[Ask]:
    from gridctl.cli.wiring.lag import lag_source
    from gridctl.lag.looks import Looks
    from gridctl.lag.source import FEW_HEADS, measurement_of
    from gridctl.runtime.clock import wall_clock_ms

    source = lag_source(settings)
    looks = Looks(OBSERVE_MS)

    def ask() -> Mapping[str, Any]:
        now_ms = wall_clock_ms()
        look = source.look(max_heads=FEW_HEADS)
        return lag_summary(measurement_of(look, looks.take(look, now_ms)))

    yield ask


def lag_summary(measurement: "Measurement") -> dict[str, Any]:
    """Return a row a group: first what needs a human first, then the greatest lag."""
    from gridctl.lag.model import LagClass

    urgency = {each: number for number, each in enumerate(LagClass)}

    def order(each: "GroupLag") -> tuple[int, int, str]:
        worst = LagClass.UNKNOWN if each.lag is None else next(iter(each.classes))
        return urgency[worst], -each.lag_is_at_least, each.group

    return {"groups": [_row(each) for each in sorted(measurement.groups, key=order)], "cause": measurement.cause}


def _row(each: "GroupLag") -> dict[str, Any]:
    return {
        "group": each.group,
        "state": each.state,
        "members": len(each.members),
        "lag": each.lag,
        "lag_is_at_least": each.lag_is_at_least,
        "time_lag_s": each.time_lag_s,
        "lost": each.lost,
        "classes": {name.value: count for name, count in each.classes.items()},
        "cause": each.cause,
    }


def _block(data: Mapping[str, Any], _now_ms: int) -> Block:
    groups = data["groups"]
    members = sum(each["members"] for each in groups)
    said = f"{len(groups)} groups, {members} members"
    if data["cause"] is not None:
        said = f"at least {said}: {data['cause']}"
    return Block(said, ("group", "      lag", "behind", "members", "partitions"), [_cells(each) for each in groups])


def _cells(each: Mapping[str, Any]) -> list[object]:
    lag = f"{each['lag']:,}" if each["lag"] is not None else f"≥ {each['lag_is_at_least']:,}"
    behind = "-" if each["time_lag_s"] is None else age_text(each["time_lag_s"])
    return [each["group"], lag.rjust(9), behind, each["members"], _partitions(each)]


def _partitions(each: Mapping[str, Any]) -> str:
    """Return what needs a human, of how many; a group's state where it is a passing one."""
    if each["cause"] is not None:
        return f"UNKNOWN: {each['cause']}"
    classes = each["classes"]
    wanting = [f"{count} {name}" for name, count in classes.items() if name != "COMMITTED"]
    text = f"{', '.join(wanting)} of {sum(classes.values())}" if wanting else f"{sum(classes.values())} COMMITTED"
    lost = f", {each['lost']:,} lost" if each["lost"] else ""
    passing = f", {each['state']}" if each["state"] not in {"STABLE", "EMPTY"} else ""
    return text + lost + passing


LAG = Panel("lag", "LAG", _connect, _block, rows=4, every_s=5)
