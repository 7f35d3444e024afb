"""Core: carries events to the engine and the engine's effects out, in order.

The loop is in loop.py; what it waits for is here.
"""

from collections import deque
from collections.abc import Callable
from time import monotonic_ns

from agent.core.channel import Client, Json, Listener
from agent.core.devices import DevicePort, NoOutput
from agent.core.lan import Datagram, Lan
from agent.core.link import LinkMonitor, LinkState
from agent.core.rehearsal import Rehearsal
from agent.core.reports import ManagementPort
from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.effects import Effect, GrantLease, LoadDevice, MuteDevice, OpenDevice, Send
from agent.engine.engine import Engine
from agent.engine.events import Command, Event, LinkChanged, PacketReceived, PacketRejected, SendFailed, Sent, Start, Verb
from agent.settings.model import Settings
from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import Keyring

MAX_HELLOS = 8
MESSAGES_A_TURN = 16
"""Of one client; the rest waits in its socket. A client that floods must not delay an advert."""


class Core:
    """One unit's adapters around its engine."""

    def __init__(self, settings: Settings, identity: Identity, keyring: Keyring, missing: list[str]) -> None:
        rules = LanRules(bool(keyring), settings.lan.beacon, settings.lan.on_carrier_loss == "hold")
        self.settings, self.keyring, self._missing = settings, keyring, missing
        configs = [_member_config(settings, index) for index in range(len(settings.members))]
        self.engine = Engine(identity, rules, configs)
        self._rehearsal = Rehearsal(identity, rules, configs[0])
        self.devices = {
            name: DevicePort(name, self.tell) if device.has_worker else NoOutput(name, self.tell)
            for name, device in settings.devices.items()
        }
        self.management = ManagementPort(self.engine, self.devices, self.health, self.tell, self._rekey)
        self.link = LinkMonitor(settings.lan.interface)
        self.listener = Listener(settings.run_dir / "core.sock")
        self.strangers: list[Client] = []
        self.lan: Lan | None = None
        self.packets = 0
        self._lan_error = ""
        self._interface_index = 0
        self._events: deque[Event] = deque()
        self._news: deque[Effect] = deque()
        self._is_telling = False
        self._do: dict[type, Callable[..., None]] = {
            Send: self._send,
            GrantLease: lambda effect: self.devices[effect.device].grant(effect.until_ns),
            LoadDevice: lambda effect: self.devices[effect.device].load(effect),
            OpenDevice: lambda effect: self.devices[effect.device].open(effect),
            MuteDevice: lambda effect: self.devices[effect.device].mute(effect),
        }

    def start(self) -> None:
        """From here on the engine runs."""
        self.tell(Start())
        for device in self.devices.values():
            device.start()
        self.check_link()

    def stop(self) -> None:
        """Orderly: every member hands over or gives up (S-07)."""
        for group in self.engine.members:
            self.tell(Command("", Verb.STOP, group, author="stop"))

    def tell(self, event: Event) -> None:
        """An event and all that follows from it: every effect of one event is carried out before the next event."""
        self._events.append(event)
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while self._events:
                for effect in self.engine.handle(self._events.popleft(), monotonic_ns()):
                    self._carry_out(effect)
        finally:
            self._is_telling = False
        while self._news:
            self.management.tell(self._news.popleft())

    def _carry_out(self, effect: Effect) -> None:
        do = self._do.get(type(effect))
        if do is not None:
            do(effect)
        else:
            self._news.append(effect)  # told when everything is done: the LAN does not wait for words

    def _send(self, effect: Send) -> None:
        data = encode(effect.message, self.keyring)
        if self.lan is None or not self.engine.unit.is_link_up:
            self._events.append(SendFailed(effect.group, effect.message, self._lan_error or "no link"))
            return
        sent_at_ns = monotonic_ns()
        try:
            self.lan.send(data)
        except OSError as error:
            self._events.append(SendFailed(effect.group, effect.message, str(error)))
            return
        self._events.append(Sent(effect.group, effect.message, sent_at_ns))

    def rehearse(self) -> None:
        """Warm up what a takeover needs; nothing leaves."""
        self._rehearsal.play(self.keyring)
        if self.lan is not None:
            self.lan.warm_up()

    def hear_lan(self, limit: int) -> bool:
        """Handle what has arrived, at most `limit` datagrams. True: nothing is left unread."""
        lan = self.lan
        if lan is None:
            return True
        for _ in range(limit):
            datagram = lan.receive()
            if datagram is None:
                return True
            self.packets += 1
            self.tell(self._decoded(datagram))
        return False

    def _decoded(self, datagram: Datagram) -> Event:
        if datagram.ttl < self.settings.lan.minimum_ttl:
            return PacketRejected(Rejection.TTL)
        try:
            message = decode(datagram.data, self.keyring)
        except DecodeError as error:
            return PacketRejected(error.reason)
        return PacketReceived(message, datagram.received_at_ns, datagram.address)

    def check_link(self) -> None:
        """Ask for the carrier; open the LAN anew when the interface has come (back)."""
        state = self.link.ask()
        is_usable = state.is_up
        if is_usable and (self.lan is None or state.interface_index != self._interface_index):
            is_usable = self._open_lan(state)
        if is_usable != self.engine.unit.is_link_up or (not is_usable and self.lan is None and self._lan_error):
            self._tell_link(state, is_usable)

    def _tell_link(self, state: LinkState, is_usable: bool) -> None:
        detail = state.detail if is_usable == state.is_up else self._lan_error
        if is_usable != self.engine.unit.is_link_up or detail != self.engine.unit.link_detail:
            self.tell(LinkChanged(is_usable, detail))
        if not is_usable and self.lan is not None and not state.interface_index:
            self.lan.close()
            self.lan = None

    def _open_lan(self, state: LinkState) -> bool:
        if self.lan is not None:
            self.lan.close()
            self.lan = None
        try:
            self.lan = Lan(self.settings.lan, state.interface_index)
        except OSError as error:
            self._lan_error = f"{self.settings.lan.interface} port {self.settings.lan.port}: {error}"
            return False
        self._lan_error, self._interface_index = "", state.interface_index
        return True

    def greet(self, client: Client) -> None:
        """Somebody has connected; who it is comes with the hello."""
        if len(self.strangers) >= MAX_HELLOS:
            self.strangers.pop(0).close()
        self.strangers.append(client)

    def hear_client(self, client: Client) -> None:
        """Messages of one connection, or its end."""
        for _ in range(MESSAGES_A_TURN):
            if client.is_closed or (message := client.receive()) is None:
                break
            self._hear_message(client, message)
        if client.is_closed:
            self._forget(client)

    def _hear_message(self, client: Client, message: Json) -> None:
        if client in self.strangers:
            self._introduce(client, message)
            return
        for device in self.devices.values():
            if device.owns(client):
                device.hear(message)
                return
        self.management.hear(client, message)

    def _introduce(self, client: Client, message: Json) -> None:
        self.strangers.remove(client)
        device = self.devices.get(str(message.get("name")))
        if message.get("hello") == "management":
            self.management.connect(client)
        elif message.get("hello") == "device" and device is not None:
            device.connect(client)
        else:
            client.close()

    def _forget(self, client: Client) -> None:
        for device in self.devices.values():
            if device.owns(client):
                device.disconnect("the worker has ended")
        self.management.forget(client)
        if client in self.strangers:
            self.strangers.remove(client)
        client.close()

    def clients(self) -> list[Client]:
        """Everybody who is connected."""
        workers = [client for device in self.devices.values() if (client := device.client) is not None]
        return [*workers, *self.management.clients, *self.strangers]

    def health(self) -> Json:
        """What core says of itself."""
        return {
            "real_time": not self._missing,
            "not_permitted": self._missing,
            "lan_error": self._lan_error,
            "socket_overflows": self.lan.overflows if self.lan else 0,
        }

    def _rekey(self, keyring: Keyring) -> None:
        """Other keys, no outage. From none to some, or back, is another LAN: that takes a restart."""
        if bool(keyring) == bool(self.keyring):
            self.keyring = keyring


def _member_config(settings: Settings, index: int) -> MemberConfig:
    member = settings.members[index]
    return MemberConfig(
        member.group,
        member.device_type,
        member.priority,
        member.advertisement_interval_ms,
        member.device,
        member.designation,
        member.preempt,
        int(member.preempt_delay * 1e9),
        member.heal_policy == "incumbent",
    )
