"""Members of one name in an object: the parser keeps the last one, so a record with two must be looked at closely.

A closer look costs as much as the rest of the validation, so it is taken only at records with more quotation marks
than their reading accounts for. How many that is depends on the model alone, and is generated from it.
"""

import json
from collections.abc import Callable
from enum import EnumType
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

LOOK_CLOSELY = -1


def compile_quotes(model: type[BaseModel]) -> Callable[[Any], int]:
    """Return a function that counts the quotation marks of a reading of this model as JSON.

    Marks within strings are not counted. The function returns LOOK_CLOSELY where the model has a field of a type that
    is not known here.
    """
    strings = _strings_of(model, "reading")
    names: dict[str, Any] = {}
    exec(f"def quotes(reading):\n    return {LOOK_CLOSELY if strings is None else f'2 * ({strings})'}", names)  # noqa: S102 -- generated from our own models only
    quotes: Callable[[Any], int] = names["quotes"]
    return quotes


def _strings_of(model: type[BaseModel], value: str) -> str | None:
    """Return an expression for the number of strings in an object, the names of its members among them."""
    always, sometimes = 0, [f"len({value}.__pydantic_fields_set__)"]
    for name, field in model.model_fields.items():
        strings = _strings(field.annotation, f"{value}.{name}")
        if strings is None:
            return None
        if strings.isdigit():
            always += int(strings)
        else:
            sometimes.append(strings)
    return " + ".join([str(always), *sometimes])


def _strings(annotation: Any, value: str) -> str | None:  # noqa: PLR0911 -- one return for each kind of annotation
    """Return an expression for the number of strings in a value, or None for a type that is not known."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _strings(arguments[0], value)
    if origin in (Union, UnionType):
        present = [_strings(option, value) for option in arguments if option is not type(None)]
        if len(present) != 1 or present[0] is None:
            return None
        return "0" if present[0] == "0" else f"(0 if {value} is None else {present[0]})"
    if annotation in (int, float, bool):
        return "0"
    if annotation is str or (isinstance(annotation, EnumType) and issubclass(annotation, str)):
        return "1"
    if origin is Literal:
        return "1" if all(isinstance(option, str) for option in arguments) else None
    if origin is list:
        each = _strings(arguments[0], "item")
        return None if each is None else f"sum({each} for item in {value})"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _strings_of(annotation, value)
    return None


def repeated_key(raw: bytes) -> str | None:
    """Return the first name that an object of this sound JSON text holds twice."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        repeated.extend(name for index, name in enumerate(names) if name in names[:index])

    json.loads(raw, object_pairs_hook=members)
    return repeated[0] if repeated else None
