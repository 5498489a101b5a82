"""What Confluent's server takes although the Avro specification forbids it, parsed for comparison only.

Its parser checks neither namespaces (`foo-bar`) nor whether a field's default fits the field's type. Registries of
other makers, and the clients that were written against them, count on both. What is stored is the text as it came.
"""

import re
from collections.abc import Sequence
from typing import Any

from gridctl.avro import Schema, SchemaInvalid, parse_json
from gridctl.avro.model import ABSENT, Record
from gridctl.avro.names import NAMED_KINDS

_UNFIT = re.compile(r"[^A-Za-z0-9_.]|(?<![^.])(?=[0-9])")


def parse_leniently(document: Any, references: Sequence[Any]) -> Schema | None:
    """Return the schema graph with odd namespaces spelt out and all defaults taken as they are, or None."""
    defaults: dict[int, Any] = {}
    try:
        relaxed = [_relax(reference, defaults) for reference in (*references, document)]
        schema = parse_json(relaxed[-1], relaxed[:-1])
    except (SchemaInvalid, RecursionError):
        return None
    for named in schema.names.values():
        for field in named.fields if isinstance(named, Record) else ():
            field.default = defaults.get(id(field.raw), ABSENT)
    return schema


def _relax(node: Any, defaults: dict[int, Any]) -> Any:
    """Return a copy of a type without fields' defaults, which go to `defaults` by the id of the copied field."""
    if isinstance(node, str):
        return _relax_name(node)
    if isinstance(node, list):
        return [_relax(branch, defaults) for branch in node]
    if not isinstance(node, dict):
        return node
    copy = dict(node)
    kind = node.get("type")
    if isinstance(kind, str) and kind in NAMED_KINDS:
        spelling = {"name": _relax_name, "namespace": _spell_out}
        copy |= {key: spell(node[key]) for key, spell in spelling.items() if isinstance(node.get(key), str)}
        if isinstance(node.get("aliases"), list):
            copy["aliases"] = [_relax_name(alias) if isinstance(alias, str) else alias for alias in node["aliases"]]
    for part in ("items", "values"):
        if part in node:
            copy[part] = _relax(node[part], defaults)
    if kind in ("record", "error") and isinstance(node.get("fields"), list):
        copy["fields"] = [_relax_field(field, defaults) for field in node["fields"]]
    return copy


def _relax_field(field: Any, defaults: dict[int, Any]) -> Any:
    if not isinstance(field, dict):
        return field
    copy = dict(field)
    if "type" in field:
        copy["type"] = _relax(field["type"], defaults)
    if "default" in field:
        defaults[id(copy)] = copy.pop("default")
    return copy


def _relax_name(name: str) -> str:
    """Spell out a full name's namespace; the last part stays as strict as it is."""
    before, dot, last = name.rpartition(".")
    return f"{_spell_out(before)}.{last}" if dot else name


def _spell_out(space: str) -> str:
    return _UNFIT.sub(lambda match: f"_x{ord(match[0]):x}_" if match[0] else "_", space)
