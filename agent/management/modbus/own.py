"""This face's own registers: claim, watchdog, command block; and the heartbeat that says that it lives."""

from agent.management.modbus.claim import Claim
from agent.management.modbus.client import Client
from agent.management.modbus.codes import Code, Refused
from agent.management.modbus.commands import Asked, Commands, verb_of
from agent.management.modbus.renderer import Renderer
from agent.management.modbus.watchdog import EXPIRED, MAX_TIMEOUT_S, Watchdog
from agent.model.answers import Verb
from agent.model.command_block import FLAG_FORCED, FLAG_OVERRIDE
from agent.model.lamps import HEARTBEAT_LAMP, WATCHDOG_LAMP

_REARMING = {"watchdog_kick", "watchdog_timeout_s"}
_LIMITS = {"watchdog_timeout_s": MAX_TIMEOUT_S, "command_group": 255, "command_flags": FLAG_FORCED | FLAG_OVERRIDE}


class Own:
    """`tick` is called once a second."""

    def __init__(self, renderer: Renderer, commands: Commands, watchdog: Watchdog, claim: Claim) -> None:
        self._renderer, self._commands, self._watchdog, self._claim = renderer, commands, watchdog, claim
        self._heartbeat = 0
        renderer.put("watchdog_timeout_s", int(watchdog.timeout_s))
        self.show()

    def tick(self) -> None:
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        self.show()

    def show(self) -> None:
        """As things are now."""
        put, state = self._renderer.put, self._watchdog.state()
        put("heartbeat", self._heartbeat)
        put("watchdog_state", state)
        put("watchdog_left_s", self._watchdog.left_s())
        put("claim", self._claim.number)
        put("claim_left_s", self._claim.left_s())
        self._renderer.image.discretes.put(HEARTBEAT_LAMP, bool(self._heartbeat % 2))
        self._renderer.image.discretes.put(WATCHDOG_LAMP, state == EXPIRED)

    def demand(self, own: dict[str, int], client: Client) -> None:
        """May this client write now, and these numbers? Nothing is changed. Refused: 06 claimed by another; 04 expired; 03."""
        if "claim" not in own:
            self._claim.demand(client)
        if self._watchdog.state() == EXPIRED and not own.keys() & _REARMING:
            raise Refused(Code.FAILURE)
        if any(number > _LIMITS.get(name, 0xFFFF) for name, number in own.items()):
            raise Refused(Code.ILLEGAL_VALUE)
        verb_of(own.get("command", Verb.NO_ACTION))

    async def write(self, own: dict[str, int], client: Client) -> None:
        """After `demand`. The command last, whatever the order. Refused: as the claim or the arbiter does."""
        if "claim" in own:
            self._claim.write(own["claim"], client)
        if "watchdog_timeout_s" in own:
            self._watchdog.set_timeout(own["watchdog_timeout_s"])
        if "watchdog_kick" in own:
            self._watchdog.kick()
        for name in own.keys() - {"claim", "command"}:
            self._renderer.put(name, own[name])
        self.show()
        if "command" in own:
            await self._command(verb_of(own["command"]), client)

    def written(self) -> None:
        """A write was accepted."""
        self._watchdog.written()
        self.show()

    async def _command(self, verb: Verb, client: Client) -> None:
        if verb is Verb.NO_ACTION:
            return
        extra = self._renderer.extra
        asked = Asked(extra("command_group"), verb, extra("command_flags"), extra("command_token"))
        self._renderer.put("command_flags", 0)  # forced once is not forced for ever
        await self._commands.give(asked, client)
