"""A look into a topic: its newest records as rows, each decoded with the schema of its writer."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from gridctl.errors import UsageProblem
from gridctl.streams.codec import FramedDecoder, Unreadable
from gridctl.streams.reader import RangedReader, Record, Span, TopicAbsent, newest


def tail(reader: RangedReader, decoder: FramedDecoder, topic: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the newest `limit` records in the order of their time; after that, each time, what was added meanwhile."""
    try:
        spans = reader.spans([topic])
    except TopicAbsent as error:
        raise UsageProblem(f"the broker has no topic {topic}", next_step="`gridctl topics list` names them") from error
    records = newest(reader, spans, limit)
    records.sort(key=lambda record: record.timestamp()[1])
    records = records[-limit:]
    while True:
        yield [_row(record, decoder) for record in records]
        decoder.forget_unknown()
        seen, spans = spans, reader.spans([topic])
        # A partition that was added in between is read from its beginning.
        added = {place: Span(seen[place].end if place in seen else first, end) for place, (first, end) in spans.items()}
        records = list(reader.read(added))


def _row(record: Record, decoder: FramedDecoder) -> dict[str, Any]:
    key, value = record.key(), record.value()
    row: dict[str, Any] = {
        "partition": record.partition(),
        "offset": record.offset(),
        "timestamp_ms": record.timestamp()[1],
        "key": None if key is None else key.decode("utf-8", "replace"),
    }
    if value is None:
        return {**row, "value": None}
    try:
        return {**row, "value": _plain(decoder.decode(value))}
    except Unreadable as problem:
        return {**row, "problem": problem.reason, "raw_base64": b64encode(value).decode()}


def _plain(value: Any) -> Any:
    """Return the value as JSON takes it: bytes in base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
