"""The link to one unit, against a server that says whatever the test wants: bytes on a real socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from gridctl.adapters.modbus_client import SILENT_POLLS_MAX, ModbusLink
from gridctl.ingest.scada.model import DeviceSpec
from gridctl.ingest.scada.plan import Block
from gridctl.ingest.scada.ports import ReadFailed

HOLDING = Block("holding", 0, 2)
COILS = Block("coil", 0, 10)
Answer = Callable[[bytes], bytes]


def frame(request: bytes, pdu: bytes, *, transaction: bytes | None = None, unit: int | None = None) -> bytes:
    unit_byte = request[6:7] if unit is None else bytes([unit])
    return (transaction or request[:2]) + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big") + unit_byte + pdu


def words(*values: int) -> bytes:
    return bytes([3, 2 * len(values)]) + b"".join(value.to_bytes(2, "big") for value in values)


class Server:
    """Answers each request with what `answer` returns; counts connections."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.connections = 0
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while request := await reader.read(12):
                self.requests.append(request)
                answer = self.answer(request)
                if answer == b"hang up":
                    break
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


def with_link(answer: Answer, act: Callable[[ModbusLink, Server], Awaitable[Any]], timeout_ms: int = 200) -> Any:
    async def main() -> Any:
        served = Server(answer)
        server = await asyncio.start_server(served, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        field = {"name": "x", "address": 0, "type": "UINT16"}
        device = DeviceSpec.model_validate(
            {"device_id": "d", "address": f"127.0.0.1:{port}", "unit_id": 9, "field": [field]}
        )
        link = ModbusLink(device, timeout_ms)
        async with server:
            try:
                return await act(link, served)
            finally:
                link.close()

    return asyncio.run(main())


def read_once(answer: Answer, block: Block = HOLDING, timeout_ms: int = 200) -> Any:
    async def act(link: ModbusLink, _server: Server) -> Any:
        return await link.read(block, asyncio.get_running_loop().time() + timeout_ms / 1000)

    return with_link(answer, act, timeout_ms)


def test_registers_and_bits_are_read() -> None:
    assert read_once(lambda request: frame(request, words(7, 65535))) == [7, 65535]
    assert read_once(lambda request: frame(request, bytes([1, 2, 0b10000101, 0b10])), COILS) == [
        1, 0, 1, 0, 0, 0, 0, 1, 0, 1,
    ]  # fmt: skip


def test_an_exception_is_told_with_its_code() -> None:
    with pytest.raises(ReadFailed, match="exception 6 \\(device busy\\)") as caught:
        read_once(lambda request: frame(request, bytes([0x83, 6])))
    assert caught.value.outcome == "exception"


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: frame(request, words(1)),  # fewer registers than asked for
        lambda request: frame(request, words(1, 2, 3)),  # more
        lambda request: frame(request, b"\x04" + words(1, 2)[1:]),  # input registers, not holding ones
        lambda request: frame(request, words(1, 2), transaction=b"\0\0"),  # pymodbus takes 0 for any id
    ],
    ids=["fewer", "more", "function", "transaction 0"],
)
def test_an_answer_that_does_not_belong_to_the_request_is_none(answer: Answer) -> None:
    with pytest.raises(ReadFailed, match="not asked") as caught:
        read_once(answer)
    assert caught.value.outcome == "no_answer"


@pytest.mark.parametrize(
    "answer",
    [
        lambda _request: b"",
        lambda request: frame(request, words(1, 2), transaction=b"\x7f\x01"),
        lambda request: frame(request, words(1, 2), unit=8),
        lambda _request: b"GET / HTTP/1.1\r\n\r\n",
        lambda request: frame(request, b"\x63garbage"),
        lambda request: frame(request, bytes([3, 200, 1])),
        lambda request: frame(request, words(1, 2))[:-1],
        lambda request: request[:2] + b"\0\0\0\x01\x09",
        lambda _request: b"\xff" * 5000,
    ],
    ids=["silent", "transaction", "unit", "http", "function", "count", "short", "empty", "flood"],
)
def test_what_cannot_be_an_answer_costs_the_deadline_and_no_more(answer: Answer) -> None:
    begun_s = time.monotonic()
    with pytest.raises(ReadFailed) as caught:
        read_once(answer)
    assert caught.value.outcome == "no_answer"
    assert time.monotonic() - begun_s < 30


def test_garbage_ends_neither_the_connection_nor_the_silence_of_pymodbus(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[bytes] = []

    def answer(request: bytes) -> bytes:
        sent.append(request)
        return frame(request, b"\x63garbage" if len(sent) == 1 else words(1, 2))

    async def act(link: ModbusLink, server: Server) -> tuple[list[int], int]:
        loop = asyncio.get_running_loop()
        with pytest.raises(ReadFailed):
            await link.read(HOLDING, loop.time() + 0.1)
        return await link.read(HOLDING, loop.time() + 0.5), server.connections

    assert with_link(answer, act) == ([1, 2], 1)
    assert [record for record in caplog.records if record.name.startswith("pymodbus")] == []


def test_the_late_answer_of_one_request_is_not_taken_for_the_next() -> None:
    late: list[bytes] = []

    def answer(request: bytes) -> bytes:
        late.append(frame(request, words(1, 1)))
        return b"" if len(late) == 1 else late[0] + frame(request, words(2, 2))

    async def act(link: ModbusLink, _server: Server) -> list[int]:
        loop = asyncio.get_running_loop()
        with pytest.raises(ReadFailed):
            await link.read(HOLDING, loop.time() + 0.1)
        return await link.read(HOLDING, loop.time() + 0.5)

    assert with_link(answer, act) == [2, 2]


def test_a_unit_that_stays_silent_gets_a_new_connection_now_and_then() -> None:
    async def act(link: ModbusLink, server: Server) -> tuple[int, int]:
        for _ in range(2 * SILENT_POLLS_MAX):
            with pytest.raises(ReadFailed, match="no answer"):
                await link.read(HOLDING, asyncio.get_running_loop().time() + 0.02)
        return server.connections, len(server.requests)

    # Each poll sent its request all the same: none was spent on connecting.
    assert with_link(lambda _: b"", act) == (2, 2 * SILENT_POLLS_MAX)


def test_a_device_that_hangs_up_is_called_again() -> None:
    answers = iter([b"hang up", None])

    async def act(link: ModbusLink, server: Server) -> tuple[list[int], int]:
        loop = asyncio.get_running_loop()
        with pytest.raises(ReadFailed):
            await link.read(HOLDING, loop.time() + 0.1)
        return await link.read(HOLDING, loop.time() + 0.5), server.connections

    assert with_link(lambda request: next(answers) or frame(request, words(1, 2)), act) == ([1, 2], 2)


def test_a_port_that_takes_no_connection_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(link: ModbusLink, _server: Server) -> list[float]:
        loop = asyncio.get_running_loop()
        attempts: list[float] = []
        connect = link._client.connect

        async def counted() -> bool:
            attempts.append(loop.time())
            return await connect()

        monkeypatch.setattr(link._client, "connect", counted)
        link._client.ctx.comm_params.port = 1
        link._client.ctx.init_setup_connect_listen("127.0.0.1", 1)
        ends_s = loop.time() + 2.2
        while loop.time() < ends_s:
            with pytest.raises(ReadFailed, match="takes no connection") as caught:
                await link.read(HOLDING, loop.time() + 0.1)
            assert caught.value.outcome == "no_connection"
            await asyncio.sleep(0.02)
        return [after - before for before, after in pairwise(attempts)]

    first, second = with_link(lambda _: b"", act)
    assert first == pytest.approx(0.5, abs=0.15)
    assert second == pytest.approx(1.0, abs=0.15)
