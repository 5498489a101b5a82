"""Lines come out whole and numbered, however the bytes arrive."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.deadletters.refusal import Oversize
from gridctl.ingest import jsonl
from gridctl.ingest.jsonl import JsonLines
from gridctl.ingest.ports import Batch
from gridctl.ingest.validate import READING_CAP_BYTES


def fed(chunks: Sequence[bytes], cap: int = 0) -> list[tuple[str, bytes | Oversize]]:
    """Read chunks as they come through a pipe, one read each; return every record with its origin."""
    reading, writing = os.pipe()
    source = JsonLines(reading, "in", cap)
    found: list[tuple[str, bytes | Oversize]] = []
    batches = source.batches()
    try:
        for chunk in chunks:
            os.write(writing, chunk)
            for batch in source._complete(os.read(reading, len(chunk))):
                found += records(batch)
        os.close(writing)
        for batch in batches:
            found += records(batch)
    finally:
        os.close(reading)
    return found


def records(batch: Batch) -> Iterator[tuple[str, bytes | Oversize]]:
    yield from ((record.origin, record) for record in batch.oversize)
    yield from ((batch.origin(index), record) for index, record in enumerate(batch.records))


def from_file(content: bytes, path: Path, cap: int = 0) -> list[tuple[str, bytes | Oversize]]:
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return [found for batch in JsonLines(descriptor, "f", cap).batches() for found in records(batch)]
    finally:
        os.close(descriptor)


@given(st.lists(st.binary(max_size=6).map(lambda raw: raw.replace(b"\x85", b"a")), max_size=12), st.data())
def test_chunks_make_no_difference(lines: list[bytes], data: st.DataObject) -> None:
    lines = [line.replace(b"\n", b"") for line in lines]
    content = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    chunks = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True) if a < b]
    expected = [(f"in:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    assert fed(chunks) == expected


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\r\n"])
def test_the_last_line_needs_no_end(end: bytes, tmp_path: Path) -> None:
    found = from_file(b"a\n\n  \nb" + end, tmp_path / "f")
    assert [(origin, bytes(record).strip()) for origin, record in found if isinstance(record, bytes)] == [
        ("f:1", b"a"),
        ("f:4", b"b"),
    ]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    assert from_file(b"", tmp_path / "f") == []


def test_many_chunks_of_a_file(tmp_path: Path) -> None:
    lines = [b"%06d" % number + b"x" * (number % 97) for number in range(1, 20_000)]
    assert sum(map(len, lines)) > 3 * jsonl.CHUNK_BYTES
    assert from_file(b"\n".join(lines), tmp_path / "f") == [(f"f:{n}", line) for n, line in enumerate(lines, 1)]


def test_an_over_long_line_is_not_held_and_its_neighbours_are_whole(tmp_path: Path) -> None:
    long = b"y" * (READING_CAP_BYTES * 3)
    found = from_file(b"a\n" + long + b"\nb\n" + long, tmp_path / "f")
    kept = b"y" * (READING_CAP_BYTES + 1)
    oversize = Oversize(kept, len(long), sha256(long).hexdigest(), "f:2")
    assert found == [("f:1", b"a"), ("f:2", oversize), ("f:3", b"b"), ("f:4", oversize._replace(origin="f:4"))]


def test_the_longest_line_that_is_held_is_held_whole(tmp_path: Path) -> None:
    longest = b"y" * (READING_CAP_BYTES + 1)
    assert from_file(longest, tmp_path / "f") == [("f:1", longest)]


def test_a_larger_cap_of_raw_bytes_holds_more(tmp_path: Path) -> None:
    line = b"y" * (READING_CAP_BYTES + 100)
    assert from_file(line + b"\n", tmp_path / "f", READING_CAP_BYTES * 2) == [("f:1", line)]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def later(call: Callable[[], object], seconds: float) -> None:
    threading.Timer(seconds, call).start()


def test_a_silent_pipe_yields_empty_batches_and_can_be_stopped(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    source = JsonLines(reading, "in", 0)
    batches = source.batches()
    assert next(batches).records == ()
    os.write(writing, b"a\nb")
    assert list(next(batches).records) == [b"a"]
    source.stop()
    assert list(batches) == []  # `b` had no end yet: it was not read
    os.close(writing)


def test_records_come_before_the_writer_ends(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"a\n")
    later(lambda: os.close(writing), 0.3)
    found = [record for batch in JsonLines(reading, "in", 0).batches() for record in records(batch)]
    assert found == [("in:1", b"a")]
