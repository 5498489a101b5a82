"""`gridctl schema lint`: whether schemas can be understood, and whether their meaning stayed what it was."""

from collections.abc import Iterator, Mapping, Sequence

from gridctl.avro.model import Enum, Field, Fixed, Record, Schema, SchemaInvalid, pointer
from gridctl.contracts.priority import PriorityLevel
from gridctl.contracts.topics import TopicCatalogue
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.governance.check import strays
from gridctl.governance.findings import finding_in, invalid, unusable
from gridctl.governance.lint_rules import PLATFORM_RULES, RULES, Problem
from gridctl.governance.lint_sites import FieldSite, Leaf, Sites, logical_of, sites_of, unit_of
from gridctl.governance.stores import SchemaTree, StoredSchema, nothing_to_check, parse_stored

Key = tuple[str, str]
"""A record and its field by their names; readers find records by name without the namespace, so it is left out."""

CHANGE_RULES = ("logical-type-changed", "unit-changed", "fixed-size-changed")


class History:
    """What the versions of a subject said so far, the newest word on each field and each fixed type."""

    def __init__(self) -> None:
        self._fields: dict[Key, tuple[int, FieldSite]] = {}
        self._fixed: dict[str, tuple[int, int]] = {}
        self._root: tuple[int, tuple[Leaf, ...]] = (0, ())

    def next(self, version: int, sites: Sites) -> Iterator[tuple[str, Problem]]:
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
                    yield "fixed-size-changed", Problem((*kind.tokens, "size"), words, fix, against)
                self._fixed[kind.node.name] = (version, kind.node.size_bytes)

    def _before(self, site: FieldSite) -> tuple[int, FieldSite] | None:
        records = (site.record.name, *(alias.rpartition(".")[2] for alias in site.record.aliases))
        names = (site.name, *site.field.aliases)
        keys = ((record, name) for record in records for name in names)
        return next((self._fields[key] for key in keys if key in self._fields), None)


def _is_same(old: Field, new: Field) -> bool:
    """Say whether both say the same in the same text; a type that is used by name may say more elsewhere."""
    return old.type.is_flat and new.type.is_flat and bool(old.raw == new.raw)


def _field_changes(against: int, old: FieldSite, new: FieldSite) -> Iterator[tuple[str, Problem]]:
    yield from _logical_changes(f"field {new.name}", against, old.leaves, new.leaves)
    before, after = unit_of(old), unit_of(new)
    then = f"{before or 'not said'} in v{against}"
    if (before is None) != (after is None) or (before and after and not before.means(after)):
        renamed = f" (then {old.name})" if old.name != new.name else ""
        words = f"the unit of field {new.name}{renamed} was {then}, now {after or 'not said'}"
        fix = "keep the unit; values in another one need a new field, without an alias"
        yield "unit-changed", Problem(new.tokens, words, fix, against)


def _logical_changes(
    label: str, against: int, old: Sequence[Leaf], new: Sequence[Leaf]
) -> Iterator[tuple[str, Problem]]:
    for before, after in _paired(old, new):
        then, now = logical_of(before.node), logical_of(after.node)
        if then != now:
            words = f"the logical type of {label} was {then or 'none'} in v{against}, now {now or 'none'}"
            fix = f"keep {then or 'the plain type'}; another meaning needs a new field, without an alias"
            yield "logical-type-changed", Problem(after.tokens, words, fix, against)


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


GATE = "schema-lint"
PRIORITY_FIELD = "priority_level"


def lint(tree: SchemaTree, catalogue: TopicCatalogue | None) -> Verdict:
    """Judge the newest version of each subject, and what changed in meaning from version to version.

    Earlier versions are published and cannot be changed, so only their changes count. `catalogue` is that of the tree,
    where it has one: it says which subjects need the critical-asset tag, and that the tree is the platform's. Raise
    Unavailable where there is nothing to judge.
    """
    if not tree.files:
        raise nothing_to_check(tree.name)
    findings = strays(tree)
    newest: dict[str, Schema | None] = {}
    for subject, files in tree.subjects.items():
        history = History()
        for file in files:
            try:
                schema = parse_stored(file, tree)
            except SchemaInvalid as error:
                newest[subject] = None
                findings.append(invalid(file, error))
                continue
            newest[subject] = schema
            if file is files[-1]:
                findings += unusable(file, schema)
            rules = {**RULES, **(PLATFORM_RULES if catalogue else {})} if file is files[-1] else {}
            sites = sites_of(schema)
            problems = [(rule, problem) for rule, look in rules.items() for problem in look(sites)]
            findings += [_located(file, *found) for found in (*problems, *history.next(file.version, sites))]
    if catalogue:
        findings += _priority_tags(tree, catalogue, newest)
    checked = {
        "schemas": tree.name,
        "subjects": len(tree.subjects),
        "versions": len(tree.files),
        "topics_toml": "applied" if catalogue else "not there",
    }
    return Verdict(GATE, checked, tuple(findings))


def _located(file: StoredSchema, rule: str, problem: Problem) -> Finding:
    path = pointer(problem.tokens)
    return finding_in(file, rule, problem.message, path=path, against=problem.against, fix=problem.fix)


def _priority_tags(
    tree: SchemaTree, catalogue: TopicCatalogue, newest: Mapping[str, Schema | None]
) -> Iterator[Finding]:
    """Say which subjects lack the tag that says whether a load is critical, where topics.toml asks for it."""
    for topic in (topic for topic in catalogue.topic if topic.requires_priority):
        file = tree.newest(topic.subject)
        if file is None:
            yield Finding(
                rule="priority-tag",
                message=f"topic {topic.name} needs {PRIORITY_FIELD}, and its subject {topic.subject} has no schema",
                subject=topic.subject,
                fix=f"add {topic.subject}/v1.avsc, or take the topic out of topics.toml",
            )
            continue
        schema = newest[topic.subject]
        if schema is not None:
            yield from (_located(file, "priority-tag", problem) for problem in _tag_problems(schema, topic.name))


def _tag_problems(schema: Schema, topic: str) -> Iterator[Problem]:
    root = schema.root
    field = root.by_name.get(PRIORITY_FIELD) if isinstance(root, Record) else None
    if not isinstance(root, Record) or field is None:
        words = f"topic {topic} requires the critical-asset tag, and there is no field {PRIORITY_FIELD}"
        yield Problem((), words, f"add field {PRIORITY_FIELD} with the enum PriorityLevel")
        return
    tokens = ("fields", root.fields.index(field), "type")
    levels = [level.value for level in PriorityLevel]
    if not isinstance(field.type, Enum) or set(field.type.symbols) != set(levels):
        fix = f"its type is the enum {', '.join(levels)}"
        yield Problem(tokens, f"the type of {PRIORITY_FIELD} is not the enum of the platform's priorities", fix)
    elif field.type.default != PriorityLevel.UNKNOWN:
        words = f"the default of enum {field.type.name} is not UNKNOWN, which is what protects a load that is not known"
        yield Problem(tokens, words, 'write "default": "UNKNOWN"')
