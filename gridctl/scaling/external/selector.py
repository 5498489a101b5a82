"""Label selectors as Kubernetes writes them in a query: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.

Meaning and grammar: k8s.io/apimachinery pkg/labels, selector.go; `<` and `>` are left out, labels here are no numbers.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_NAME = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?)"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?"
_FORMS = (
    ("in", re.compile(rf"({_NAME})\s+in\s*\(([^()]*)\)")),
    ("notin", re.compile(rf"({_NAME})\s+notin\s*\(([^()]*)\)")),
    ("notin", re.compile(rf"({_NAME})\s*!=\s*({_VALUE})")),
    ("in", re.compile(rf"({_NAME})\s*==?\s*({_VALUE})")),
    ("absent", re.compile(rf"!\s*({_NAME})()")),
    ("present", re.compile(rf"({_NAME})()")),
)
_BETWEEN = re.compile(r",(?![^()]*\))")
_VALUE_ALONE = re.compile(_VALUE)


class SelectorError(ValueError):
    """The text is no selector."""


class Requirement(NamedTuple):
    """What one label must be: `in` or `notin` the values, `present` or `absent`."""

    key: str
    operator: str
    values: frozenset[str]

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Say whether labels satisfy it; a label that is not there is not one of any values."""
        value = labels.get(self.key)
        if self.operator == "present":
            return value is not None
        if self.operator == "absent":
            return value is None
        is_one = value is not None and value in self.values
        return is_one if self.operator == "in" else not is_one


class Selector(NamedTuple):
    """All requirements together; none matches everything."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether labels satisfy all requirements."""
        return all(each.holds(labels) for each in self.requirements)

    def may_match(self, labels: Mapping[str, str]) -> bool:
        """Say the same of labels of which some are not known: those may be anything."""
        return all(each.key not in labels or each.holds(labels) for each in self.requirements)

    def wanted(self, key: str) -> frozenset[str] | None:
        """Return the values of a label that it asks for, or None where it takes others too."""
        found = [each.values for each in self.requirements if each.key == key and each.operator == "in"]
        return frozenset.intersection(*found) if found else None


def parse(text: str) -> Selector:
    """Read a selector; an empty one matches everything. Raise SelectorError."""
    if not text.strip():
        return Selector(())
    return Selector(tuple(_requirement(part.strip()) for part in _BETWEEN.split(text)))


def _requirement(text: str) -> Requirement:
    for operator, form in _FORMS:
        found = form.fullmatch(text)
        if found:
            key, rest = found[1], found[2]
            values = frozenset(value.strip() for value in rest.split(",")) if operator in {"in", "notin"} else None
            for value in values or ():
                if not _VALUE_ALONE.fullmatch(value):
                    raise SelectorError(f"{value!r} cannot be the value of a label")
            return Requirement(key, operator, values or frozenset())
    raise SelectorError(f"{text!r} is no requirement of a label selector")
