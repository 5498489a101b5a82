"""What polling does when the reader of its readings stands still, and when it is told to stop."""

import asyncio
import json
import threading
import time

import pytest

from gridctl.ingest.scada.blocks import Block
from gridctl.ingest.scada.mapfile import read_map
from gridctl.ingest.scada.model import DeviceSpec
from gridctl.ingest.scada.ports import ReadFailed
from gridctl.ingest.scada.source import ScadaSource

MAP = "interval_ms = 20\n" + "".join(
    f'[[device]]\ndevice_id = "d{number}"\naddress = "h:1"\nunit_id = {number}\n'
    '[[device.field]]\nname = "a"\naddress = 0\ntype = "UINT16"\n'
    '[[device.field]]\nname = "b"\naddress = 9\ntype = "UINT16"\n'
    for number in range(3)
)


class ScriptedLink:
    """A unit without a wire: answers after a while, or as its number in the map says."""

    closed = 0
    divisor = 1

    def __init__(self, device: DeviceSpec, timeout_ms: int) -> None:
        assert timeout_ms == 8
        self.unit_id = device.unit_id
        self.asked: list[int] = []

    async def open(self, deadline_s: float) -> None:
        assert deadline_s > asyncio.get_running_loop().time()
        if self.unit_id == 2:
            raise ReadFailed("no_connection", "nobody there")

    async def read(self, block: Block, deadline_s: float) -> list[int]:
        assert deadline_s > asyncio.get_running_loop().time() - 1
        self.asked.append(block.address)
        await asyncio.sleep(0.004)
        if self.unit_id == 1 and block.address == 0:
            raise ReadFailed("exception", "illegal address")
        if self.unit_id == 2:
            assert block.address == 0, "a unit that gave no answer is not asked for the rest"
            raise ReadFailed("no_connection", "nobody there")
        return [block.address // self.divisor] * block.count

    def close(self) -> None:
        type(self).closed += 1


def source(cap_bytes: int = 1_000_000) -> ScadaSource:
    return ScadaSource(read_map(MAP, "map.toml"), ScriptedLink, lambda _: None, cap_bytes=cap_bytes)


def test_a_block_that_is_refused_leaves_the_others_their_values() -> None:
    polling = source()
    threading.Timer(0.2, polling.stop).start()
    points = {}
    for batch in polling.batches():
        for raw in batch.records:
            reading = json.loads(raw)
            points[reading["device_id"]] = [(point["value"], point["quality"]) for point in reading["points"]]
    assert points == {
        "d0": [(0.0, "GOOD"), (9.0, "GOOD")],
        "d1": [(None, "MISSING"), (9.0, "GOOD")],
        "d2": [(None, "MISSING"), (None, "MISSING")],
    }
    assert ScriptedLink.closed == 3


def test_readings_that_nobody_takes_are_bounded_and_the_polls_that_were_not_made_are_counted() -> None:
    polling = source(cap_bytes=2000)
    batches = polling.batches()
    first = next(batches)
    ends_s = time.monotonic() + 20
    while polling.summary()["polls_skipped"] < 30:  # a broker that stands still
        assert time.monotonic() < ends_s
        time.sleep(0.02)
    polling.stop()
    rest = [batch for batch in batches if batch.records]
    records = [*first.records, *(raw for batch in rest for raw in batch.records)]
    assert sum(map(len, records)) < 2000 + 1000
    assert polling.summary()["polls"] == len(records)


def test_polls_that_have_begun_are_finished_when_it_stops() -> None:
    polling = source()
    batches = polling.batches()
    while not next(batches).records:
        pass
    polling.stop()
    polling.stop()
    more = sum(len(batch.records) for batch in batches)
    assert polling.summary()["polls"] == 1 + more or more > 0
    begun_s = time.monotonic()
    assert list(batches) == []
    assert time.monotonic() - begun_s < 0.1


def test_stopping_before_it_begins_polls_nothing() -> None:
    polling = source()
    polling.stop()
    assert [batch for batch in polling.batches() if batch.records] == []


def test_a_reader_that_gives_up_ends_the_polling() -> None:
    polling = source()
    batches = polling.batches()
    next(batches)
    batches.close()  # type: ignore[attr-defined] # a generator
    assert not [thread for thread in threading.enumerate() if thread.name == "scada"]


def test_a_fault_of_our_own_is_not_swallowed() -> None:
    class Broken(ScriptedLink):
        divisor = 0

    polling = ScadaSource(read_map(MAP, "map.toml"), Broken, lambda _: None)
    with pytest.raises(ExceptionGroup) as caught:
        list(polling.batches())
    assert caught.group_contains(ZeroDivisionError)


def test_an_origin_names_the_unit_and_the_poll() -> None:
    polling = source()
    batches = polling.batches()
    batch = next(batches)
    while not batch.records:
        batch = next(batches)
    assert batch.origin(0).startswith("modbus://h:1/")
    assert batch.origin(0).endswith("poll 0")
    polling.stop()
    list(batches)
