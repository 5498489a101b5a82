"""Which schemas the retained log still needs: a reader is safe only where it can read every one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gridctl.avro import SchemaInvalid, can_read, parse
from gridctl.contracts.framing import FramingError, schema_id_of
from gridctl.contracts.registry import SchemaRegistry, SchemaVersion
from gridctl.contracts.verdict import Finding
from gridctl.errors import UsageProblem
from gridctl.governance.sources import Texts
from gridctl.governance.tree import SchemaFile, SchemaTree

READ_FROM_KAFKA = frozenset(("DECODE", "APPLY"))
"""The stages whose dead letters hold a record of the topic as it was; earlier ones hold what a device sent."""


@dataclass
class Use:
    """How often an id occurs in one place, and when first and last (the broker's record time)."""

    count: int = 0
    first_ms: int = 0
    last_ms: int = 0

    def add(self, time_ms: int) -> None:
        """Count one more."""
        self.first_ms = min(self.first_ms, time_ms) if self.count else time_ms
        self.last_ms = max(self.last_ms, time_ms)
        self.count += 1


@dataclass
class Census:
    """The ids that occur, by place (`iot.thermostat`, `iot.thermostat.dlq`, `raw in iot.thermostat.dlq`)."""

    uses: dict[tuple[str, int], Use] = field(default_factory=dict)
    records: int = 0
    unframed: dict[str, int] = field(default_factory=dict)
    letters_unread: dict[str, int] = field(default_factory=dict)

    def add(self, place: str, value: bytes | None, time_ms: int) -> None:
        """Count a record. A tombstone has no value and needs no schema."""
        self.records += 1
        if value is None:
            return
        try:
            schema_id = schema_id_of(value)
        except FramingError:
            self.unframed[place] = self.unframed.get(place, 0) + 1
            return
        self.uses.setdefault((place, schema_id), Use()).add(time_ms)

    def add_letter(self, topic: str, letter: Mapping[str, object] | None, time_ms: int) -> None:
        """Count what a dead letter holds; None where the letter itself could not be read."""
        if letter is None:
            self.letters_unread[topic] = self.letters_unread.get(topic, 0) + 1
            return
        raw = letter["raw"]
        if letter["stage"] not in READ_FROM_KAFKA or not isinstance(raw, bytes):
            return
        try:
            schema_id = schema_id_of(raw)
        except FramingError:
            return  # that is why it is a dead letter, and no schema will ever read it
        self.uses.setdefault((inside(topic), schema_id), Use()).add(time_ms)


def inside(topic: str) -> str:
    """Return the place of the records that a topic's dead letters hold."""
    return f"raw in {topic}"


class Need(NamedTuple):
    """One id that is still needed, and what it stands for.

    Subject and version are None where the topic's subject does not hold it (any more); it is known all the same where
    the registry has its schema.
    """

    place: str
    schema_id: int
    use: Use
    is_known: bool
    subject: str | None = None
    version: int | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Judge:
    """Compares the newest local readers with the ids that occur."""

    tree: SchemaTree
    registry: SchemaRegistry

    def needs(self, census: Census, subject_of: Mapping[str, str]) -> Iterator[Need]:
        """Yield what each id stands for, and what speaks against reading it; `subject_of` is by place."""
        known: dict[str, dict[int, SchemaVersion]] = {}
        for (place, schema_id), use in sorted(census.uses.items()):
            subject = subject_of[place]
            if subject not in known:
                known[subject] = {held.schema_id: held for held in self.registry.versions(subject)}
            yield self._need(place, schema_id, use, subject, known[subject].get(schema_id))

    def reader(self, subject: str) -> SchemaFile:
        """Return the newest local schema of a subject; UsageProblem when there is none."""
        file = self.tree.newest(subject)
        if file is None:
            raise UsageProblem(
                f"{self.tree.root}: has no schema of {subject}", next_step="name the tree: --schemas DIR"
            )
        return file

    def _need(self, place: str, schema_id: int, use: Use, subject: str, held: SchemaVersion | None) -> Need:
        writer = held.schema if held else self.registry.schema_by_id(schema_id)
        need = Need(place, schema_id, use, is_known=writer is not None)
        if writer is None:
            return need
        if held is not None:
            need = need._replace(subject=subject, version=held.version)
        try:
            texts = Texts(self.tree, self.registry)
            writes = texts.of_version(held) if held else parse(writer)
            objections = can_read(texts.of_file(self.reader(subject)), writes)
        except SchemaInvalid as error:
            return need._replace(problem=f"cannot be compared: {error.message}")
        words = "; ".join(f"{found.path or '/'}: {found.message}" for found in objections)
        return need._replace(problem=words or None)


def retention_findings(census: Census, needs: Sequence[Need], reader: str) -> Iterator[Finding]:
    """Yield what the newest local schema, the file `reader`, cannot read, and what is not known."""
    for need in needs:
        where = f"{need.use.count} records in {need.place}"
        if not need.is_known:
            rule, words = (
                "retention-unknown-id",
                f"{where} have schema id {need.schema_id}, which the registry does not know",
            )
            fix = "register that schema again under its id, or wait until retention has deleted these records"
        elif need.problem is not None:
            rule, words = "retention-unreadable", f"{where} (id {need.schema_id}) cannot be read: {need.problem}"
            fix = "keep what those records need, or wait until retention has deleted them"
        else:
            continue
        yield Finding(rule=rule, message=words, subject=need.subject, version=need.version, file=reader, fix=fix)
    for topic, count in census.letters_unread.items():
        words = f"{count} dead letters in {topic} cannot be read, so what they hold is not known"
        yield Finding(rule="retention-letter", message=words, file=reader)
    for place, count in census.unframed.items():
        words = f"{count} records in {place} are not framed; no schema reads them"
        yield Finding(rule="retention-unframed", severity="warning", message=words, file=reader)
