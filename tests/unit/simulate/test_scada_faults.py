"""Faults: how the command line names them, and what they do on the wire."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from gridctl.adapters.modbus_server import ModbusServers, Outstations
from gridctl.errors import Unavailable, UsageProblem
from gridctl.simulate.scada.grid import Grid
from gridctl.simulate.scada.outstations import outstations
from gridctl.simulate.scada.serve import Fault, OutstationAccount, parse_faults

AT_MS = 1_784_505_660_000
OPEN, CLOSED = False, True


def test_faults_are_read_with_their_arguments() -> None:
    texts = ["silent:3", "exception:4", "exception:5:2", "slow:1", "slow:2:50", "corrupt:6", "wrong-transaction:7"]
    assert parse_faults(texts, 7) == {
        3: Fault("silent"),
        4: Fault("exception", 4),
        5: Fault("exception", 2),
        1: Fault("slow", 300),
        2: Fault("slow", 50),
        6: Fault("corrupt"),
        7: Fault("wrong-transaction"),
    }


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["loud:1"], "unknown kind loud"),
        (["silent"], "cannot be read"),
        (["silent:x"], "cannot be read"),
        (["silent:1:2"], "cannot be read"),
        (["slow:1:2:3"], "cannot be read"),
        (["silent:0"], "outstations 1 to 5"),
        (["silent:6"], "outstations 1 to 5"),
        (["exception:1:12"], "12 is not in 1 to 11"),
        (["slow:1:0"], "0 is not in 1 to 60000"),
        (["silent:1", "slow:1"], "already has a fault"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(texts: list[str], words: str) -> None:
    with pytest.raises(UsageProblem, match=words) as caught:
        parse_faults(texts, 5)
    assert caught.value.next_step


Act = Callable[[AsyncModbusTcpClient, Grid, OutstationAccount], Awaitable[None]]


def served(faults: list[str], act: Act) -> OutstationAccount:
    """Serve one bay with these faults and let `act` poll it."""
    fleet = outstations(1, 5)
    grid, account = Grid(fleet, 7), OutstationAccount(fleet)
    grid.step(AT_MS)

    async def main() -> None:
        servers = ModbusServers(Outstations(grid, parse_faults(faults, 5), account), "127.0.0.1", 0)
        [address] = await servers.start()
        host, port = address.split(":")
        client = AsyncModbusTcpClient(host, port=int(port), timeout=0.3, retries=0, reconnect_delay=0)
        try:
            assert await client.connect()
            await act(client, grid, account)
        finally:
            client.close()
            await servers.stop()

    asyncio.run(main())
    return account


def test_a_healthy_unit_answers_with_the_physics() -> None:
    async def act(client: AsyncModbusTcpClient, grid: Grid, _account: OutstationAccount) -> None:
        for device in grid.fleet:
            words = grid.words(device)
            answer = await client.read_holding_registers(0, count=len(words), device_id=device.unit_id)
            assert answer.registers == words
            same = await client.read_input_registers(0, count=len(words), device_id=device.unit_id)
            assert same.registers == words

    account = served([], act)
    assert {name: counts["data"] for name, counts in account.outcomes.items()} == dict.fromkeys(account.outcomes, 2)


def test_each_fault_does_what_it_says_and_is_counted_so() -> None:
    async def act(client: AsyncModbusTcpClient, grid: Grid, _account: OutstationAccount) -> None:
        for unit in (1, 3):
            with pytest.raises(ModbusException):
                await client.read_holding_registers(0, count=2, device_id=unit)
        refused = await client.read_holding_registers(0, count=2, device_id=2)
        assert (refused.isError(), refused.exception_code) == (True, 6)
        damaged = await client.read_holding_registers(0, count=2, device_id=4)
        assert damaged.registers == [grid.words(grid.fleet[3])[0] ^ 0x8000, grid.words(grid.fleet[3])[1]]
        begun_s = time.monotonic()
        slow = await client.read_holding_registers(0, count=2, device_id=5)
        assert slow.registers == grid.words(grid.fleet[4])[:2]
        assert time.monotonic() - begun_s >= 0.08

    account = served(["silent:1", "exception:2:6", "wrong-transaction:3", "corrupt:4", "slow:5:80"], act)
    assert [dict(counts) for counts in account.outcomes.values()] == [
        {"silent": 1}, {"exception": 1}, {"wrong-transaction": 1}, {"corrupt": 1}, {"slow": 1},
    ]  # fmt: skip


def test_a_slow_unit_holds_up_no_other_on_the_same_connection() -> None:
    async def act(client: AsyncModbusTcpClient, _grid: Grid, _account: OutstationAccount) -> None:
        other = AsyncModbusTcpClient(client.comm_params.host, port=client.comm_params.port, timeout=2, retries=0)
        assert await other.connect()
        slow = asyncio.ensure_future(other.read_holding_registers(0, count=1, device_id=5))
        for _ in range(5):
            assert not (await client.read_holding_registers(0, count=1, device_id=1)).isError()
        assert not slow.done()
        await slow
        other.close()

    served(["slow:5:700"], act)


def test_a_breaker_can_be_operated_and_nothing_else_written() -> None:
    async def act(client: AsyncModbusTcpClient, grid: Grid, _account: OutstationAccount) -> None:
        assert not (await client.write_coil(0, OPEN, device_id=2)).isError()
        assert not grid.closed(grid.fleet[1])
        assert (await client.read_coils(0, count=1, device_id=2)).bits[0] is False
        assert (await client.read_holding_registers(1, count=1, device_id=1)).registers == [0]
        for answer in (
            await client.write_coil(0, OPEN, device_id=1),
            await client.write_coil(1, OPEN, device_id=2),
            await client.write_register(0, 1, device_id=2),
        ):
            assert answer.isError()
        assert not (await client.write_coil(0, CLOSED, device_id=2)).isError()
        assert grid.closed(grid.fleet[1])

    served([], act)


def test_what_is_not_there_is_an_exception() -> None:
    async def act(client: AsyncModbusTcpClient, _grid: Grid, _account: OutstationAccount) -> None:
        nobody = await client.read_holding_registers(0, count=1, device_id=77)
        assert (nobody.isError(), nobody.exception_code) == (True, 11)
        beyond = await client.read_holding_registers(8, count=5, device_id=1)
        assert (beyond.isError(), beyond.exception_code) == (True, 2)

    account = served([], act)
    assert account.outcomes["feeder-001"] == {"exception": 1}


def test_a_port_that_is_taken_is_said_to_be() -> None:
    async def main() -> None:
        fleet = outstations(1, 1)
        grid = Grid(fleet, 7)
        grid.step(AT_MS)
        shared = Outstations(grid, {}, OutstationAccount(fleet))
        first = ModbusServers(shared, "127.0.0.1", 0)
        [address] = await first.start()
        try:
            with pytest.raises(Unavailable, match=address):
                await ModbusServers(shared, "127.0.0.1", int(address.split(":")[1])).start()
        finally:
            await first.stop()

    asyncio.run(main())
