"""How an outstation may fail, and how the command line names it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from gridctl.errors import UsageProblem

FaultKind = Literal["silent", "exception", "wrong-transaction", "corrupt", "slow"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
# What the argument is when none is given: Modbus exception 4 (device failure), milliseconds.
ARGUMENTS: dict[FaultKind, tuple[int, range]] = {"exception": (4, range(1, 12)), "slow": (300, range(1, 60_001))}
EXAMPLE = "write KIND:UNIT or KIND:UNIT:ARGUMENT, for example silent:3, exception:4:2 or slow:5:300"


@dataclass(frozen=True)
class Fault:
    """What one outstation does wrong. `argument`: the exception code, or the delay in milliseconds."""

    kind: FaultKind
    argument: int = 0


def parse_faults(texts: Iterable[str], outstations: int) -> dict[int, Fault]:
    """Read `KIND:UNIT[:ARGUMENT]`; UNIT is the number of the outstation, counted through all ports."""
    faults: dict[int, Fault] = {}
    for text in texts:
        number, fault = _parse(text)
        if not 1 <= number <= outstations:
            raise UsageProblem(f"--fault {text}: there are outstations 1 to {outstations}", next_step=EXAMPLE)
        if number in faults:
            raise UsageProblem(f"--fault {text}: outstation {number} already has a fault", next_step=EXAMPLE)
        faults[number] = fault
    return faults


def _parse(text: str) -> tuple[int, Fault]:
    name, *numbers = text.split(":")
    kind = next((known for known in KINDS if known == name), None)
    if kind is None:
        raise UsageProblem(f"--fault {text}: unknown kind {name}", next_step=f"kinds: {', '.join(KINDS)}")
    default, allowed = ARGUMENTS.get(kind, (0, range(0)))
    if not all(part.isdecimal() for part in numbers) or not 1 <= len(numbers) <= 1 + bool(allowed):
        raise UsageProblem(f"--fault {text}: cannot be read", next_step=EXAMPLE)
    argument = int(numbers[1]) if len(numbers) > 1 else default
    if allowed and argument not in allowed:
        raise UsageProblem(
            f"--fault {text}: {argument} is not in {allowed.start} to {allowed.stop - 1}", next_step=EXAMPLE
        )
    return int(numbers[0]), Fault(kind, argument)
