"""Core's side of management: snapshots and journal out, commands in. Never waits for it."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from time import monotonic_ns

from agent.core.channel import Client, Json
from agent.core.devices import DevicePort
from agent.core.handover_news import config_changed, heard
from agent.engine.effects import ClearAlarm, Effect, HeardMaster, RaiseAlarm, Reply, TakenOver, Transition
from agent.engine.engine import Engine
from agent.engine.events import Command, ConfigChanged, Verb
from agent.engine.snapshot_pool import phases_ms
from agent.wire.keys import Keyring, make_key

MAX_JOURNAL = 200
_VERBS = {verb.value: verb for verb in (Verb.SET_MASTER, Verb.SET_BACKUP)}


class ManagementPort:
    """All management processes that are connected; usually one."""

    def __init__(
        self,
        engine: Engine,
        devices: dict[str, DevicePort],
        health: Callable[[], Json],
        order: Callable[[Command | ConfigChanged], None],
        rekey: Callable[[Keyring], None],
    ) -> None:
        self._engine, self._devices, self._health, self._order, self._rekey = engine, devices, health, order, rekey
        self.clients: list[Client] = []
        self._number = 0
        self._journal: deque[Json] = deque(maxlen=MAX_JOURNAL)

    def connect(self, client: Client) -> None:
        """A management process has come: it learns what has happened, and all there is."""
        self.clients.append(client)
        client.send_later(chain(list(self._journal), self._everything()))

    def forget(self, client: Client) -> None:
        """It has gone."""
        if client in self.clients:
            self.clients.remove(client)

    def hear(self, client: Client, message: Json) -> None:
        """A question, a command or new keys."""
        command, keys, config = message.get("command"), message.get("keys"), message.get("config")
        if message.get("ask") == "snapshot":
            client.send_later(self._everything())
        elif isinstance(command, dict):
            self._hear_command(client, command)
        elif isinstance(keys, list):
            self._hear_keys(keys)
        elif isinstance(config, dict) and (news := config_changed(config)) is not None:
            self._order(news)

    def _hear_command(self, client: Client, command: Json) -> None:
        number, group = command.get("id"), command.get("group")
        objection = self._objection(command)
        if objection:
            client.send({"reply": {"id": number, "outcome": "failed", "text": objection}})
            return
        assert isinstance(number, str)
        assert isinstance(group, int)
        forced, override = command.get("forced") is True, command.get("override") is True
        verb = _VERBS[str(command["verb"])]
        self._order(Command(number, verb, group, forced, override, str(command.get("author", ""))[:100]))

    def _objection(self, command: Json) -> str:
        """Why a command is not carried out, or nothing. Never late: who sent it may have acted otherwise since (C-17, D-26)."""
        group, expires_at_ns = command.get("group"), command.get("expires_at_ns")
        is_known = type(group) is int and group in self._engine.members and str(command.get("verb")) in _VERBS
        if not is_known or not isinstance(command.get("id"), str):
            return "core knows no such command or group; are management and core of one version?"
        if isinstance(expires_at_ns, int) and monotonic_ns() > expires_at_ns:
            return "core was held up until nobody waited for this command any more; it was not carried out"
        return ""

    def _hear_keys(self, keys: list[object]) -> None:
        try:
            self._rekey(Keyring([make_key(bytes.fromhex(str(key))) for key in keys]))
        except ValueError:
            return  # management has checked the file; whatever this is, the keys in use stay

    def tell(self, effect: Effect) -> None:
        """What is worth telling at once; the journal is kept for a management that is not there yet, or died."""
        for message in self._messages(effect):
            if "journal" in message:
                self._journal.append(message)
            for client in self.clients:
                client.send_in_turn(message)

    def _messages(self, effect: Effect) -> Iterator[Json]:
        entry = self._entry(effect)
        if entry is not None:
            self._number += 1
            yield {"journal": entry | {"boot": self._engine.unit.identity.boot, "number": self._number}}
        if isinstance(effect, Reply):
            yield {"reply": {"id": effect.command_id, "outcome": effect.outcome.value, "text": effect.text}}
        elif isinstance(effect, Transition):
            yield {"member": self._member(effect.group)}
        elif isinstance(effect, HeardMaster):
            if effect.group in self._engine.members:
                yield {"member": self._member(effect.group)}
            yield heard(effect.message, effect.address, monotonic_ns() - effect.heard_at_ns)
        elif isinstance(effect, TakenOver):
            yield {"member": self._member(effect.group)}

    def _entry(self, effect: Effect) -> Json | None:
        """What the journal says of it, if anything."""
        if isinstance(effect, Transition):
            return _transition(effect)
        if isinstance(effect, RaiseAlarm):
            alarm = {"name": effect.name, "severity": effect.severity.value, "text": effect.text}
            return {"what": "alarm", "group": effect.group, "at_ns": monotonic_ns()} | alarm
        if isinstance(effect, ClearAlarm):
            return {"what": "alarm_cleared", "group": effect.group, "name": effect.name, "at_ns": monotonic_ns()}
        if isinstance(effect, TakenOver):
            return {"what": "takeover", "group": effect.group, "at_ns": effect.at_ns} | phases_ms(effect.phases)
        return None

    def _everything(self) -> Iterator[Json]:
        """A snapshot, piece by piece."""
        yield {"unit": self._engine.unit_snapshot(monotonic_ns()) | self._health()}
        for group in list(self._engine.members):
            yield {"member": self._member(group)}
        for name, device in self._devices.items():
            yield {"device": name, "status": device.status | {"fenced": device.is_fenced}}
        for known in list(self._engine.unit.neighbours.values()):
            yield heard(known.message, known.address, monotonic_ns() - known.at_ns)
        yield {"snapshot": "end"}

    def _member(self, group: int) -> Json:
        is_fenced = self._devices[self._engine.members[group].device].is_fenced
        return self._engine.member_snapshot(group, monotonic_ns()) | {"fenced": is_fenced}


def _transition(effect: Transition) -> Json:
    return {
        "what": "transition",
        "group": effect.group,
        "before": effect.before.value,
        "after": effect.after.value,
        "role": effect.role.value,
        "reason": effect.reason.value,
        "text": effect.text,
        "at_ns": effect.at_ns,
    }
