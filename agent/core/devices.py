"""Core's side of the device workers: leases and orders out, reports in."""

from collections.abc import Callable

from agent.core.channel import Client, Json
from agent.core.page import LeasePage
from agent.engine.effects import LoadDevice, MuteDevice, OpenDevice, ParkDevice
from agent.engine.events import DeviceReport, DeviceReported

SILENT_CHECKS = 3
"""Core looks at the heartbeats twice a second while it runs: a worker silent for 1 to 1.5 s of core's own life has failed."""

NO_ORDER = 0
"""Of what needs no answer."""

_ANSWERED = (DeviceReport.LOADED, DeviceReport.OPENED, DeviceReport.MUTED, DeviceReport.LOCKED)
_ANSWERS = {report.value: report for report in _ANSWERED}


class DevicePort:
    """One device: its worker's connection, while there is one, and its lease page."""

    def __init__(self, name: str, tell: Callable[[DeviceReported], None]) -> None:
        self.name = name
        self._tell = tell
        self._client: Client | None = None
        self._page: LeasePage | None = None
        self._heartbeat_ns = 0
        self._silent_checks = 0
        self._is_ready = False
        self._mute_order = 0
        self.home_group = 0
        """Whose configuration it holds while it is on the air for no other group."""
        self._loaded_group: int | None = None
        self._marks: dict[int, tuple[bytes, str]] = {}
        """Of the configurations that are held, by group: the digest, and the mark of this unit's own part."""
        self._told: tuple[int, bytes, str] | None = None
        self.status: Json = {}

    @property
    def is_fenced(self) -> bool:
        """Does a living dead-man hold the output (C-24)?"""
        return self._page is not None and self._is_ready

    @property
    def client(self) -> Client | None:
        """The worker's connection."""
        return self._client

    def start(self) -> None:
        """Nothing to do: the worker comes by itself."""

    def connect(self, client: Client) -> None:
        """A worker has come: it gets a fresh page, muted.

        One that comes while another lives is turned away, or two would replace each other for ever. It tries again; by then
        a dead one's connection has ended, and a frozen one has been cut off by `check_heartbeat`.
        """
        if self._client is not None and not self._client.is_closed:
            client.close()
            return
        self.disconnect("the worker has ended")
        self._client, self._page = client, LeasePage(self.name)
        self._heartbeat_ns, self._silent_checks = 0, 0
        try:
            client.send({"page": True}, self._page.descriptor)
        except OSError as error:
            self.disconnect(f"the worker went away while it connected: {error}")

    def disconnect(self, why: str) -> None:
        """The worker is gone, has failed, or is cut off: its lease ends now. One that lives connects again, and starts muted."""
        if self._client is None or self._page is None:
            return
        client, page = self._client, self._page
        self._client, self._page, self._is_ready = None, None, False
        self._loaded_group = self._told = None
        page.close()
        client.close()
        self._tell(DeviceReported(self.name, DeviceReport.FAILED, error=why))
        self._tell_muted()

    def hear(self, message: Json) -> None:
        """A report or a status from the worker."""
        status, report, order = message.get("status"), message.get("report"), message.get("id")
        if isinstance(status, dict):
            self.status = status
        elif report == DeviceReport.READY.value:
            self._is_ready = True
            self._tell(DeviceReported(self.name, DeviceReport.READY))
            self._look_again()
        elif isinstance(report, str) and report in _ANSWERS and isinstance(order, int):
            self._tell(DeviceReported(self.name, _ANSWERS[report], order))
        elif report == DeviceReport.FAILED.value:
            self.disconnect(str(message.get("error", "failed without saying why"))[:500])

    def check_heartbeat(self) -> None:
        """Twice a second. Counted in checks, not in seconds: after a stall of the whole unit nobody is to blame."""
        if self._page is None:
            return
        beat_ns = self._page.heartbeat_ns
        self._silent_checks = 0 if beat_ns != self._heartbeat_ns else self._silent_checks + 1
        self._heartbeat_ns = beat_ns
        if self._silent_checks >= SILENT_CHECKS:
            self.disconnect("the worker does not answer (frozen or starved)")

    def grant(self, until_ns: int) -> None:
        """Move the lease."""
        if self._page is not None:
            self._page.grant(until_ns)

    def load(self, effect: LoadDevice) -> None:
        """Order: load the configuration of a group."""
        self._loaded_group = effect.group
        self._order("load", effect.order, effect.group)

    def park(self, effect: ParkDevice) -> None:
        """Order: hold the unit's own configuration again, muted."""
        self._loaded_group = None
        self._order("park", NO_ORDER, effect.group)

    def refresh(self, group: int, digest: bytes, own: str = "") -> None:
        """Order: the configuration of this group has changed; if it is the one that this device holds, look again."""
        self._marks[group] = digest, own
        self._look_again()

    def _look_again(self) -> None:
        group = self.home_group if self._loaded_group is None else self._loaded_group
        news = (group, *self._marks.get(group, (b"", "")))
        if self._is_ready and news[1] and self._told != news:
            self._told = news
            self._order("refresh", NO_ORDER, group)

    def open(self, effect: OpenDevice) -> None:
        """Order: open, under this lease."""
        self.grant(effect.until_ns)
        self._order("open", effect.order)

    def mute(self, effect: MuteDevice) -> None:
        """The lease ends with one store; the order asks the worker to confirm."""
        self.grant(0)
        self._mute_order = effect.order
        if self._client is None:
            self._tell_muted()
        else:
            self._order("mute", effect.order)

    def _order(self, order: str, number: int, group: int | None = None) -> None:
        if self._client is not None:
            self._client.send({"order": order, "id": number} | ({} if group is None else {"group": group}))

    def _tell_muted(self) -> None:
        """No worker, no datagram."""
        if self._mute_order:
            order, self._mute_order = self._mute_order, 0
            self._tell(DeviceReported(self.name, DeviceReport.MUTED, order))


class NoOutput(DevicePort):
    """Driver `none`: there is no output, so every order is carried out at once, and nothing is fenced (C-24)."""

    def start(self) -> None:
        """Ready from the beginning."""
        self._tell(DeviceReported(self.name, DeviceReport.READY))

    def connect(self, client: Client) -> None:
        """No worker has any business here."""
        client.close()

    def load(self, effect: LoadDevice) -> None:
        """Nothing to load, and nothing that could lose sync."""
        self._tell(DeviceReported(self.name, DeviceReport.LOADED, effect.order))
        self._tell(DeviceReported(self.name, DeviceReport.LOCKED, effect.order))

    def open(self, effect: OpenDevice) -> None:
        """Nothing to open."""
        self._tell(DeviceReported(self.name, DeviceReport.OPENED, effect.order))

    def mute(self, effect: MuteDevice) -> None:
        """Nothing to mute."""
        self._tell(DeviceReported(self.name, DeviceReport.MUTED, effect.order))
