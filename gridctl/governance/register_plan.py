"""What stands between a tree of schemas and a registry: decided before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridctl.avro import Level, Schema, SchemaInvalid, check
from gridctl.avro.fingerprint import fingerprint
from gridctl.contracts.audit import AUDIT_SUBJECT
from gridctl.contracts.registry import SchemaRegistry, SchemaVersion
from gridctl.errors import Unavailable, UsageProblem, ViolationFound
from gridctl.governance.sources import Texts
from gridctl.governance.tree import SchemaFile, SchemaTree

Place = tuple[str, int]


@dataclass(frozen=True)
class SetLevel:
    """Give a subject its level."""

    subject: str
    before: str | None
    after: str


@dataclass(frozen=True)
class AddVersion:
    """Register a version. `before` is the text of the one before it, if there is one."""

    file: SchemaFile
    before: str | None


Step = SetLevel | AddVersion


@dataclass(frozen=True)
class Plan:
    """The steps, in an order in which each can be taken; `unchanged` counts versions that are there already.

    `strangers` are versions that the registry holds and the tree does not.
    """

    steps: tuple[Step, ...]
    unchanged: int
    strangers: tuple[SchemaVersion, ...] = ()


def plan(tree: SchemaTree, registry: SchemaRegistry, level: Level = Level.BACKWARD_TRANSITIVE) -> Plan:
    """Return what registering the tree takes.

    Raise UsageProblem for a tree that is none, ViolationFound where the tree breaks the level or the registry's
    history is another one; nothing is written either way.
    """
    _require_whole(tree)
    held = {subject: registry.versions(subject) for subject in tree.subjects}
    levels = {subject: registry.level(subject) for subject in tree.subjects}
    order = in_order(tree, registry)
    _require_compatible(tree, order, held, registry, level)
    steps: list[Step] = []
    for file in order:
        if not _is_held(file, held[file.subject]):
            before = tree.subjects[file.subject][file.version - 2].text if file.version > 1 else None
            steps.append(AddVersion(file, before))
        # After the first version: only then does the ledger's own schema exist, in which this is recorded.
        if file.version == 1 and levels[file.subject] != level:
            steps.append(SetLevel(file.subject, levels[file.subject], level))
    strangers = [version for versions in held.values() for version in versions if not _is_in(tree, version)]
    return Plan(tuple(steps), len(order) - sum(isinstance(step, AddVersion) for step in steps), tuple(strangers))


def in_order(tree: SchemaTree, registry: SchemaRegistry) -> tuple[SchemaFile, ...]:
    """Return all files, each after its earlier versions and after what it references; the ledger's own come first."""
    files = {(file.subject, file.version): file for file in tree.files}
    done: dict[Place, SchemaFile] = {}

    def visit(place: Place, trail: tuple[Place, ...]) -> None:
        if place in done:
            return
        if place in trail:
            raise UsageProblem(f"{files[place].path}: references itself through {_named(trail)}")
        file = files[place]
        if file.version > 1:
            visit((file.subject, file.version - 1), (*trail, place))
        for reference in file.references:
            target = (reference.subject, reference.version)
            if target in files:
                visit(target, (*trail, place))
            elif all(version.version != reference.version for version in registry.versions(reference.subject)):
                raise UsageProblem(
                    f"{file.path}: references {reference.subject} version {reference.version}, "
                    "which neither the tree nor the registry holds",
                    next_step="add it to the tree, or fix the reference",
                )
        done[place] = file

    for place in sorted(files, key=lambda place: (place[0] != AUDIT_SUBJECT, place)):
        visit(place, ())
    return tuple(done.values())


def _require_whole(tree: SchemaTree) -> None:
    if not tree.files:
        raise UsageProblem(f"{tree.root}: holds no schema", next_step="name the tree of schemas, <subject>/vN.avsc")
    if tree.strays:
        raise UsageProblem(
            f"{tree.strays[0]}: is not a version of a subject", next_step="name it <subject>/vN.avsc, or move it away"
        )
    for subject, versions in tree.subjects.items():
        for wanted, file in enumerate(versions, 1):
            if file.version != wanted:
                raise ViolationFound(
                    f"{tree.root}: {subject} has no v{wanted}.avsc before {file.path}",
                    next_step="keep every version that was published, from v1 without gaps",
                )


def _is_held(file: SchemaFile, held: Sequence[SchemaVersion]) -> bool:
    """Say whether the registry holds the file under its number; ViolationFound where number or content differ."""
    if not held:
        return False
    mark = (fingerprint(file.text), sorted(file.references))
    for version in held:
        same = (fingerprint(version.schema), sorted(version.references)) == mark
        if same and version.version == file.version:
            return True
        if same or version.version == file.version:
            words = f"holds it as version {version.version}" if same else "holds another schema under that version"
            raise ViolationFound(
                f"{file.path}: the registry {words}",
                next_step="a published version never changes: `gridctl schema check --registry URL` shows both",
            )
    if any(version.version > file.version for version in held):
        raise ViolationFound(
            f"{file.path}: the registry has later versions of {file.subject} and not this one",
            next_step="`gridctl audit verify` says what was registered or deleted out of band",
        )
    return False


def _is_in(tree: SchemaTree, version: SchemaVersion) -> bool:
    return any(file.version == version.version for file in tree.subjects[version.subject])


def _require_compatible(
    tree: SchemaTree,
    order: Sequence[SchemaFile],
    held: Mapping[str, Sequence[SchemaVersion]],
    registry: SchemaRegistry,
    level: Level,
) -> None:
    """Raise ViolationFound where a version breaks the level against earlier ones of the tree or the registry."""
    texts = Texts(tree, registry)
    parsed: dict[str, dict[int, Schema]] = {}
    for file in order:
        history = parsed.setdefault(file.subject, {})
        candidate = _parsed(file, texts)
        for version in held[file.subject]:
            if version.version < file.version and version.version not in history:
                history[version.version] = _registered(version, texts)
        breaks = check(level, candidate, sorted(history.items()))
        if breaks:
            first = breaks[0]
            raise ViolationFound(
                f"{file.path}: breaks {level} against version {first.version}: {first.incompatibility.message}",
                next_step=f"{first.incompatibility.fix}; `gridctl schema check` shows all of it",
            )
        history[file.version] = candidate


def _parsed(file: SchemaFile, texts: Texts) -> Schema:
    try:
        return texts.of_file(file)
    except SchemaInvalid as error:
        raise UsageProblem(
            f"{file.path}: is not an Avro schema: {error.message}", next_step="fix the schema"
        ) from error


def _registered(version: SchemaVersion, texts: Texts) -> Schema:
    try:
        return texts.of_version(version)
    except SchemaInvalid as error:
        raise Unavailable(
            f"{version.subject} version {version.version}: the registry's schema cannot be read: {error.message}"
        ) from error


def _named(trail: Sequence[Place]) -> str:
    return " → ".join(f"{subject} v{version}" for subject, version in trail)
