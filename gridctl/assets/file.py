"""CIS records from JSON lines to `grid.asset`: all of a file, or nothing of it."""

from collections.abc import Callable, Sequence
from typing import BinaryIO

from pydantic import ValidationError

from gridctl.contracts.assets import ASSET_TOPIC, AssetRecord
from gridctl.contracts.repeated import repeated_key
from gridctl.errors import UsageProblem
from gridctl.streams.codec import FramedEncoder
from gridctl.streams.publisher import Message, Publisher, Receipt

# A record with ids of full length takes a kilobyte.
LINE_MAX_BYTES = 16 * 1024
BATCH = 5_000


def read_assets(lines: BinaryIO, name: str) -> list[AssetRecord]:
    """Read every record, without blank lines; UsageProblem naming file, line and field of the first that is wrong."""
    records: list[AssetRecord] = []
    number = 0
    while line := lines.readline(LINE_MAX_BYTES + 1):
        number += 1
        if len(line) > LINE_MAX_BYTES:
            raise _wrong(f"{name}:{number}: longer than {LINE_MAX_BYTES} bytes")
        if line.isspace():
            continue
        try:
            records.append(AssetRecord.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            field = "".join(f"{part}: " for part in first["loc"])
            raise _wrong(f"{name}:{number}: {field}{first['msg']}") from error
        # The parser keeps the last of two members, which could silently lower a priority.
        if (repeated := repeated_key(line)) is not None:
            raise _wrong(f"{name}:{number}: {repeated}: is in the record twice")
    return records


def publish_assets(
    records: Sequence[AssetRecord], encoder: FramedEncoder, publisher: Publisher, advance: Callable[[int], None]
) -> Receipt:
    """Hand the records over, each under its device; the receipt says when all are acknowledged."""
    receipt = Receipt()
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        messages: list[Message] = [
            {"key": record.device_id, "value": encoder.header + encoder.body(record.__dict__)} for record in batch
        ]
        publisher.publish(ASSET_TOPIC, messages, receipt)
        publisher.poll(0.0)
        advance(len(batch))
    return receipt


def _wrong(what: str) -> UsageProblem:
    return UsageProblem(what, next_step="fix the line and run the same again: nothing was written")
