"""The redundancy LAN as core sees it: the link, the socket on it, packets in as events, messages out."""

from collections import deque
from collections.abc import Container
from time import monotonic_ns

from agent.core.lan import Datagram, Lan
from agent.core.link import LinkMonitor, LinkState
from agent.core.recorder_port import Heard
from agent.engine.effects import Send
from agent.engine.events import LinkChanged, PacketReceived, PacketRejected, SendFailed, Sent
from agent.settings.model import LanSettings
from agent.wire.codec import decode, encode, group_of
from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import Keyring


class LanPort:
    """Opens the socket when the interface comes, opens it anew when the interface has become another one."""

    def __init__(self, settings: LanSettings, keyring: Keyring, groups: Container[int], recorded: deque[bytes]) -> None:
        """`groups`: those in which this unit has a seat, now."""
        self.keyring, self._groups = keyring, groups
        self.link = LinkMonitor(settings.interface, needs_address=":" not in (settings.multicast_address or settings.peers[0]))
        self.socket: Lan | None = None
        self.error = ""
        self.packets = 0
        self.heard = Heard()
        """The last that was received."""
        self._recorded = recorded
        """Gets what is sent, before it leaves or fails to."""
        self._settings = settings
        self._interface_index = 0
        self._told: LinkChanged | None = None

    @property
    def overflows(self) -> int:
        """Packets that the kernel had to drop, of the present socket."""
        return self.socket.overflows if self.socket else 0

    def check_link(self, is_takeover: bool) -> LinkChanged | None:
        """Ask for the carrier; open the LAN when it has come. News, if there are any."""
        state = self.link.ask_twice() if is_takeover else self.link.ask()
        is_usable = state.is_up and self._ensure_open(state)
        if not state.interface_index:
            self._close()
        news = LinkChanged(is_usable, self.error if state.is_up and not is_usable else state.detail)
        if news == self._told:
            return None
        self._told = news
        return news

    def _ensure_open(self, state: LinkState) -> bool:
        if self.socket is not None and state.interface_index == self._interface_index:
            return True
        self._close()
        try:
            self.socket = Lan(self._settings, state.interface_index)
        except OSError as error:
            self.error = f"{self._settings.interface} port {self._settings.port}: {error}"
            return False
        self.error, self._interface_index = "", state.interface_index
        return True

    def _close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def send(self, effect: Send) -> Sent | SendFailed:
        """Sign and send. The time is read before the system call: the lease counts from it."""
        data = encode(effect.message, self.keyring)
        self._recorded.append(data)
        if self.socket is None or self._told is None or not self._told.is_up:
            return SendFailed(effect.group, effect.message, self.error or "no link")
        sent_at_ns = monotonic_ns()
        try:
            self.socket.send(data)
        except OSError as error:
            return SendFailed(effect.group, effect.message, str(error))
        return Sent(effect.group, effect.message, sent_at_ns)

    def receive(self) -> PacketReceived | PacketRejected | None:
        """The oldest packet that waits; None when nothing is left unread."""
        datagram = self.socket.receive() if self.socket else None
        if datagram is None:
            return None
        self.packets += 1
        self.heard = Heard(datagram.data, datagram.address)
        return self._decoded(datagram)

    def _decoded(self, datagram: Datagram) -> PacketReceived | PacketRejected:
        if datagram.ttl < self._settings.minimum_ttl:
            return PacketRejected(Rejection.TTL)
        group = group_of(datagram.data)
        if group is not None and group not in self._groups:
            return PacketRejected(Rejection.OTHER_GROUP)
        try:
            message = decode(datagram.data, self.keyring)
        except DecodeError as error:
            return PacketRejected(error.reason)
        return PacketReceived(message, datagram.received_at_ns, datagram.address)

    def warm_up(self) -> None:
        """Walk the way of a packet through the kernel, and send none."""
        if self.socket is not None:
            self.socket.warm_up()

    def rekey(self, keyring: Keyring) -> None:
        """Other keys, no outage. From none to some, or back, is another LAN: that takes a restart."""
        if bool(keyring) == bool(self.keyring):
            self.keyring = keyring
