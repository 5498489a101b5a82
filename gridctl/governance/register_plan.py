"""What stands between a tree of schemas and a registry: decided before anything is written."""

from dataclasses import dataclass

from gridctl.avro import Level
from gridctl.contracts.audit import AUDIT_SUBJECT
from gridctl.errors import UsageProblem, ViolationFound
from gridctl.governance.check import STRAY_FILE, check_tree, strays
from gridctl.governance.check_base import VERSION_DELETED
from gridctl.governance.check_registry import Matching, match_versions
from gridctl.governance.findings import INVALID_SCHEMA
from gridctl.governance.stores import SchemaStore, SchemaTree, StoredSchema

Place = tuple[str, int]
"""Subject and version."""


@dataclass(frozen=True)
class SetLevel:
    """Give a subject its level."""

    subject: str
    before: str | None
    after: str


@dataclass(frozen=True)
class AddVersion:
    """Register a version. `before` is the text of the one before it, if there is one."""

    file: StoredSchema
    before: str | None


Step = SetLevel | AddVersion


@dataclass(frozen=True)
class Plan:
    """The steps, in an order in which each can be taken; `unchanged` counts versions that are there already.

    `strangers` are versions that the registry holds and the tree does not.
    """

    steps: tuple[Step, ...]
    unchanged: int
    strangers: tuple[StoredSchema, ...] = ()


def plan(tree: SchemaTree, registry: SchemaStore, level: Level = Level.BACKWARD_TRANSITIVE) -> Plan:
    """Return what registering the tree takes.

    Raise UsageProblem where the tree is not one, ViolationFound where `schema check` finds something in it or the
    registry's history is another one; nothing is written either way.
    """
    _require_checked(tree, registry, level)
    order = in_order(tree)
    matched = [_matched(tree, registry, subject) for subject in tree.subjects]
    new = {file for matching in matched for file in matching.candidates}
    steps: list[Step] = []
    for file in order:
        if file in new:
            before = tree.versions(file.subject)[file.version - 2].text if file.version > 1 else None
            steps.append(AddVersion(file, before))
        # After the first version: only then does the ledger's own schema exist, in which this is recorded.
        if file.version == 1 and (now := registry.level(file.subject)) != level:
            steps.append(SetLevel(file.subject, now, level))
    known = {(file.subject, file.version) for file in order}
    held = (version for subject in tree.subjects for version in registry.versions(subject))
    strangers = tuple(version for version in held if (version.subject, version.version) not in known)
    return Plan(tuple(steps), len(order) - len(new), strangers)


def in_order(tree: SchemaTree) -> tuple[StoredSchema, ...]:
    """Return all files, each after its earlier versions and after what it references; the ledger's own come first."""
    files = {(file.subject, file.version): file for file in tree.files}
    done: dict[Place, StoredSchema] = {}

    def visit(place: Place, trail: tuple[Place, ...]) -> None:
        if place in done or place not in files:  # what only the registry holds is there already
            return
        if place in trail:
            words = " → ".join(f"{subject} v{version}" for subject, version in trail)
            raise UsageProblem(f"{files[place].place}: references itself through {words}")
        file = files[place]
        visit((file.subject, file.version - 1), (*trail, place))
        for reference in file.references:
            visit((reference.subject, reference.version), (*trail, place))
        done[place] = file

    for place in sorted(files, key=lambda place: (place[0] != AUDIT_SUBJECT, place)):
        visit(place, ())
    return tuple(done.values())


def _require_checked(tree: SchemaTree, registry: SchemaStore, level: Level) -> None:
    """Refuse the first thing that `schema check` finds in the tree; its references may also lead into the registry."""
    if not tree.files:
        raise UsageProblem(f"{tree.name}: holds no schema", next_step="name the tree of schemas, <subject>/vN.avsc")
    for found in (*strays(tree), *check_tree(tree, level, tree.subjects, registry).findings):
        kind = UsageProblem if found.rule in (STRAY_FILE, INVALID_SCHEMA) else ViolationFound
        raise kind(
            f"{found.file}:{found.line}:{found.column}: {found.message}",
            next_step=f"{found.fix}; `gridctl schema check` shows everything",
        )


def _matched(tree: SchemaTree, registry: SchemaStore, subject: str) -> Matching:
    """Match a subject with the registry; ViolationFound where number or content differ, or a version is gone there."""
    matching = match_versions(tree, registry, subject)
    for found in matching.findings:
        if found.rule != VERSION_DELETED:
            raise ViolationFound(
                f"{found.file}: {found.message}",
                next_step="`gridctl schema check --registry URL` shows both",
            )
    for file in matching.candidates:
        if any(version.version > file.version for version in registry.versions(subject)):
            raise ViolationFound(
                f"{file.place}: the registry has later versions of {subject} and not this one",
                next_step="`gridctl audit verify` says what was registered or deleted out of band",
            )
    return matching
