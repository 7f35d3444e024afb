"""Core's side of management: snapshots and journal out, orders in. Never waits for it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from time import monotonic_ns

from agent.core.channel import Client, Json
from agent.core.devices import DevicePort
from agent.core.handover_news import config_changed, heard
from agent.core.journal import entry_of
from agent.core.orders import BadOrderError, adjusted_of, command_of
from agent.core.outcomes import Outcomes
from agent.engine.effects import ClearAlarm, ControlsChanged, Effect, HeardMaster, RaiseAlarm, Reply, TakenOver, Transition
from agent.engine.engine import Engine
from agent.engine.events import Adjusted, Command, ConfigChanged
from agent.wire.keys import Keyring, make_key

MAX_JOURNAL = 200
Order = Command | ConfigChanged | Adjusted
_OF_A_MEMBER = Transition | RaiseAlarm | ClearAlarm | TakenOver | ControlsChanged | HeardMaster


class ManagementPort:
    """All management processes that are connected; usually one, and the handover process."""

    def __init__(
        self,
        engine: Engine,
        devices: dict[str, DevicePort],
        health: Callable[[], Json],
        order: Callable[[Order], None],
        rekey: Callable[[Keyring], None],
    ) -> None:
        self._engine, self._devices, self._health, self._order, self._rekey = engine, devices, health, order, rekey
        self._changed: dict[Client, dict[int, None]] = {}
        """Groups whose members have changed since this client was told of them."""
        self._pushing: set[Client] = set()
        self._number = 0
        self._journal: deque[Json] = deque(maxlen=MAX_JOURNAL)
        self._outcomes = Outcomes()

    @property
    def clients(self) -> list[Client]:
        """Who is connected."""
        return list(self._changed)

    def connect(self, client: Client) -> None:
        """A management process has come: it learns what has happened, and all there is."""
        self._changed[client] = {}
        client.send_later(chain(list(self._journal), self._everything(client)))

    def forget(self, client: Client) -> None:
        """It has gone."""
        self._changed.pop(client, None)
        self._pushing.discard(client)

    def hear(self, client: Client, message: Json) -> None:
        """A question, an order or new keys."""
        command, adjust, keys, config = (message.get(name) for name in ("command", "adjust", "keys", "config"))
        if message.get("ask") == "snapshot":
            client.send_later(self._everything(client))
        elif message.get("ask") == "outcome":
            answer = self._outcomes.again(str(message.get("id")))
            client.send_in_turn([] if answer is None else [answer])
        elif isinstance(command, dict):
            self._outcomes.begin(str(command.get("id")))
            self._hear_order(client, command, lambda order: command_of(order, self._engine.members))
        elif isinstance(adjust, dict):
            self._hear_order(client, adjust, adjusted_of)
        elif isinstance(keys, list):
            self._hear_keys(keys)
        elif isinstance(config, dict) and (news := config_changed(config)) is not None:
            self._order(news)

    def _hear_order(self, client: Client, order: Json, read: Callable[[Json], Order]) -> None:
        try:
            event = read(order)
        except BadOrderError as error:
            answer: Json = {"reply": {"id": order.get("id"), "outcome": "failed", "text": str(error)}}
            self._outcomes.note(answer)
            client.send(answer)
            return
        self._order(event)

    def _hear_keys(self, keys: list[object]) -> None:
        try:
            self._rekey(Keyring([make_key(bytes.fromhex(str(key))) for key in keys]))
        except ValueError:
            return  # management has checked the file; whatever this is, the keys in use stay

    def tell(self, effects: Iterable[Effect]) -> None:
        """What has happened (the journal is kept for a management that is not there yet), what is now, and then the answers."""
        entries: list[Json] = []
        answers: list[Json] = []
        groups: dict[int, None] = {}
        for effect in effects:
            entries += self._entries(effect)
            answers += _answers(effect)
            if isinstance(effect, _OF_A_MEMBER) and effect.group in self._engine.members:
                groups[effect.group] = None
        for answer in answers:
            self._outcomes.note(answer)
        for client, changed in self._changed.items():
            client.send_in_turn(entries)
            if groups:
                changed.update(groups)
                self._push(client)
            client.send_in_turn(answers)

    def _entries(self, effect: Effect) -> list[Json]:
        entry = entry_of(effect)
        if entry is None:
            return []
        self._number += 1
        message: Json = {"journal": entry | {"boot": self._engine.unit.identity.boot, "number": self._number}}
        self._journal.append(message)
        return [message]

    def _push(self, client: Client) -> None:
        if client not in self._pushing and client.send_later(self._changes(client)):
            self._pushing.add(client)

    def _changes(self, client: Client) -> Iterator[Json]:
        """Each member as it is when its turn has come; the end is said when nothing is left to tell: that is one whole state."""
        yield from self._changed_members(client)
        self._pushing.discard(client)
        yield {"push": "end", "revision": self._engine.unit.revision}

    def _changed_members(self, client: Client) -> Iterator[Json]:
        changed = self._changed.get(client, {})
        while changed:
            group = next(iter(changed))
            del changed[group]
            yield {"member": self._member(group)}

    def _everything(self, client: Client) -> Iterator[Json]:
        """A snapshot, piece by piece; what has changed meanwhile again, so that its end is that of one whole state."""
        self._changed.get(client, {}).clear()
        yield {"unit": self._engine.unit_snapshot(monotonic_ns()) | self._health()}
        for group in list(self._engine.members):
            yield {"member": self._member(group)}
        for name, device in self._devices.items():
            yield {"device": name, "status": device.status | {"fenced": device.is_fenced}}
        for known in list(self._engine.unit.neighbours.values()):
            yield heard(known.message, known.address, monotonic_ns() - known.at_ns)
        yield from self._changed_members(client)
        yield {"snapshot": "end", "revision": self._engine.unit.revision}

    def _member(self, group: int) -> Json:
        is_fenced = self._devices[self._engine.members[group].device].is_fenced
        return self._engine.member_snapshot(group, monotonic_ns()) | {"fenced": is_fenced}


def _answers(effect: Effect) -> list[Json]:
    """To commands, and to the handover process about a master that is heard."""
    if isinstance(effect, Reply):
        return [{"reply": {"id": effect.command_id, "outcome": effect.outcome.value, "text": effect.text}}]
    if isinstance(effect, HeardMaster):
        return [heard(effect.message, effect.address, monotonic_ns() - effect.heard_at_ns)]
    return []
