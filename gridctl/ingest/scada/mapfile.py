"""Read a register map, and say in which line of it something is wrong."""

import re
import tomllib
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from gridctl.errors import UsageProblem
from gridctl.ingest.scada.model import DeviceSpec, MapSpec
from gridctl.ingest.scada.plan import PollPlan, plan_of

_HEADER = re.compile(r"\s*\[\[\s*(device(?:\.field)?)\s*\]\]")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_\-]+)[\"']?\s*=")
VOCABULARY = "docs/scada-map.md has the vocabulary and an example"
Place = Sequence[str | int]


def read_map(text: str, where: str, interval_ms: int | None = None) -> list[PollPlan]:
    """Return how each device of the map is polled; `interval_ms` replaces the intervals of the map."""
    try:
        spec = MapSpec.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageProblem(f"{where}: is not TOML: {error}", next_step=VOCABULARY) from error
    except ValidationError as error:
        raise _invalid(error, text, where) from error
    known: set[str] = set()
    plans = []
    for index, device in enumerate(spec.device):
        if device.device_id in known:
            message = f"two devices are named {device.device_id}"
            raise _problem(text, where, ("device", index, "device_id"), message)
        known.add(device.device_id)
        try:
            plans.append(_plan(spec, device, interval_ms))
        except ValueError as error:
            raise _problem(text, where, ("device", index, "timeout_ms"), str(error)) from error
    return plans


def _plan(spec: MapSpec, device: DeviceSpec, interval_ms: int | None) -> PollPlan:
    """Return the plan; a poll may take two fifths of its interval unless the map says otherwise."""
    own_ms = device.interval_ms or spec.interval_ms
    timeout_ms = device.timeout_ms or (None if device.interval_ms else spec.timeout_ms)
    if timeout_ms is not None and timeout_ms > own_ms * 4 // 5:
        raise ValueError(f"timeout_ms {timeout_ms} is more than four fifths of the interval of {own_ms} ms")
    every_ms = interval_ms or own_ms
    usual_ms = every_ms * 2 // 5
    # A shorter interval than the map's leaves less time for an answer.
    return plan_of(device, every_ms, usual_ms if timeout_ms is None else min(timeout_ms, every_ms * 4 // 5))


def _invalid(error: ValidationError, text: str, where: str) -> UsageProblem:
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "this setting does not exist"
    return _problem(text, where, first["loc"], message)


def _problem(text: str, where: str, place: Place, message: str) -> UsageProblem:
    line = _line_of(text, place)
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    at = where if line is None else f"{where}:{line}"
    return UsageProblem(f"{at}: {path}: {message}" if path else f"{at}: {message}", next_step=VOCABULARY)


def _line_of(text: str, place: Place) -> int | None:
    """Return the line of a key; where it is not written, the line in which its table begins."""
    table = tuple(part for part in place if isinstance(part, int))
    nearest = None
    for number, at, key in _lines(text):
        if at != table[: len(at)]:
            continue
        if at == table and key == place[-1]:
            return number
        # Fields may also be in an inline array behind their key.
        if key is None or nearest is None or (key == "field" and len(at) < len(table)):
            nearest = number
    return nearest


def _lines(text: str) -> Iterator[tuple[int, tuple[int, ...], str | None]]:
    """Yield number, table (indices of device and field) and key of each line; the key of a table's header is None."""
    device = field = -1
    at: tuple[int, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            if header[1] == "device":
                device, field = device + 1, -1
                at = (device,)
            else:
                field += 1
                at = (device, field)
            yield number, at, None
        elif key := _KEY.match(line):
            yield number, at, key[1]
