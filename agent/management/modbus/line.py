"""RTU over a serial line: bursts between silences → requests, answered when the line is quiet. Unit 0 is everybody, unanswered.

A silence that a slow adapter puts into the middle of a frame does no harm: what is not whole waits another 50 ms for its rest.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress

from agent.management.modbus.client import Client
from agent.management.modbus.codes import ModbusFailed
from agent.management.modbus.desk import Desk
from agent.management.modbus.rtu import MAX_FRAME_BYTES, framed, frames_in
from agent.management.modbus.serial_port import open_port, silence_s
from agent.model.answers import Principal, Role
from agent.settings.faces import ModbusSettings

REST_S = 0.05
MAX_BURST_BYTES = 2 * MAX_FRAME_BYTES
BROADCAST = 0
_BROADCAST_FUNCTIONS = {5, 6, 15, 16, 22}


class Line:
    """Serves one port until it fails or the task is cancelled."""

    def __init__(self, desk: Desk, settings: ModbusSettings) -> None:
        assert settings.serial is not None
        self._desk, self._settings, self._path = desk, settings, settings.serial
        self._client = Client(Principal("serial line", "modbus", str(self._path), Role[settings.serial_role.upper()]))
        self._silence_s = silence_s(settings.baud)
        self._burst = bytearray()
        self._heard = 0
        """Reads from the line so far: an answer that comes after the next request began would be taken for that one's."""
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, ready: Callable[[], None]) -> None:
        """ModbusFailed: the port cannot be opened, or is gone."""
        settings, loop = self._settings, asyncio.get_running_loop()
        self._descriptor = open_port(self._path, settings.baud, settings.parity, settings.stop_bits)
        self._failure: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._descriptor, self._read)
        try:
            ready()
            await self._failure
        finally:
            self._wait_for(None, 0)
            loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
            self._burst.clear()

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, MAX_BURST_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(str(error.strerror))
            return
        if not data:
            self._fail("the other end hung up")
            return
        self._heard += 1
        self._burst += data
        if len(self._burst) > MAX_BURST_BYTES:
            self._desk.counters.overruns += 1
            self._take()
            del self._burst[:-MAX_FRAME_BYTES]
        self._wait_for(self._quiet, self._silence_s)

    def _fail(self, why: str) -> None:
        if not self._failure.done():
            self._failure.set_exception(ModbusFailed(f"the serial port {self._path} has failed: {why}"))

    def _wait_for(self, what: Callable[[], None] | None, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if what is None else asyncio.get_running_loop().call_later(delay_s, what)

    def _quiet(self) -> None:
        """3.5 characters of it."""
        self._take()
        if self._burst:
            self._wait_for(self._give_up, REST_S)

    def _give_up(self) -> None:
        """The rest of it does not come."""
        self._desk.counters.crc_errors += 1
        self._burst.clear()

    def _take(self) -> None:
        frames, end = frames_in(bytes(self._burst), self._settings.unit_id)
        del self._burst[:end]
        for frame in frames:
            self._serve(frame[0], frame[1:])

    def _serve(self, unit: int, pdu: bytes) -> None:
        is_broadcast = unit == BROADCAST and pdu[0] in _BROADCAST_FUNCTIONS
        if unit != self._settings.unit_id and not is_broadcast:
            self._desk.counters.received += 1
            return
        answer = self._desk.answer(unit, pdu, self._client)
        if isinstance(answer, Coroutine):
            self._desk.keep(asyncio.get_running_loop().create_task(self._answer_later(unit, answer)))
        else:
            self._send(unit, answer)

    async def _answer_later(self, unit: int, coming: Coroutine[None, None, bytes | None]) -> None:
        heard = self._heard
        answer = await coming
        if heard == self._heard:
            self._send(unit, answer)

    def _send(self, unit: int, pdu: bytes | None) -> None:
        if unit == BROADCAST or pdu is None or self._descriptor < 0:
            self._desk.counters.unanswered += 1
            return
        with suppress(BlockingIOError):  # a line that takes nothing: nobody is there to miss it
            os.write(self._descriptor, framed(unit, pdu))
