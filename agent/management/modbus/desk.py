"""A request of one client → its answer, on whatever transport it came. Reads are answered at once, writes when it is decided."""

import asyncio
import struct
from collections.abc import Callable, Coroutine
from time import monotonic_ns

from agent.management.freshness import Freshness
from agent.management.modbus.claim import Claim
from agent.management.modbus.client import Client
from agent.management.modbus.codes import Code, Refused, exception
from agent.management.modbus.commands import Commands
from agent.management.modbus.diagnostics import Counters, diagnose
from agent.management.modbus.identity import identify, server_id
from agent.management.modbus.own import Own
from agent.management.modbus.pdu import READ_REGISTERS, parse
from agent.management.modbus.renderer import Renderer
from agent.management.modbus.requests import Diagnose, Identify, Read, ReportServerId, Request, WriteAndRead
from agent.management.modbus.watchdog import Watchdog
from agent.management.modbus.writer import Writer
from agent.management.once import Once
from agent.model.arbiter import Model
from agent.settings.faces import ModbusSettings

Answer = bytes | Coroutine[None, None, bytes | None] | None
"""A PDU, now or later; None: the request is for another unit and gets no answer."""
_READ = struct.Struct(">HIBBHH")
_HEAD = struct.Struct(">HHHBBB")
_READ_LENGTH = 6
"""Protocol 0 and length 6, as one number of 32 bits."""


class Desk:
    """One for all listeners of this face. 0 and 255 are our unit as well: in TCP the address says who is meant."""

    def __init__(self, model: Model, settings: ModbusSettings, tell: Callable[[str], None]) -> None:
        self._model, self._faults = model, Once(tell)
        self._unit, self._units = settings.unit_id, frozenset((settings.unit_id, 0, 255))
        self._refuses_others = settings.foreign_unit == "refuse"
        self._renderer = Renderer()
        self._registers = self._renderer.image.registers
        self._commands = Commands(model, self._renderer)
        self._own = Own(self._renderer, self._commands, Watchdog(settings.write_watchdog_s), Claim())
        self._writer = Writer(model, self._renderer, self._own, self._commands)
        self._freshness = Freshness(model, self._faults.tell)
        self._running: set[asyncio.Task[None]] = set()
        self.counters = Counters()

    def quick(self, adu: bytearray) -> bytes | None:
        """The whole answer to a whole ADU of 12 bytes, if it is a read of registers that needs no waiting and no refusal."""
        transaction, length, unit, function, address, count = _READ.unpack_from(adu)
        bank = self._registers.get(function)
        if bank is None or length != _READ_LENGTH or unit not in self._units or not 0 < count <= READ_REGISTERS:
            return None
        if monotonic_ns() >= self._freshness.fresh_until_ns and not self._freshness.is_fresh():
            return None
        if self._model.view() is not self._renderer.view:
            self._look()
        if bank.ends[address] < address + count:
            return None
        self.counters.quick += 1
        size = 2 * count
        return _HEAD.pack(transaction, 0, 3 + size, unit, function, size) + bank.data[2 * address : 2 * address + size]

    def answer(self, unit: int, pdu: bytes, client: Client) -> Answer:
        """`pdu`: 1..253 bytes."""
        self.counters.received += 1
        if unit not in self._units:
            return exception(pdu[0], Code.NO_TARGET) if self._refuses_others else None
        try:
            request = parse(pdu)
            if isinstance(request, Diagnose):
                return self.counters.note(diagnose(request, self.counters, client.may_write))
            if isinstance(request, Read) and self._freshness.is_fresh():
                return self.counters.note(self._read(request))
        except Refused as refused:
            return self.counters.note(exception(pdu[0], refused.code))
        return self._later(pdu[0], request, client)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Until it has ended; the event loop itself holds tasks only loosely."""
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def stop(self) -> None:
        """Nobody waits for these answers any more. What the arbiter has begun it ends."""
        for task in self._running:
            task.cancel()

    def look(self) -> None:
        """Once a second, so that the end of a command is seen also when nobody reads. Else no view is made for nobody."""
        self._own.tick()
        if self._commands.is_waiting:
            self._look()

    def _look(self) -> None:
        view = self._model.view()
        if view is not self._renderer.view:
            self._renderer.show(view)
            self._commands.follow(view)

    async def _later(self, function: int, request: Request, client: Client) -> bytes | None:
        try:
            answer = await self._carried_out(request, client)
        except Refused as refused:
            answer = exception(function, refused.code)
        except Exception as error:  # a fault of ours: this request fails, and nothing else
            self._faults.tell(
                f"a request of {client.principal.name} (function {function}) failed: {type(error).__name__}: {error}"
            )
            answer = exception(function, Code.FAILURE)
        return self.counters.note(answer)

    async def _carried_out(self, request: Request, client: Client) -> bytes:
        if not isinstance(request, Read | Identify | ReportServerId | Diagnose):
            self._look()
            answer = await self._writer.write(request, client)
            return self._read(request.read) if isinstance(request, WriteAndRead) else answer
        if not self._freshness.is_fresh():
            await self._freshness.wait()
        if isinstance(request, Read):
            return self._read(request)
        unit = self._model.view().row("unit") or {}
        return identify(request, unit) if isinstance(request, Identify) else server_id(self._unit, unit)

    def _read(self, request: Read) -> bytes:
        """Of FC 1..4, and of the holding registers for 23."""
        self._look()
        image, function = self._renderer.image, request.function
        bank = image.bits.get(function) or image.registers.get(function) or image.holdings
        if not bank.has(request.address, request.count):
            raise Refused(Code.ILLEGAL_ADDRESS)
        data = bank.read(request.address, request.count)
        return bytes((function, len(data))) + data
