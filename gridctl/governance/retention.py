"""Which schemas the retained log still needs: a reader is safe only where it can read every one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from gridctl.avro import SchemaInvalid, can_read, parse
from gridctl.contracts.framing import FramingError, schema_id_of
from gridctl.contracts.registry import SchemaRegistry
from gridctl.contracts.topics import TopicCatalogue, TopicSpec
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.errors import UsageProblem
from gridctl.governance.stores import RegistryStore, SchemaTree, StoredSchema, parse_stored
from gridctl.streams.codec import FramedDecoder, Unreadable
from gridctl.streams.reader import RangedReader

GATE = "retention"
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
    the registry has its schema. `problem` says why it cannot be read.
    """

    place: str
    schema_id: int
    use: Use
    is_known: bool
    subject: str | None = None
    version: int | None = None
    problem: str | None = None


def needs_of(
    census: Census, subject_of: Mapping[str, str], tree: SchemaTree, registry: SchemaRegistry
) -> Iterator[Need]:
    """Yield what each id stands for, and why the newest schema of the tree cannot read it; `subject_of` is by place."""
    store = RegistryStore("the registry", registry)
    for (place, schema_id), use in sorted(census.uses.items()):
        subject = subject_of[place]
        held = next((version for version in store.versions(subject) if version.schema_id == schema_id), None)
        text = held.text if held else registry.schema_by_id(schema_id)
        need = Need(place, schema_id, use, is_known=text is not None)
        if held is not None:
            need = need._replace(subject=subject, version=held.version)
        if text is not None:
            reader = reader_of(tree, subject)
            try:
                writes = parse_stored(held, tree, store) if held else parse(text)
                objections = can_read(parse_stored(reader, tree, store), writes)
            except SchemaInvalid as error:
                need = need._replace(problem=f"cannot be compared: {error.message}")
            else:
                words = "; ".join(f"{found.path or '/'}: {found.message}" for found in objections)
                need = need._replace(problem=words or None)
        yield need


def reader_of(tree: SchemaTree, subject: str) -> StoredSchema:
    """Return the newest local schema of a subject; UsageProblem when there is none."""
    file = tree.newest(subject)
    if file is None:
        raise UsageProblem(f"{tree.name}: has no schema of {subject}", next_step="name the tree: --schemas DIR")
    return file


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


def retention(
    topic: str, catalogue: TopicCatalogue, tree: SchemaTree, registry: SchemaRegistry, log: RangedReader
) -> Verdict:
    """Read a topic and its dead letters, and judge the newest schemas of the tree as their readers.

    Raise UsageProblem for a topic that is not in the catalogue, or without a schema in the tree; Unavailable.
    """
    spec = catalogue.by_name.get(topic)
    if spec is None:
        known = ", ".join(catalogue.by_name)
        raise UsageProblem(f"{topic} is not a topic of {tree.name}/topics.toml", next_step=f"one of {known}")
    reader = reader_of(tree, spec.subject)
    subject_of = {spec.name: spec.subject}
    if spec.dlq is not None:
        subject_of |= {spec.dlq: catalogue[spec.dlq].subject, inside(spec.dlq): spec.subject}
    census = _census(spec, log, FramedDecoder(registry))
    needs = list(needs_of(census, subject_of, tree, registry))
    rows = [_row(need) for need in needs]
    checked = {"topic": topic, "reader": reader.place, "records": census.records, "ids": rows}
    findings = tuple(retention_findings(census, needs, reader.place))
    return Verdict(GATE, checked, findings, overview="".join(f"{_line(row)}\n" for row in rows))


def _census(spec: TopicSpec, log: RangedReader, decoder: FramedDecoder) -> Census:
    census = Census()
    topics = [name for name in (spec.name, spec.dlq) if name is not None]
    for record in log.read(log.spans(topics)):
        place, value, time_ms = record.topic() or "", record.value(), record.timestamp()[1]
        census.add(place, value, time_ms)
        if place == spec.dlq and value is not None:
            census.add_letter(place, _letter(decoder, value), time_ms)
    return census


def _letter(decoder: FramedDecoder, value: bytes) -> Mapping[str, object] | None:
    """Return a dead letter as it was written, or None where it cannot be read or is something else."""
    try:
        letter = decoder.decode(value)
    except Unreadable:
        return None
    return letter if isinstance(letter, dict) and {"raw", "stage"} <= letter.keys() else None


def _row(need: Need) -> dict[str, Any]:
    return {
        "place": need.place,
        "schema_id": need.schema_id,
        "subject": need.subject,
        "version": need.version,
        "records": need.use.count,
        "first_ms": need.use.first_ms,
        "last_ms": need.use.last_ms,
        "readable": need.is_known and need.problem is None,
    }


def _line(row: Mapping[str, Any]) -> str:
    first, last = (datetime.fromtimestamp(row[key] / 1000, UTC) for key in ("first_ms", "last_ms"))
    name = f"{row['subject']} v{row['version']}" if row["subject"] else "not in the topic's subject"
    verdict = "readable" if row["readable"] else "NOT READABLE"
    span = f"{first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}"
    return f"{row['place']}: id {row['schema_id']} ({name}): {row['records']} records, {span}: {verdict}"
