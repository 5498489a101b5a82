"""A recorded window (`gridctl lag record`) as series over time, one a group."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gridctl.errors import UsageProblem
from gridctl.lag.model import LagClass

Line = TypeVar("Line", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Partition(_Read):
    lag_class: LagClass = Field(alias="class")


class _Group(_Read):
    group: str
    lag: int | None
    lag_is_at_least: int
    time_lag_s: float | None
    partitions: list[_Partition]


class _Line(_Read):
    measured_ms: int
    groups: list[_Group]


class Point(NamedTuple):
    """A group at one time. `lag` is None where it was not known, `lag_is_at_least` where nothing of it was."""

    at_ms: int
    lag: int | None
    lag_is_at_least: int | None
    time_lag_s: float | None
    worst: LagClass


def parse_recorded(lines: Iterable[bytes], where: str, groups: Iterable[str] = ()) -> dict[str, list[Point]]:
    """Return a point a measurement for each group, of all or of those named; UsageProblem names the line at fault.

    A measurement without the group is one in which nobody could read it.
    """
    looks = [look for _, look in lines_of(lines, where, _Line)]
    present = sorted({group.group for look in looks for group in look.groups})
    wanted = list(dict.fromkeys(groups)) or present
    if absent := [name for name in wanted if name not in present]:
        raise UsageProblem(f"{where}: has no group {', '.join(absent)}", next_step=f"one of {', '.join(present)}")
    if not wanted:
        raise UsageProblem(f"{where}: holds no measurement of a group", next_step="record one: `gridctl lag record`")
    return {name: [_point(look, name) for look in looks] for name in wanted}


def lines_of(lines: Iterable[bytes], where: str, model: type[Line]) -> Iterator[tuple[int, Line]]:
    """Yield the number of each line and what a model takes of it; UsageProblem names the line at fault."""
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            yield number, model.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UsageProblem(
                f"{where}: line {number}: {place}: {first['msg']}",
                next_step="it takes what `gridctl lag record` writes",
            ) from error


def _point(look: _Line, name: str) -> Point:
    found = next((group for group in look.groups if group.group == name), None)
    if found is None:
        return Point(look.measured_ms, None, None, None, LagClass.UNKNOWN)
    classes = {partition.lag_class for partition in found.partitions}
    unknown = LagClass.UNKNOWN if found.lag is None else LagClass.COMMITTED
    worst = next((each for each in LagClass if each in classes), unknown)
    at_least = found.lag_is_at_least if found.lag is not None or classes - {LagClass.UNKNOWN} else None
    return Point(look.measured_ms, found.lag, at_least, found.time_lag_s, worst)
