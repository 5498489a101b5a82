"""A quick test that a decoded event keeps its contract, generated from the contract's own model.

Pydantic says exactly what is wrong with an event, and takes 2 to 3 µs for one that is right. The generated test takes
a tenth of that and may only say "surely right" or "ask Pydantic"; a field it does not know how to test is asked about.
"""

import re
from collections.abc import Callable, Mapping
from enum import EnumType
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import StringConstraints
from pydantic.fields import FieldInfo

from gridctl.contracts.events import Contract

Test = Callable[[Mapping[str, Any]], bool]


def compile_test(model: type[Contract], *, without: frozenset[str]) -> Test:
    """Return a test of an event's fields, those in `without` left out; True means that Pydantic would take it."""
    names: dict[str, Any] = {}
    conditions = [
        _condition(f"event[{name!r}]", field.annotation, field.metadata, names)
        for name, field in model.model_fields.items()
        if name not in without
    ]
    body = " and ".join(conditions) or "True"
    exec(f"def test(event):\n    return {body}", names)  # noqa: S102 -- generated from our own models only
    test: Test = names["test"]
    return test


def _condition(value: str, annotation: Any, metadata: list[Any], names: dict[str, Any]) -> str:  # noqa: PLR0911 -- one return for each kind of annotation
    if get_origin(annotation) is Annotated:
        inner, *extra = get_args(annotation)
        return _condition(value, inner, [*metadata, *_flat(extra)], names)
    if get_origin(annotation) in (Union, UnionType):
        present = [option for option in get_args(annotation) if option is not type(None)]
        if len(present) == 1 and len(get_args(annotation)) > 1:
            return f"({value} is None or {_condition(value, present[0], metadata, names)})"
    if get_origin(annotation) is Literal:
        return f"{value} in {_name(names, frozenset(get_args(annotation)))}"
    if isinstance(annotation, EnumType):
        return f"{value} in {_name(names, frozenset(member.value for member in annotation))}"  # type: ignore[var-annotated] # the members of an enum class that is known at run time only
    if annotation in (int, float):
        return _range(value, metadata)
    if annotation is str:
        return _text(value, metadata, names)
    return "False"  # ask Pydantic


def _flat(metadata: list[Any]) -> list[Any]:
    """Return the constraints of an annotation, those inside a Field among them."""
    flat: list[Any] = []
    for item in metadata:
        flat += item.metadata if isinstance(item, FieldInfo) else [item]
    return flat


def _range(value: str, metadata: list[Any]) -> str:
    """Return a comparison with both bounds: it is also False for what is not a number or infinite."""
    low = [item.ge for item in metadata if hasattr(item, "ge")]
    high = [item.le for item in metadata if hasattr(item, "le")]
    if len(metadata) != len(low) + len(high) or not low or not high:
        return "False"
    return f"{max(low)!r} <= {value} <= {min(high)!r}"


def _text(value: str, metadata: list[Any], names: dict[str, Any]) -> str:
    parts = []
    for item in metadata:
        pattern = getattr(item, "pattern", None)
        if pattern is not None:
            # Python's `$` would let a final line feed pass.
            parts.append(f"{_name(names, re.compile(str(pattern).removesuffix('$')).fullmatch)}({value})")
        if isinstance(item, StringConstraints):
            parts.append(f"{item.min_length or 0} <= len({value}) <= {item.max_length or 0}")
        elif pattern is None:
            return "False"
    return " and ".join(parts) or "False"


def _name(names: dict[str, Any], thing: Any) -> str:
    name = f"c{len(names)}"
    names[name] = thing
    return name
