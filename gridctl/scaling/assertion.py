"""`drained_s<600`: what a user asserts of a simulation. A name, a comparison, a number; nothing else is read."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gridctl.errors import UsageProblem

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_FORM = re.compile(r"\s*([a-z_]+)\s*(<=|>=|==|<|>)\s*(\d+(?:\.\d+)?)\s*", re.ASCII)


@dataclass(frozen=True)
class Assertion:
    """One such sentence."""

    name: str
    comparison: str
    number: float

    def failure(self, values: Mapping[str, float | None]) -> str | None:
        """Return what is wrong, None where it holds. What has no value (it never drained) fails every assertion."""
        value = values[self.name]
        if value is not None and _COMPARED[self.comparison](value, self.number):
            return None
        said = "null: it never drained" if value is None else f"{value:g}"
        return f"{self.name} is {said}, asserted was {self.comparison} {self.number:g}"


def parse_assertion(text: str, names: tuple[str, ...]) -> Assertion:
    """Read NAME OP NUMBER; UsageProblem for anything else, and for a name that the document does not have."""
    found = _FORM.fullmatch(text)
    if found is None or found[1] not in names:
        raise UsageProblem(
            f"--assert {text!r} cannot be read",
            next_step=f"write a name ({', '.join(names)}), one of < <= > >= ==, and a number: drained_s<600",
        )
    return Assertion(found[1], found[2], float(found[3]))
