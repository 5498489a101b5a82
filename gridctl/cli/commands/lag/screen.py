"""The screen of `gridctl lag watch`: lines for a width and a height, from what was measured until now."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from gridctl.cli.output import printable, sparkline, time_text
from gridctl.lag.model import GroupLag, LagClass, Member
from gridctl.lag.rates import Sample, drain_words, rates_of
from gridctl.lag.view import age_words, class_words, lag_words, remarks
from gridctl.streams.reader import Place

MINIMUM_WIDTH, MINIMUM_HEIGHT = 40, 8


class Watched(NamedTuple):
    """A group as it was measured last, and its samples until then."""

    lag: GroupLag
    samples: Sequence[Sample]


class Frame(NamedTuple):
    """What a screen shows.

    `problem` says why there is no newer measurement than that of `measured_ms`; `missing`, why groups may be missing.
    """

    now_ms: int
    measured_ms: int | None
    groups: Sequence[Watched]
    problem: str | None = None
    missing: str | None = None


def screen(frame: Frame, width: int, height: int) -> list[str]:
    """Return the lines; what does not fit is counted in the last one."""
    width, height = max(width, MINIMUM_WIDTH), max(height, MINIMUM_HEIGHT)
    lines = list(_head(frame))
    blocks = [list(_block(each, width, whole=len(frame.groups) == 1)) for each in frame.groups]
    shown = 0
    for block in blocks:
        room = height - len(lines) - (1 if shown + 1 < len(blocks) else 0)
        if shown and len(block) > room:
            break
        lines += block if len(block) <= room else [*block[: room - 1], f"  … {len(block) - room + 1} lines more"]
        shown += 1
    if shown < len(blocks):
        lines = [*lines[: height - 1], f"… {len(blocks) - shown} groups more"]
    return [_cut(line, width) for line in lines]


def log_lines(frame: Frame) -> list[str]:
    """Return a line a group, for a log; what is not measured is a line too."""
    at = time_text(frame.now_ms, 0)
    if frame.problem is not None:
        return [f"{at} {_not_measured(frame)}"]
    lines = [f"{at} {frame.missing}"] if frame.missing else []
    for lag, samples in frame.groups:
        words = "; ".join([_numbers(lag, samples), _speed(samples), *remarks(lag)])
        lines.append(f"{at} {lag.group}: {words}")
    return [printable(line) for line in lines or [f"{at} no consumer group"]]


def _head(frame: Frame) -> Iterator[str]:
    if frame.measured_ms is not None:
        yield f"measured {time_text(frame.measured_ms, frame.now_ms)}"
    if frame.problem is not None:
        yield _not_measured(frame)
    if frame.missing is not None:
        yield frame.missing
    if not frame.groups:
        yield "no consumer group"


def _not_measured(frame: Frame) -> str:
    since = "" if frame.measured_ms is None else f" for {age_words((frame.now_ms - frame.measured_ms) / 1000)}"
    return f"NOT MEASURED{since}: {frame.problem}"


def _block(watched: Watched, width: int, *, whole: bool) -> Iterator[str]:
    group, samples = watched
    yield ""
    yield f"{group.group}  {group.state}, {_members_words(len(group.members))}"
    yield f"  partitions {class_words(group)}"
    yield f"  {_numbers(group, samples)}"
    yield f"  {_speed(samples)}"
    yield from _line_of(samples, width)
    for remark in remarks(group):
        yield f"  {remark}"
    if whole:
        yield from _members(group.members)
        yield from _partitions(group)


def _members_words(count: int) -> str:
    return f"{count} member{'' if count == 1 else 's'}"


def _numbers(group: GroupLag, samples: Sequence[Sample]) -> str:
    error_s = max((each.time_lag_error_s or 0.0 for each in group.partitions), default=0.0)
    age = "?" if group.time_lag_s is None else f"{age_words(group.time_lag_s)} ±{age_words(error_s)}"
    stalled = group.classes.get(LagClass.STALLED)
    left = f"does not drain: {stalled} stalled" if stalled else drain_words(group.lag, rates_of(samples))
    return f"lag {lag_words(group)}, age {age}, {left}"


def _speed(samples: Sequence[Sample]) -> str:
    rates = rates_of(samples)
    return "in ?/s, out ?/s" if rates is None else f"in {rates.appended:.1f}/s, out {rates.read:.1f}/s"


def _line_of(samples: Sequence[Sample], width: int) -> Iterator[str]:
    """Yield the lag over time, the newest on the right; a `?` where it was not known."""
    shown = samples[-(width - 2) :]
    if len(shown) < 2:  # noqa: PLR2004 -- one value is no line
        return
    bars = sparkline([sample.lag or 0 for sample in shown])
    yield "  " + "".join("?" if sample.lag is None else bar for sample, bar in zip(shown, bars, strict=True))
    highest = max((sample.lag for sample in shown if sample.lag is not None), default=None)
    over_s = (shown[-1].at_ms - shown[0].at_ms) / 1000
    yield f"  in {age_words(over_s)}, at most {'?' if highest is None else highest}"


def _members(members: Sequence[Member]) -> Iterator[str]:
    for member in members:
        yield f"  {member.client_id} {member.host.lstrip('/')}: {ranges(member.places) or 'no partition'}"


def _partitions(group: GroupLag) -> Iterator[str]:
    """Yield the partitions, those with the most lag first."""
    longest = max((len(each.place.topic) for each in group.partitions), default=0)
    if group.partitions:
        yield f"  {'partition':<{longest + 4}}  {'class':<15} {'lag':>9} {'commit':>10}/{'end':<10} {'age':>7}"
    for each in sorted(group.partitions, key=lambda each: (each.lag is not None, -(each.lag or 0), each.place)):
        lag = "?" if each.lag is None else str(each.lag)
        commit = "-" if each.committed is None else str(each.committed)
        end = "?" if each.end is None else str(each.end)
        yield (
            f"  {each.place.topic:<{longest}} {each.place.partition:>3}  {each.lag_class:<15} {lag:>9} "
            f"{commit:>10}/{end:<10} {age_words(each.time_lag_s):>7}"
        )


def ranges(places: Iterable[Place]) -> str:
    """Return partitions in short: `iot.thermostat 0-3, 5; ev.session 1`."""
    return "; ".join(
        f"{topic} {', '.join(_runs(sorted(place.partition for place in found)))}"
        for topic, found in groupby(sorted(places), key=lambda place: place.topic)
    )


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    for _, found in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in found]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


def _cut(line: str, width: int) -> str:
    plain = printable(line)
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"
