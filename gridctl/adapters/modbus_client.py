"""The way to one Modbus TCP unit, on pymodbus: a connection of its own, one request at a time, no retries.

pymodbus' own retries, timeouts and reconnects would decide when the next poll may begin; here the poller decides, and
hands a deadline to each call.
"""

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU

from gridctl.ingest.scada.model import DeviceSpec, RegisterKind
from gridctl.ingest.scada.plan import Block
from gridctl.ingest.scada.ports import ReadFailed

FUNCTIONS: dict[RegisterKind, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
EXCEPTIONS = {
    1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure", 5: "acknowledge",
    6: "device busy", 8: "memory parity error", 10: "gateway path unavailable", 11: "gateway target failed to respond",
}  # fmt: skip
# A connection whose other end has vanished looks like a silent unit; after so many polls a new one is tried.
SILENT_POLLS_MAX = 5
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.5, 30.0


class _Framer(FramerSocket):
    """Drops what cannot be decoded; pymodbus would let it end the connection with a traceback from the event loop."""

    def handleFrame(self, data: bytes, exp_devid: int, exp_tid: int) -> tuple[int, ModbusPDU | None]:  # noqa: N802 -- pymodbus' name
        """Take one frame out of the data."""
        try:
            return super().handleFrame(data, exp_devid, exp_tid)
        except (ModbusException, ValueError, IndexError, struct.error):
            return len(data), None


class ModbusLink:
    """Implements Link; to be made within a running event loop."""

    def __init__(self, device: DeviceSpec, timeout_ms: int) -> None:
        # What pymodbus logs about each silent unit and each late answer, the poller says once.
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
        self._address = device.address
        self._unit_id = device.unit_id
        self._timeout_ms = timeout_ms
        # Our deadline always comes first: pymodbus' timeout is longer.
        self._client = AsyncModbusTcpClient(
            device.host,
            port=device.port,
            name=device.device_id,
            timeout=2 * timeout_ms / 1000,
            retries=0,
            reconnect_delay=0,
        )
        self._client.ctx.framer = _Framer(DecodePDU(is_server=False))
        self._silent_polls = 0
        self._backoff_s = BACKOFF_FIRST_S
        self._not_before_s = 0.0

    async def open(self, deadline_s: float) -> None:
        """Connect when not connected. After a failure the next attempts wait, twice as long each time."""
        if self._client.connected:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._not_before_s:
            try:
                async with asyncio.timeout_at(deadline_s):
                    connected = await self._client.connect()
            except TimeoutError:
                connected = False
            if connected:
                self._backoff_s, self._silent_polls = BACKOFF_FIRST_S, 0
                return
            self._client.close()
            self._not_before_s = loop.time() + self._backoff_s
            self._backoff_s = min(2 * self._backoff_s, BACKOFF_MAX_S)
        raise ReadFailed("no_connection", f"{self._address} takes no connection")

    async def read(self, block: Block, deadline_s: float) -> list[int]:
        """Return the registers, or bits, of a block."""
        await self.open(deadline_s)
        try:
            async with asyncio.timeout_at(deadline_s):
                answer = await self._request(block)
        except TimeoutError as error:
            self._count_silence()
            raise ReadFailed("no_answer", f"no answer within {self._timeout_ms} ms") from error
        except (ModbusException, OSError) as error:
            self._client.close()
            raise ReadFailed("no_answer", f"the connection broke: {error}") from error
        self._silent_polls = 0
        return self._checked(answer, block)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _request(self, block: Block) -> Awaitable[ModbusPDU]:
        reads: dict[RegisterKind, Callable[..., Any]] = {
            "coil": self._client.read_coils,
            "discrete": self._client.read_discrete_inputs,
            "holding": self._client.read_holding_registers,
            "input": self._client.read_input_registers,
        }
        request: Awaitable[ModbusPDU] = reads[block.register](block.address, count=block.count, device_id=self._unit_id)
        return request

    def _count_silence(self) -> None:
        self._silent_polls += 1
        if self._silent_polls >= SILENT_POLLS_MAX:
            self._client.close()

    def _checked(self, answer: ModbusPDU, block: Block) -> list[int]:
        """Return the values of an answer that belongs to the request; pymodbus compares neither size nor function."""
        if isinstance(answer, ExceptionResponse):
            code = answer.exception_code
            raise ReadFailed("exception", f"answers with exception {code} ({EXCEPTIONS.get(code, 'unknown')})")
        # An id of 0 passes pymodbus as if it were any id.
        of_request = answer.transaction_id == self._client.ctx.request_transaction_id
        if block.register in ("coil", "discrete"):
            values, expected = [int(bit) for bit in answer.bits], -(-block.count // 8) * 8
        else:
            values, expected = list(answer.registers), block.count
        if not of_request or answer.function_code != FUNCTIONS[block.register] or len(values) != expected:
            raise ReadFailed("no_answer", "answers with what was not asked")
        return values[: block.count]
