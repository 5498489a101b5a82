"""Whether two texts are the same schema, and where they part."""

import json
from typing import Any

from gridctl.avro import SchemaInvalid
from gridctl.avro.fingerprint import fingerprint, normal_form
from gridctl.avro.model import pointer
from gridctl.governance.references import Source


def identity(source: Source) -> tuple[object, ...]:
    """Return what two sources share when they are one schema: layout and ways to spell a name are free."""
    text, references = source
    try:
        return (fingerprint(text), *sorted(references))
    except (SchemaInvalid, RecursionError):
        return (text, *sorted(references))


def same_source(left: Source, right: Source) -> bool:
    """Say whether two schemas are one."""
    return left == right or identity(left) == identity(right)


def first_difference(before: str, after: str) -> str:
    """Return the pointer to the first place in the schema `after` that differs from `before`; the root if none."""
    try:
        return pointer(_parting(normal_form(before), normal_form(after)))
    except (SchemaInvalid, RecursionError):
        return "/"


def _parting(before: Any, after: Any) -> list[str | int]:
    if isinstance(before, dict) and isinstance(after, dict):
        keys: list[Any] = [key for key in after if key in before]
        new: list[Any] = [key for key in after if key not in before]
    elif isinstance(before, list) and isinstance(after, list):
        keys = list(range(min(len(before), len(after))))
        new = list(range(len(before), len(after)))
    else:
        return []
    for key in keys:
        if _exact(before[key]) != _exact(after[key]):
            return [key, *_parting(before[key], after[key])]
    return new[:1]


def _exact(value: Any) -> str:
    """Return a text that is equal for equal JSON: 1 and true are two values."""
    return json.dumps(value, sort_keys=True)
