"""Core: carries events to the engine and the engine's effects out, in order.

The loop is in loop.py; what it waits for is in lan_port.py and clients.py.
"""

from collections import deque
from collections.abc import Callable
from time import monotonic_ns

from agent.core.channel import Json
from agent.core.clients import Clients
from agent.core.devices import DevicePort, NoOutput
from agent.core.lan_port import LanPort
from agent.core.recorder_port import Noted, RecorderPort, lan_of
from agent.core.rehearsal import Rehearsal
from agent.core.reports import ManagementPort, Order
from agent.core.seats import member_configs, pool_rules, set_before
from agent.diagnostics.header import Made
from agent.engine.config import Identity, LanRules
from agent.engine.effects import Effect, GrantLease, LoadDevice, MuteDevice, OpenDevice, ParkDevice, Send
from agent.engine.engine import Engine
from agent.engine.events import Command, ConfigChanged, Event, Start, Verb
from agent.settings.model import Settings
from agent.settings.overrides import load_overrides, settings_with
from agent.wire.keys import Keyring
from agent.wire.message import Kind


class Core:
    """One unit's adapters around its engine."""

    def __init__(self, settings: Settings, identity: Identity, keyring: Keyring) -> None:
        rules = LanRules(bool(keyring), settings.lan.beacon, settings.lan.on_carrier_loss == "hold")
        overrides = load_overrides(settings.unit.data_dir, settings)
        self.told = overrides.told
        settings = settings_with(settings, overrides)
        configs = member_configs(settings)
        made = Made(identity, rules, configs, pool_rules(settings), set_before(configs, overrides))
        self.engine = Engine(*made)
        self.recorder = RecorderPort(self.engine, made, lan_of(settings.lan), settings.recorder.enabled)
        self.lan = LanPort(settings.lan, keyring, self.engine.members, self.recorder.sent)
        self.devices = {
            name: DevicePort(name, self.tell) if device.has_worker else NoOutput(name, self.tell)
            for name, device in settings.devices.items()
        }
        self.management = ManagementPort(self.engine, self.devices, self.health, self.obey, self.lan.rekey)
        self.clients = Clients(settings.run_dir / "core.sock", self.devices, self.management, self.recorder)
        self.not_permitted: list[str] = []
        """What the machine does not allow for punctuality."""
        self._rehearsal = Rehearsal(identity, rules, configs[0])
        self._events: deque[Event] = deque()
        self._news: list[Effect] = []
        self._is_telling = self._is_asking = False
        self._preload(settings)
        self._do: dict[type, Callable[..., None]] = {
            Send: self._send,
            GrantLease: lambda effect: self.devices[effect.device].grant(effect.until_ns),
            LoadDevice: lambda effect: self.devices[effect.device].load(effect),
            ParkDevice: lambda effect: self.devices[effect.device].park(effect),
            OpenDevice: lambda effect: self.devices[effect.device].open(effect),
            MuteDevice: lambda effect: self.devices[effect.device].mute(effect),
        }

    def _preload(self, settings: Settings) -> None:
        """Each device holds the configuration of its member's own group while it airs no other."""
        for member in settings.members:
            for device in member.devices:
                self.devices[device].home_group = member.group

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
        noted: list[Noted] = []
        try:
            while self._events:
                event, now_ns = self._events.popleft(), monotonic_ns()
                effects = self.engine.handle(event, now_ns)
                for effect in effects:
                    self._carry_out(effect)
                noted.append(Noted(event, now_ns, effects))
        finally:
            self._is_telling = False
        if self._is_asking:  # the answer is a millisecond away, and will name this unit
            self._is_asking = False
            self.rehearse()
        if self._news:
            news, self._news = self._news, []
            self.management.tell(news)
        self.recorder.note(noted, self.lan.heard)

    def obey(self, event: Order) -> None:
        """From management or the handover process. A device that holds the configuration of which there is news looks again."""
        self.tell(event)
        if isinstance(event, ConfigChanged):
            for device in self.devices.values():
                device.refresh(event.group, event.digest, event.own)

    def _carry_out(self, effect: Effect) -> None:
        do = self._do.get(type(effect))
        if do is not None:
            do(effect)
        else:
            self._news.append(effect)  # told when everything is done: the LAN does not wait for words

    def _send(self, effect: Send) -> None:
        self._events.append(self.lan.send(effect))
        self._is_asking |= effect.message.kind is Kind.REQUEST

    def hear_lan(self, limit: int) -> bool:
        """Handle what has arrived, at most `limit` datagrams. True: nothing is left unread."""
        for _ in range(limit):
            event = self.lan.receive()
            if event is None:
                return True
            self.tell(event)
        return False

    def check_link(self, is_takeover: bool = False) -> None:
        """Tell the engine when the carrier is not what it was; before a takeover, look twice."""
        news = self.lan.check_link(is_takeover)
        if news is not None:
            self.tell(news)

    def rehearse(self) -> None:
        """Warm up what a takeover needs; nothing leaves."""
        self._rehearsal.play(self.lan.keyring)
        self.lan.warm_up()

    def health(self) -> Json:
        """What core says of itself."""
        return {
            "real_time": not self.not_permitted,
            "not_permitted": self.not_permitted,
            "lan_error": self.lan.error,
            "socket_overflows": self.lan.overflows,
            "recorder": self.recorder.health.as_json(),
            "dropped_news": sum(client.dropped for client in self.clients.all()),
        }
