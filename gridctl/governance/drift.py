"""`gridctl schema drift`: whether the models that the code validates with say what the Avro files say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from gridctl.avro import Schema, SchemaInvalid
from gridctl.avro.model import ABSENT, Collection, Enum, Field, Json, Node, Primitive, Record, Tokens, Union, pointer
from gridctl.contracts.assets import ASSET_TOPIC, AssetRecord
from gridctl.contracts.audit import AUDIT_SUBJECT, AuditEntry
from gridctl.contracts.deadletter import DeadLetter
from gridctl.contracts.kinds import KINDS
from gridctl.contracts.topics import TopicCatalogue
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.governance.drift_model import UNSAID, ModelField, ModelType, Shape, fields_of
from gridctl.governance.findings import finding_in, invalid
from gridctl.governance.kinds import kind_findings
from gridctl.governance.lint_sites import suffix_of
from gridctl.governance.stores import SchemaTree, StoredSchema, nothing_to_check, parse_stored

# What an Avro type may be for each kind of the model; the first one is what to write.
AVRO_OF_KIND = {
    "string": ("string",),
    "integer": ("long",),
    "number": ("double",),
    "boolean": ("boolean",),
    "bytes": ("bytes", "fixed"),
    "enum": ("enum",),
    "record": ("record",),
    "array": ("array",),
    "map": ("map",),
}
# Types of Python whose values Avro holds in another type, told by the logical type.
BASE_OF_LOGICAL = {"date": ("int",), "time-millis": ("int",), "uuid": ("string", "fixed")}

RULES = ("missing-field", "extra-field", "type", "nullable", "default", "symbols", "logical-type", "unit-in-name")


class Difference(NamedTuple):
    """Where the schema says something else than the model."""

    rule: str
    tokens: Tokens
    message: str
    fix: str


def compare_fields(model: Mapping[str, ModelField], record: Record, tokens: Tokens) -> Iterator[Difference]:
    """Yield the differences between a model's fields and a record, whose definition stands at `tokens`."""
    places = {field.name: (*tokens, "fields", at) for at, field in enumerate(record.fields)}
    missing = [name for name in model if name not in record.by_name and not model[name].is_constant]
    extra = [name for name in places if name not in model]
    for name in missing:
        twin = next((other for other in extra if _differ_in_unit(name, other)), None)
        if twin is not None:
            extra.remove(twin)
            words = f"the model's field is {name}, the schema's {twin}: they differ in the unit"
            yield Difference("unit-in-name", (*places[twin], "name"), words, "say one unit in both")
            continue
        words = f"the model has field {name} ({model[name].type.label}), record {record.name} has not"
        yield Difference("missing-field", (*tokens, "fields"), words, f"add {name} to the schema, or drop it in both")
    for name in extra:
        words = f"record {record.name} has field {name}, the model has not"
        yield Difference("extra-field", places[name], words, f"add {name} to the model, or drop it in both")
    for name, place in places.items():
        if name in model:
            yield from _compare_field(model[name], record.by_name[name], place)


def _differ_in_unit(left: str, right: str) -> bool:
    same_stem = left.rpartition("_")[0] == right.rpartition("_")[0]
    return same_stem and suffix_of(left) is not None and suffix_of(right) is not None


def _compare_field(model: ModelField, field: Field, tokens: Tokens) -> Iterator[Difference]:
    yield from _compare_type(model.name, model.type, field.type, field.raw["type"], (*tokens, "type"))
    if model.default is UNSAID and not model.is_required:
        return  # a function makes it
    said = "no default" if model.default is UNSAID else f"the default {_words(model.default)}"
    has = "no default" if field.default is ABSENT else f"the default {_words(field.default)}"
    if said != has:
        place = tokens if field.default is ABSENT else (*tokens, "default")
        words = f"field {model.name} has {said} in the model and {has} in the schema"
        yield Difference("default", place, words, "say the same in both")


def _words(default: object) -> str:
    if isinstance(default, int | float) and not isinstance(default, bool):
        return repr(float(default))
    return repr(default)


def _compare_type(name: str, model: ModelType, node: Node, raw: Json, tokens: Tokens) -> Iterator[Difference]:
    branches = _branches(node, raw, tokens)
    nullable = any(branch.kind == "null" for branch, _, _ in branches)
    if nullable != model.nullable:
        words = "may be null in the model, not in the schema" if model.nullable else "may be null in the schema alone"
        yield Difference("nullable", tokens, f"field {name} {words}", "let both allow null, or neither")
    rest = [branch for branch in branches if branch[0].kind != "null"]
    # A single type is compared with a single branch whatever it is; of several, each finds the one of its kind.
    for shape in model.options:
        single = len(model.options) == len(rest) == 1
        match = next((each for each in rest if single or _takes(shape, each[0])), None)
        if match is None:
            words = f"field {name} may be {shape.label} in the model, not in the schema ({node.label})"
            yield Difference("type", tokens, words, "let both allow the same types")
            continue
        rest.remove(match)
        yield from _compare_shape(name, shape, *match)
    for branch, _, place in rest:
        words = f"field {name} may be {branch.label} in the schema, not in the model ({model.label})"
        yield Difference("type", place, words, "let both allow the same types")


def _branches(node: Node, raw: Json, tokens: Tokens) -> list[tuple[Node, Json, Tokens]]:
    if isinstance(node, Union):
        return [(branch, raw[at], (*tokens, at)) for at, branch in enumerate(node.branches)]
    return [(node, raw, tokens)]


def _expected(shape: Shape) -> Sequence[str]:
    if shape.logical and shape.kind == "string":
        return BASE_OF_LOGICAL.get(shape.logical[0], ("long",))
    if shape.kind == "integer" and shape.fits_int:
        return ("int", "long")
    return AVRO_OF_KIND.get(shape.kind, ())


def _takes(shape: Shape, node: Node) -> bool:
    return node.kind in _expected(shape)


def _compare_shape(name: str, shape: Shape, node: Node, raw: Json, tokens: Tokens) -> Iterator[Difference]:
    if not _takes(shape, node):
        wanted = " or ".join(_expected(shape)) or "nothing that Avro has"
        bounds = " without the bounds of an int" if shape.kind == "integer" and node.kind == "int" else ""
        words = f"field {name} is {shape.label}{bounds} in the model, which is {wanted}, and {node.label} in the schema"
        yield Difference("type", tokens, words, "say the same type in both")
        return
    if isinstance(node, Enum):
        yield from _compare_symbols(
            name, shape.symbols, node, (*tokens, "symbols") if isinstance(raw, dict) else tokens
        )
    elif isinstance(node, Record) and shape.fields is not None:
        yield from compare_fields(shape.fields, node, tokens)
    elif isinstance(node, Collection) and shape.below is not None:
        yield from _compare_type(name, shape.below, node.content, raw[node.key], (*tokens, node.key))
    elif isinstance(node, Primitive):
        logical = raw.get("logicalType") if isinstance(raw, dict) else None
        if (logical in shape.logical) if shape.logical else logical is None:
            return
        wanted = " or ".join(shape.logical) or "no logical type"
        words = f"field {name} has {wanted} in the model and {logical or 'no logical type'} in the schema"
        yield Difference("logical-type", tokens, words, "say the same in both")


def _compare_symbols(name: str, symbols: Sequence[str], node: Enum, tokens: Tokens) -> Iterator[Difference]:
    only_model = [symbol for symbol in symbols if symbol not in node.symbols]
    only_schema = [symbol for symbol in node.symbols if symbol not in symbols]
    for which, lacking in ((only_model, "the schema"), (only_schema, "the model")):
        if which:
            words = f"field {name}: {lacking} lacks {', '.join(which)}"
            yield Difference("symbols", tokens, words, f"add {', '.join(which)} to {lacking}, or drop in both")


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
        raise nothing_to_check(tree.name)
    findings: list[Finding] = []
    compared = 0
    for subject, model in models.items():
        file = tree.newest(subject)
        if file is None:
            words = f"model {model.__name__} has no schema in {tree.name}"
            fix = f"add {subject}/v1.avsc, or name the right tree with --schemas"
            findings.append(Finding(rule="no-schema", message=words, subject=subject, fix=fix))
            continue
        try:
            schema = parse_stored(file, tree)
        except SchemaInvalid as error:
            findings.append(invalid(file, error))
            continue
        findings += _findings(file, model, schema)
        compared += 1
    words = "there is no model for this subject, so it is not compared with one"
    findings += (
        finding_in(files[-1], "no-model", words, severity="warning")
        for subject, files in tree.subjects.items()
        if subject not in models
    )
    if catalogue:
        findings += kind_findings(KINDS, catalogue, f"{tree.name}/topics.toml")
    checked = {
        "schemas": tree.name,
        "models": len(models),
        "compared": compared,
        "topics_toml": "applied" if catalogue else "not there",
    }
    return Verdict(GATE, checked, tuple(findings))


def _findings(file: StoredSchema, model: type[BaseModel], schema: Schema) -> Iterator[Finding]:
    root = schema.root
    if isinstance(root, Record):
        differences = compare_fields(fields_of(model), root, ())
    else:
        words = f"the schema is {root.label}, the model a record"
        differences = iter([Difference("type", (), words, "make it a record")])
    for rule, tokens, words, fix in differences:
        yield finding_in(file, rule, f"{model.__name__}: {words}", path=pointer(tokens), fix=fix)
