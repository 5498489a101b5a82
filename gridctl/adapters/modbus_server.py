"""Modbus TCP outstations on pymodbus: registers from the grid's physics, and faults on the wire."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusIOException
from pymodbus.framer import FramerBase
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from gridctl.errors import Unavailable
from gridctl.simulate.scada.grid import Grid
from gridctl.simulate.scada.outstations import Outstation
from gridctl.simulate.scada.serve import Fault, OutstationAccount, PollAnswer

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = range(1, 5)
HEADER_BYTES = 9  # MBAP header, function code and byte count come before the first register


@dataclass
class Outstations:
    """What the servers share: the devices' physics, their faults and the account of their polls."""

    grid: Grid
    faults: Mapping[int, Fault]
    account: OutstationAccount


class _Server(ModbusTcpServer):
    """One port; each connection answers its requests one by one, however they arrive."""

    transport: Any  # an asyncio.Server once it listens

    def __init__(self, shared: Outstations, devices: Sequence[Outstation], address: tuple[str, int]) -> None:
        super().__init__([_sim_device(shared.grid, device) for device in devices], address=address)
        self.shared = shared
        self.units = {device.unit_id: device for device in devices}

    def callback_new_connection(self) -> "_Connection":
        return _Connection(self)


class _Connection(ServerRequestHandler):
    """pymodbus keeps only the last request of a connection, and drops those that arrive in one segment with it.

    A poller may send to several units before the first has answered, so each request is kept with its answer here.
    """

    framer: FramerBase
    transport: Any  # an asyncio.Transport, and None once the connection is gone

    def __init__(self, server: _Server) -> None:
        super().__init__(server, None, None, None)  # type: ignore[no-untyped-call] # pymodbus leaves it untyped
        self.outstations = server
        self.answers: set[asyncio.Task[None]] = set()

    def callback_data(self, data: bytes, addr: tuple[Any, ...] | None = None) -> int:  # noqa: ARG002 -- pymodbus' signature
        """Take every whole request out of the buffer and answer each by itself."""
        used = 0
        while used < len(data):
            try:
                length, request = self.framer.handleFrame(data[used:], 0, 0)
            except ModbusIOException as error:
                self._refuse(error)
                return len(data)
            if request is None:
                return used + length
            used += length
            task = asyncio.get_running_loop().create_task(self._answer(request))
            self.answers.add(task)
            task.add_done_callback(self.answers.discard)
        return used

    def _refuse(self, error: ModbusIOException) -> None:
        refusal = ExceptionResponse(error.fcode or 0, ExcCodes.ILLEGAL_FUNCTION)
        refusal.transaction_id, refusal.dev_id = error.transaction_id, error.dev_id
        self._send(refusal, refusal)

    async def _answer(self, request: ModbusPDU) -> None:
        device = self.outstations.units.get(request.dev_id)
        if device is None:
            self._send(request, ExceptionResponse(request.function_code, ExcCodes.GATEWAY_NO_RESPONSE))
            return
        shared = self.outstations.shared
        fault = shared.faults.get(device.number)
        outcome = await self._respond(request, fault)
        if request.function_code <= READ_INPUT:
            shared.account.count(device, outcome)

    async def _respond(self, request: ModbusPDU, fault: Fault | None) -> PollAnswer:
        """Answer as the fault has it, and say what was done."""
        kind = fault.kind if fault else None
        if kind == "silent":
            return "silent"
        if fault is not None and kind == "exception":
            self._send(request, ExceptionResponse(request.function_code, fault.argument))
            return "exception"
        registers: Any = self.outstations.context  # pymodbus declares only its older kind of datastore
        response: ModbusPDU = await request.datastore_update(registers, request.dev_id)
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.argument / 1000)
        self._send(request, response, fault)
        if isinstance(response, ExceptionResponse):
            return "exception"
        return kind or "data"

    def _send(self, request: ModbusPDU, response: ModbusPDU, fault: Fault | None = None) -> None:
        response.transaction_id, response.dev_id = request.transaction_id, request.dev_id
        frame = bytearray(self.framer.buildFrame(response))
        if fault is not None and fault.kind == "wrong-transaction":
            frame[0] ^= 0x40
        elif fault is not None and fault.kind == "corrupt" and len(frame) > HEADER_BYTES:
            frame[HEADER_BYTES] ^= 0x80  # Modbus TCP has no checksum: nothing on the way can tell
        if self.transport is not None:
            self.transport.write(bytes(frame))


def _sim_device(grid: Grid, device: Outstation) -> SimDevice:
    """Return pymodbus' device: every read takes its registers from the grid."""
    size = len(grid.words(device))
    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    registers = [SimData(0, count=size, values=0, datatype=DataType.REGISTERS)]

    async def action(
        function: int, _start: int, address: int, _count: int, current: list[int], written: list[Any] | None
    ) -> ExcCodes | None:
        if written is not None:
            if device.kind != "breaker" or function not in (5, 15) or address != 0:
                return ExcCodes.ILLEGAL_ADDRESS
            grid.operate(device, close=bool(written[0]))
        if function in (READ_HOLDING, READ_INPUT):
            current[:size] = grid.words(device)
        elif function in (READ_COILS, READ_DISCRETE):
            current[0] = int(grid.closed(device))
        return None

    return SimDevice(
        id=device.unit_id,
        simdata=(bits, list(bits), registers, list(registers)),
        use_bit_addressing=True,
        action=action,
    )


class ModbusServers:
    """The servers of all ports in the running event loop."""

    def __init__(self, shared: Outstations, host: str, port: int) -> None:
        self.shared = shared
        self.host = host
        self.port = port
        self._servers: list[_Server] = []

    async def start(self) -> list[str]:
        """Listen and return `host:port` for each port index; port 0 takes free ones."""
        fleet = self.shared.grid.fleet
        addresses = []
        for index in range(1 + max(device.port_index for device in fleet)):
            port = self.port and self.port + index
            devices = [device for device in fleet if device.port_index == index]
            server = _Server(self.shared, devices, (self.host, port))
            try:
                await server.serve_forever(background=True)
            except RuntimeError as error:
                await self.stop()
                raise Unavailable(
                    f"cannot listen on {self.host}:{port}", next_step="name another --port, or 0 for free ones"
                ) from error
            self._servers.append(server)
            bound = server.transport.sockets[0].getsockname()
            addresses.append(f"{bound[0]}:{bound[1]}")
        return addresses

    async def stop(self) -> None:
        """Close every port and connection."""
        for server in self._servers:
            await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus leaves it untyped
        self._servers.clear()
