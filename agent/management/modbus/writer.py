"""Carries out a write: through this face's own conditions (claim, watchdog), then through the arbiter; whole or not at all."""

import struct

from agent.management.modbus.client import Client
from agent.management.modbus.codes import Code, Refused, code_of
from agent.management.modbus.commands import Commands
from agent.management.modbus.own import Own
from agent.management.modbus.renderer import Renderer
from agent.management.modbus.requests import MaskRegister, WriteAndRead, WriteBits, WriteRegisters
from agent.management.modbus.writes import Plan, plan_of_coils, plan_of_registers
from agent.model.answers import Order
from agent.model.arbiter import Model

Write = WriteBits | WriteRegisters | MaskRegister | WriteAndRead


class Writer:
    """Its answers are PDUs; Refused when nothing was changed, or when what was begun has failed."""

    def __init__(self, model: Model, renderer: Renderer, own: Own, commands: Commands) -> None:
        self._model, self._own, self._commands = model, own, commands
        self._holdings, self._coils = renderer.image.holdings, renderer.image.coils

    async def write(self, request: Write, client: Client) -> bytes:
        """The answer of FC 5, 6, 15, 16, 22: an echo, or where and how many. Of FC 23 nothing: the read is the desk's."""
        if isinstance(request, WriteAndRead):
            if not self._holdings.has(request.read.address, request.read.count):
                raise Refused(Code.ILLEGAL_ADDRESS)
            await self._carry_out(self._plan(request.write.address, request.write.words), client)
            return b""
        if isinstance(request, MaskRegister):
            await self._carry_out(self._plan_of_mask(request), client)
            return struct.pack(">BHHH", 22, request.address, request.keep, request.put)
        if isinstance(request, WriteRegisters):
            await self._carry_out(self._plan(request.address, request.words), client)
        else:
            await self._carry_out(self._plan_of_coils(request), client)
        return struct.pack(">BH", request.function, request.address) + _end_of(request)

    def _plan(self, address: int, words: bytes) -> Plan:
        if not self._holdings.has(address, len(words) // 2):
            raise Refused(Code.ILLEGAL_ADDRESS)
        return plan_of_registers(address, words)

    def _plan_of_mask(self, request: MaskRegister) -> Plan:
        if not self._holdings.has(request.address, 1):
            raise Refused(Code.ILLEGAL_ADDRESS)
        return plan_of_registers(request.address, request.applied(self._holdings.word(request.address)).to_bytes(2))

    def _plan_of_coils(self, request: WriteBits) -> Plan:
        if not self._coils.has(request.address, len(request.values)):
            raise Refused(Code.ILLEGAL_ADDRESS)
        return plan_of_coils(request.address, request.values)

    async def _carry_out(self, plan: Plan, client: Client) -> None:
        if not client.may_write:
            await self._refuse(plan, client)
        self._own.demand(plan.own, client)
        if plan.changes:
            code = code_of(await self._model.set(plan.changes, client.principal))
            if code is not None:
                raise Refused(code)
        for group, verb in plan.buttons:
            await self._commands.press(group, verb, client)
        if plan.own:
            await self._own.write(plan.own, client)
        self._own.written()

    async def _refuse(self, plan: Plan, client: Client) -> None:
        """Refused (01), and the arbiter has it in its books who tried what."""
        if plan.changes:
            await self._model.set(plan.changes, client.principal)
        for group, verb in plan.buttons:
            await self._model.command(Order(verb, group), client.principal, wait_s=0)
        raise Refused(Code.ILLEGAL_FUNCTION)


def _end_of(request: WriteBits | WriteRegisters) -> bytes:
    """FC 5 and 6: the value as it came; FC 15 and 16: how many."""
    if isinstance(request, WriteRegisters):
        return request.words if request.function == 6 else (len(request.words) // 2).to_bytes(2)
    if request.function == 15:
        return len(request.values).to_bytes(2)
    return b"\xff\0" if request.values[0] else b"\0\0"
