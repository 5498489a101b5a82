"""`gridctl schema lint`: whether schemas can be understood, and whether their meaning stayed what it was."""

from collections.abc import Iterator, Mapping

from gridctl.avro.model import Enum, Record, Schema, SchemaInvalid, pointer
from gridctl.avro.positions import Positions
from gridctl.contracts.priority import PriorityLevel
from gridctl.contracts.topics import TopicCatalogue
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.errors import Unavailable
from gridctl.governance.check import strays
from gridctl.governance.lint_changes import History
from gridctl.governance.lint_rules import PLATFORM_RULES, RULES, Remark
from gridctl.governance.lint_sites import sites_of
from gridctl.governance.places import invalid, unusable
from gridctl.governance.references import parse_source, tree_lookup
from gridctl.governance.tree import SchemaFile, SchemaTree

GATE = "schema-lint"
PRIORITY_FIELD = "priority_level"


def lint(tree: SchemaTree, catalogue: TopicCatalogue | None) -> Verdict:
    """Judge the newest version of each subject, and what changed in meaning from version to version.

    Earlier versions are published and cannot be mended, so only their changes count. `catalogue` is that of the tree,
    where it has one: it says which subjects need the critical-asset tag, and that the tree is the platform's. Raise
    Unavailable where there is nothing to judge.
    """
    if not tree.files:
        raise Unavailable(
            f"{tree.root}: no schema <subject>/vN.avsc to lint", next_step="name the tree with --schemas DIR"
        )
    findings = strays(tree)
    lookup = tree_lookup(tree)
    newest: dict[str, Schema | None] = {}
    for subject, files in tree.subjects.items():
        history = History()
        for file in files:
            try:
                schema = parse_source((file.text, file.references), lookup)
            except SchemaInvalid as error:
                newest[subject] = None
                findings.append(invalid(file, error, version=file.version))
                continue
            newest[subject] = schema
            if file is files[-1]:
                findings += unusable(file, schema)
            rules = {**RULES, **(PLATFORM_RULES if catalogue else {})} if file is files[-1] else {}
            sites = sites_of(schema)
            remarks = [(rule, remark) for rule, look in rules.items() for remark in look(sites)]
            findings += _located(file, [*remarks, *history.next(file.version, sites)])
    if catalogue:
        findings += _priority_tags(tree, catalogue, newest)
    checked = {
        "schemas": tree.root,
        "subjects": len(tree.subjects),
        "versions": len(tree.files),
        "topics_toml": "applied" if catalogue else "not there",
    }
    return Verdict(GATE, checked, tuple(findings))


def _located(file: SchemaFile, remarks: list[tuple[str, Remark]]) -> list[Finding]:
    positions = Positions(file.text)
    found = []
    for rule, remark in remarks:
        path = pointer(remark.tokens)
        line, column = positions.find(path)
        found.append(
            Finding(
                rule=rule,
                message=remark.message,
                subject=file.subject,
                version=file.version,
                against=remark.against,
                path=path,
                file=file.path,
                line=line,
                column=column,
                fix=remark.fix,
            )
        )
    return found


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
            yield from _located(file, [("priority-tag", remark) for remark in _tag_remarks(schema, topic.name)])


def _tag_remarks(schema: Schema, topic: str) -> Iterator[Remark]:
    root = schema.root
    field = root.by_name.get(PRIORITY_FIELD) if isinstance(root, Record) else None
    if not isinstance(root, Record) or field is None:
        words = f"topic {topic} requires the critical-asset tag, and there is no field {PRIORITY_FIELD}"
        yield Remark((), words, f"add field {PRIORITY_FIELD} with the enum PriorityLevel")
        return
    tokens = ("fields", root.fields.index(field), "type")
    levels = [level.value for level in PriorityLevel]
    if not isinstance(field.type, Enum) or set(field.type.symbols) != set(levels):
        fix = f"its type is the enum {', '.join(levels)}"
        yield Remark(tokens, f"{PRIORITY_FIELD} does not tell the priorities of the platform apart", fix)
    elif field.type.default != PriorityLevel.UNKNOWN:
        words = f"the default of enum {field.type.name} is not UNKNOWN, which is what protects a load nobody knows"
        yield Remark(tokens, words, 'write "default": "UNKNOWN"')
