"""Whether two texts are the same schema, and where they part."""

import json
from typing import Any

from gridctl.contracts.compat import SchemaInvalid
from gridctl.contracts.compat.jsontext import load_json
from gridctl.contracts.compat.model import pointer
from gridctl.gates.schema.references import Source


def same_source(left: Source, right: Source) -> bool:
    """Say whether two schemas are equal as JSON with equal references: blanks, comments, order of keys are free."""
    if sorted(left[1]) != sorted(right[1]):
        return False
    if left[0] == right[0]:
        return True
    try:
        return _exact(load_json(left[0])) == _exact(load_json(right[0]))
    except SchemaInvalid:
        return False


def first_difference(before: str, after: str) -> str:
    """Return the pointer to the first place in the text `after` that differs from `before`; the root if none."""
    try:
        return pointer(_parting(load_json(before), load_json(after)))
    except SchemaInvalid:
        return "/"


def _parting(before: Any, after: Any) -> list[str | int]:
    if isinstance(before, dict) and isinstance(after, dict):
        keys: list[Any] = [key for key in after if key in before]
        is_more = len(after) > len(keys)
        new: list[Any] = [key for key in after if key not in before]
    elif isinstance(before, list) and isinstance(after, list):
        keys = list(range(min(len(before), len(after))))
        is_more = len(after) > len(before)
        new = [len(before)]
    else:
        return []
    for key in keys:
        if _exact(before[key]) != _exact(after[key]):
            return [key, *_parting(before[key], after[key])]
    return new[:1] if is_more else []


def _exact(value: Any) -> str:
    """Return a text that is equal for equal JSON: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)
