"""Files of asset records: all of a file, or nothing of it, on the topic once the command has ended well."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gridctl.assets.file import BATCH, LINE_MAX_BYTES, publish_assets, read_assets
from gridctl.cli.main import run
from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.priority import PriorityLevel
from gridctl.errors import UsageProblem
from gridctl.streams.codec import FramedDecoder, FramedEncoder, framed_encoder
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_topics import MemoryTopics


def record(**changes: Any) -> AssetRecord:
    values = {
        "device_id": "th-1",
        "circuit_id": "circuit-1",
        "feeder_id": "feeder-1",
        "priority_level": PriorityLevel.LIFE_SUSTAINING,
        "valid_from_ms": 1000,
        "valid_to_ms": 2000,
        "updated_at_ms": 900,
    }
    return AssetRecord(**{**values, **changes})


def lines(*records: AssetRecord | bytes) -> io.BytesIO:
    return io.BytesIO(
        b"\n".join(each if isinstance(each, bytes) else each.model_dump_json().encode() for each in records)
    )


def test_a_file_is_read_whole() -> None:
    records = [record(device_id=f"th-{number}") for number in range(3)]
    assert read_assets(lines(records[0], b"", b"  ", *records[1:]), "f") == records


def changed(**values: Any) -> bytes:
    return json.dumps({**record().model_dump(), **values}).encode()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (b'{"device_id":', "f:2: Invalid JSON"),
        (b"[]", "f:2: "),
        (record().model_dump_json().encode()[:-1] + b',"owner":"x"}', "f:2: owner: "),
        (json.dumps({**record().model_dump(), "priority_level": "VIP"}).encode(), "f:2: priority_level: "),
        (json.dumps({**record().model_dump(), "valid_from_ms": "1"}).encode(), "f:2: valid_from_ms: "),
        (json.dumps({**record().model_dump(), "device_id": "th 1"}).encode(), "f:2: device_id: "),
        (b"\xff\xfe", "f:2: Invalid JSON"),
        (
            record().model_dump_json().encode()[:-1] + b',"priority_level":"DISCRETIONARY"}',
            "f:2: priority_level: is in the record twice",
        ),
        (
            record().model_dump_json().encode()[:-1] + b',"priority\\u005flevel":"DISCRETIONARY"}',
            "f:2: priority_level: is in the record twice",
        ),
        (changed(valid_to_ms=1000), "f:2: Value error, valid_to_ms is not after valid_from_ms"),
        (changed(valid_from_ms=-1), "f:2: Value error, valid_from_ms is negative"),
        (changed(valid_from_ms=-2, valid_to_ms=-1), "f:2: Value error, valid_from_ms is negative"),
        (changed(updated_at_ms=-1), "f:2: Value error, updated_at_ms is negative"),
        (b" " * (LINE_MAX_BYTES + 1), "f:2: longer than"),
    ],
)
def test_one_wrong_line_refuses_the_file_and_is_named(wrong: bytes, what: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        read_assets(lines(record(), wrong, record()), "f")
    assert caught.value.message.startswith(what)
    assert "nothing was written" in caught.value.next_step


@pytest.fixture
def encoder(schemas: dict[str, str], registry: MemoryRegistry) -> FramedEncoder:
    return framed_encoder("grid.asset-value", schemas["grid.asset-value"], registry)


def test_each_record_goes_out_under_its_device(
    encoder: FramedEncoder, schemas: dict[str, str], registry: MemoryRegistry
) -> None:
    records = [record(device_id=f"th-{number}", valid_to_ms=None) for number in range(BATCH + 1)]
    publisher = MemoryTopics({"grid.asset": 1})
    receipt = publish_assets(records, encoder, publisher, lambda _: None)
    publisher.poll(0.0)
    assert (receipt.outstanding, receipt.undelivered) == (0, [])
    held = publisher.held("grid.asset")
    assert [each.key() for each in held] == [each.device_id.encode() for each in records]
    decode = FramedDecoder(registry, schemas["grid.asset-value"]).decode
    assert [decode(each.value() or b"") for each in held] == [each.model_dump() for each in records]


@pytest.mark.parametrize("is_there", [True, False])
def test_the_command_ends_when_all_is_acknowledged_and_says_what_is_not(
    is_there: bool,
    encoder: FramedEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def publishing(*_: object) -> Iterator[tuple[FramedEncoder, MemoryTopics]]:
        yield encoder, MemoryTopics({"grid.asset": 1} if is_there else {})

    monkeypatch.setattr("gridctl.cli.wiring.streaming.asset_publisher", publishing)
    path = tmp_path / "assets.jsonl"
    path.write_text(record().model_dump_json())
    code = run(["assets", "apply", str(path), "-o", "json"])
    out, error = capsys.readouterr()
    if is_there:
        assert (code, json.loads(out), error) == (0, {"read": 1, "published": 1}, "")
        return
    assert (code, out) == (5, "")
    assert "not every record reached grid.asset: topic grid.asset is not there" in error
    assert "then the same again" in error
