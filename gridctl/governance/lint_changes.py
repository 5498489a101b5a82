"""The lint rules about what changed between versions: meanings that `compatible` says nothing of.

Avro's readers resolve types and names. That 12.34 was 1234 in another scale, or watts became kilowatts, they do not
see: so each of these is an error, whichever way the change goes.
"""

from collections.abc import Iterator, Mapping, Sequence

from gridctl.avro.model import Field, Fixed
from gridctl.governance.lint_rules import Remark
from gridctl.governance.lint_sites import FieldSite, Leaf, Sites
from gridctl.governance.lint_units import unit_of

Key = tuple[str, str]
"""A record and its field by their names; readers find records by name without the namespace, so it is left out."""

CHANGE_RULES = ("logical-type-changed", "unit-changed", "fixed-size-changed")


class History:
    """What the versions of a subject said so far, the newest word on each field and each fixed type."""

    def __init__(self) -> None:
        self._fields: dict[Key, tuple[int, FieldSite]] = {}
        self._fixed: dict[str, tuple[int, int]] = {}
        self._root: tuple[int, tuple[Leaf, ...]] = (0, ())

    def next(self, version: int, sites: Sites) -> Iterator[tuple[str, Remark]]:
        """Yield each changed meaning of this version with the id of its rule, then count it as said."""
        yield from _logical_changes("the schema", *self._root, sites.root)
        self._root = (version, sites.root)
        found: dict[Key, tuple[int, FieldSite]] = {}
        for site in sites.fields:
            earlier = self._before(site)
            if earlier is not None and not _is_same(earlier[1].field, site.field):
                yield from _field_changes(earlier[0], earlier[1], site)
            found[site.record.name, site.name] = (version, site)
        self._fields.update(found)
        for kind in sites.types:
            if isinstance(kind.node, Fixed):
                against, size = self._fixed.get(kind.node.name, (version, kind.node.size_bytes))
                if size != kind.node.size_bytes:
                    words = f"fixed {kind.node.name} had {size} bytes in v{against}, now {kind.node.size_bytes}"
                    fix = f"keep {size}; another size is a type of another name in a new field"
                    yield "fixed-size-changed", Remark((*kind.tokens, "size"), words, fix, against)
                self._fixed[kind.node.name] = (version, kind.node.size_bytes)

    def _before(self, site: FieldSite) -> tuple[int, FieldSite] | None:
        records = (site.record.name, *(alias.rpartition(".")[2] for alias in site.record.aliases))
        names = (site.name, *site.field.aliases)
        keys = ((record, name) for record in records for name in names)
        return next((self._fields[key] for key in keys if key in self._fields), None)


def _is_same(old: Field, new: Field) -> bool:
    """Say whether both say the same in the same text; a type that is used by name may say more elsewhere."""
    return old.type.is_flat and new.type.is_flat and bool(old.raw == new.raw)


def _field_changes(against: int, old: FieldSite, new: FieldSite) -> Iterator[tuple[str, Remark]]:
    yield from _logical_changes(f"field {new.name}", against, old.leaves, new.leaves)
    before, after = unit_of(old), unit_of(new)
    then = f"{before or 'not said'} in v{against}"
    if (before is None) != (after is None) or (before and after and not before.means(after)):
        renamed = f" (then {old.name})" if old.name != new.name else ""
        words = f"the unit of field {new.name}{renamed} was {then}, now {after or 'not said'}"
        fix = "keep the unit; values in another one need a new field, without an alias"
        yield "unit-changed", Remark(new.tokens, words, fix, against)


def _logical_changes(
    label: str, against: int, old: Sequence[Leaf], new: Sequence[Leaf]
) -> Iterator[tuple[str, Remark]]:
    for before, after in _paired(old, new):
        if before.logical != after.logical:
            then = f"{before.logical or 'none'} in v{against}"
            words = f"the logical type of {label} was {then}, now {after.logical or 'none'}"
            fix = f"keep {before.logical or 'the plain type'}; another meaning needs a new field, without an alias"
            yield "logical-type-changed", Remark(after.tokens, words, fix, against)


def _paired(old: Sequence[Leaf], new: Sequence[Leaf]) -> Iterator[tuple[Leaf, Leaf]]:
    """Pair types by place and kind; where one is left on each side of a place, they are a pair too (int and long)."""
    for path in dict.fromkeys(leaf.path for leaf in new):
        before = _by_kind(old, path)
        after = _by_kind(new, path)
        for kind in before.keys() & after.keys():
            yield before.pop(kind), after.pop(kind)
        if len(before) == len(after) == 1:
            yield next(iter(before.values())), next(iter(after.values()))


def _by_kind(leaves: Sequence[Leaf], path: str) -> dict[str, Leaf]:
    kinds: Mapping[str, Leaf] = {leaf.node.label: leaf for leaf in leaves if leaf.path == path}
    return {kind: leaf for kind, leaf in kinds.items() if kind != "null"}
