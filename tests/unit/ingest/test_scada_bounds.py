"""What polling does when the reader of its readings stands still, and when it is told to stop."""

import asyncio
import json
import threading
import time
from itertools import pairwise

import pytest

from gridctl.ingest.scada.mapfile import read_map
from gridctl.ingest.scada.model import DeviceSpec
from gridctl.ingest.scada.plan import Block
from gridctl.ingest.scada.ports import ReadFailed
from gridctl.ingest.scada.source import ScadaSource
from tests.support.wait import wait_until

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
        self.made_s = asyncio.get_running_loop().time()
        self.asked: list[int] = []

    async def open(self, deadline_s: float) -> None:
        assert self.made_s + 0.008 <= deadline_s <= asyncio.get_running_loop().time() + 0.008
        if self.unit_id == 2:
            raise ReadFailed("no_connection", "nobody there")

    async def read(self, block: Block, deadline_s: float) -> list[int]:
        assert self.made_s + 0.008 <= deadline_s <= asyncio.get_running_loop().time() + 0.008
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
    polling, closed_before = source(), ScriptedLink.closed
    points = {}
    for batch in polling.batches():
        for raw in batch.records:
            reading = json.loads(raw)
            points[reading["device_id"]] = [(point["value"], point["quality"]) for point in reading["points"]]
        if len(points) == 3:
            polling.stop()
    assert points == {
        "d0": [(0.0, "GOOD"), (9.0, "GOOD")],
        "d1": [(None, "MISSING"), (9.0, "GOOD")],
        "d2": [(None, "MISSING"), (None, "MISSING")],
    }
    assert ScriptedLink.closed - closed_before == 3


def test_readings_that_nobody_takes_are_bounded_and_the_polls_that_were_not_made_are_counted() -> None:
    polling = source(cap_bytes=2000)
    batches = polling.batches()
    first = next(batches)
    wait_until(lambda: polling.summary()["polls_skipped"] >= 30)  # a broker that stands still
    polling.stop()
    rest = [batch for batch in batches if batch.records]
    held = [raw for batch in rest for raw in batch.records]
    assert sum(map(len, held)) < 2000 + 1000
    assert polling.summary()["polls"] == len(first.records) + len(held)


def test_polls_that_have_begun_are_finished_when_it_stops() -> None:
    polling = source()
    batches = polling.batches()
    taken = 0
    while not taken:
        taken = len(next(batches).records)
    polling.stop()
    polling.stop()
    taken += sum(len(batch.records) for batch in batches)
    assert polling.summary()["polls"] == taken
    assert list(batches) == []


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


def test_polls_that_a_standstill_cost_are_a_gap_in_the_sequence_and_no_rush_afterwards() -> None:
    class Stalling(ScriptedLink):
        async def read(self, block: Block, deadline_s: float) -> list[int]:
            if len(self.asked) == 4 and self.unit_id == 0:
                time.sleep(0.15)  # noqa: ASYNC251 -- the whole process stands still
            return await super().read(block, deadline_s)

    polling = ScadaSource(read_map(MAP, "map.toml"), Stalling, lambda _: None)
    readings = []
    for batch in polling.batches():
        readings += [json.loads(raw) for raw in batch.records]
        if len(readings) > 60:
            polling.stop()
    for device_id in ("d0", "d1", "d2"):
        own = [reading for reading in readings if reading["device_id"] == device_id]
        steps = [after["poll_seq"] - before["poll_seq"] for before, after in pairwise(own)]
        assert max(steps) >= 6
        assert [after["event_time_ms"] - before["event_time_ms"] for before, after in pairwise(own)] == [
            20 * step for step in steps
        ]
        assert polling.summary()["devices"][device_id]["polls_skipped"] >= sum(steps) - len(steps)


def test_devices_are_spread_over_the_interval() -> None:
    polling = source()
    phases = {}
    for batch in polling.batches():
        for raw in batch.records:
            reading = json.loads(raw)
            phases[reading["device_id"]] = reading["event_time_ms"] % 20
        if len(phases) == 3:
            polling.stop()
    assert phases == {"d0": 0, "d1": 6, "d2": 13}


def test_a_change_is_remarked_upon_when_it_has_lasted_for_two_polls() -> None:
    class Flickering(ScriptedLink):
        polls = 0

        async def read(self, block: Block, deadline_s: float) -> list[int]:
            await super().read(block, deadline_s)
            self.polls += block.address == 0
            if self.polls in (3, 6, 7, 8):
                raise ReadFailed("no_answer", "nothing came")
            return [1] * block.count

    said: list[str] = []
    polling = ScadaSource(read_map(MAP, "map.toml"), Flickering, said.append)
    polled = 0
    for batch in polling.batches():
        polled += sum(json.loads(raw)["device_id"] == "d0" for raw in batch.records)
        if polled >= 12:
            polling.stop()
    assert [line for line in said if "d0" in line] == [
        "d0 (h:1, unit 0): nothing came",
        "d0 (h:1, unit 0): answers again",
    ]
