"""`gridctl schema drift`: whether the models that the code validates with say what the Avro files say."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from gridctl.avro.model import Record, Schema, SchemaInvalid, pointer
from gridctl.avro.positions import Positions
from gridctl.contracts.assets import ASSET_TOPIC, AssetRecord
from gridctl.contracts.audit import AUDIT_SUBJECT, AuditEntry
from gridctl.contracts.deadletter import DeadLetter
from gridctl.contracts.kinds import KINDS
from gridctl.contracts.topics import TopicCatalogue
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.errors import Unavailable
from gridctl.governance.drift_compare import Difference, compare_fields
from gridctl.governance.drift_model import fields_of
from gridctl.governance.kinds import kind_findings
from gridctl.governance.places import invalid
from gridctl.governance.references import parse_source, tree_lookup
from gridctl.governance.tree import SchemaFile, SchemaTree

GATE = "schema-drift"

MODELS: Mapping[str, type[BaseModel]] = {
    **{kind.subject: kind.event for kind in KINDS.values()},
    f"{ASSET_TOPIC}-value": AssetRecord,
    "grid.dead-letter-value": DeadLetter,
    AUDIT_SUBJECT: AuditEntry,
}
"""The model of each subject."""


def drift(
    tree: SchemaTree, models: Mapping[str, type[BaseModel]] = MODELS, catalogue: TopicCatalogue | None = None
) -> Verdict:
    """Compare each model with the newest version of its subject, in both directions, and the kinds with their topics.

    A model without a schema is an error; a schema without a model is a warning, since other languages write too.
    `catalogue` is that of the tree, where it has one. Raise Unavailable where there is no schema at all.
    """
    if not tree.files:
        raise Unavailable(
            f"{tree.root}: no schema <subject>/vN.avsc to compare", next_step="name the tree with --schemas DIR"
        )
    findings: list[Finding] = []
    compared = 0
    lookup = tree_lookup(tree)
    for subject, model in models.items():
        file = tree.newest(subject)
        if file is None:
            findings.append(_without_schema(tree, subject, model))
            continue
        try:
            schema = parse_source((file.text, file.references), lookup)
        except SchemaInvalid as error:
            findings.append(invalid(file, error, version=file.version))
            continue
        findings += _findings(file, model, schema)
        compared += 1
    findings += (_without_model(files[-1]) for subject, files in tree.subjects.items() if subject not in models)
    if catalogue:
        findings += kind_findings(KINDS, catalogue, f"{tree.root}/topics.toml")
    checked = {
        "schemas": tree.root,
        "models": len(models),
        "compared": compared,
        "topics_toml": "applied" if catalogue else "not there",
    }
    return Verdict(GATE, checked, tuple(findings))


def _without_schema(tree: SchemaTree, subject: str, model: type[BaseModel]) -> Finding:
    return Finding(
        rule="no-schema",
        message=f"model {model.__name__} has no schema in {tree.root}",
        subject=subject,
        fix=f"add {subject}/v1.avsc, or name the right tree with --schemas",
    )


def _without_model(file: SchemaFile) -> Finding:
    return Finding(
        rule="no-model",
        severity="warning",
        message="no model stands for this subject, so nothing is compared with it",
        subject=file.subject,
        version=file.version,
        file=file.path,
        line=1,
        column=1,
    )


def _findings(file: SchemaFile, model: type[BaseModel], schema: Schema) -> Iterator[Finding]:
    positions = Positions(file.text)
    for difference in _differences(model, schema):
        path = pointer(difference.tokens)
        line, column = positions.find(path)
        yield Finding(
            rule=difference.rule,
            message=f"{model.__name__}: {difference.message}",
            subject=file.subject,
            version=file.version,
            path=path,
            file=file.path,
            line=line,
            column=column,
            fix=difference.fix,
        )


def _differences(model: type[BaseModel], schema: Schema) -> Iterator[Difference]:
    if not isinstance(schema.root, Record):
        yield Difference("type", (), f"the schema is {schema.root.label}, the model a record", "make it a record")
        return
    yield from compare_fields(fields_of(model), schema.root, ())
