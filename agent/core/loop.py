"""The loop: sleep until shortly before the next deadline, read everything, then decide, on the microsecond.

Drain before deciding: a unit that was itself stopped finds the master's adverts in its socket and stays quiet.
"""

import contextlib
import select
import signal
import socket
from time import monotonic_ns, sleep
from typing import Any

from agent.core.alarm_clock import AlarmClock
from agent.core.channel import Client
from agent.core.core import Core
from agent.engine.events import Stalled, Tick
from agent.engine.timing import MS, SECOND

SPIN_NS = 400_000
"""Woken this much early, the core waits the rest actively: a sleeping CPU needs up to 0.4 ms to come back (measured)."""
TAKEOVER_SPIN_NS = 1_500_000
"""Before a takeover more: there is a scene to rehearse, and it is rare."""
SHORT_SPIN_SHARE = 50
"""At short intervals the active wait is at most one part in this many of the time since the last deadline."""
BATCH = 64
"""Datagrams between two looks at the clock."""
STALL_NS = 100 * MS
"""Later than this for a deadline, the process was stopped; one priority step (F-5)."""
REHEARSAL_NS = 300_000
"""A rehearsal takes less than this, also when everything is cold."""
LINK_TRUST_NS = 20 * MS
"""Nobody claims on older news of the carrier."""
GATHER_NS = 500_000
BUSY_PACKETS = 20
LOAD_MEMORY_NS = 50 * MS
"""More than 20 packets within about 50 ms are read in groups, half a millisecond apart."""
UPKEEP_NS = 500 * MS
STOP_LIMIT_NS = 3 * SECOND


class Loop:
    """Runs a core until it is told to stop, and has stopped in order."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._upkeep_at_ns = 0
        self._stop_at_ns: int | None = None
        self._overflows = 0
        self._last_deadline_ns = 0
        self._link_asked_ns = 0
        self._alarm = AlarmClock()
        self._load = 0.0
        self._load_at_ns = 0
        self._signals, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        self._signals.setblocking(False)
        self._wakeup = wakeup
        signal.set_wakeup_fd(wakeup.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)

    def run(self) -> None:
        """Until every member is off, or the time for that is over."""
        self._core.start()
        while not self._is_over():
            self.turn()

    def _is_over(self) -> bool:
        if self._stop_at_ns is None:
            return False
        return self._core.engine.is_off() or monotonic_ns() >= self._stop_at_ns

    def turn(self) -> None:
        """Sleep, read, decide."""
        deadline_ns = self._core.engine.next_deadline_ns()
        is_takeover = self._core.engine.is_takeover_next()
        spin_ns = 0 if deadline_ns is None else TAKEOVER_SPIN_NS if is_takeover else self._spin_ns(deadline_ns)
        self._sleep(deadline_ns, spin_ns)
        now_ns = monotonic_ns()
        if deadline_ns is not None and now_ns >= deadline_ns - spin_ns:
            self._decide(deadline_ns, now_ns, is_takeover)
        if now_ns >= self._upkeep_at_ns:
            self._upkeep(now_ns)

    def _decide(self, deadline_ns: int, now_ns: int, is_takeover: bool) -> None:
        core = self._core
        if now_ns - self._link_asked_ns > LINK_TRUST_NS:
            core.check_link(is_takeover)
            self._link_asked_ns = now_ns
        if is_takeover and core.engine.next_deadline_ns() == deadline_ns:
            while deadline_ns - monotonic_ns() > REHEARSAL_NS:
                core.rehearse()
        while monotonic_ns() < deadline_ns:
            pass
        is_drained = core.hear_lan(BATCH)
        late_ns = monotonic_ns() - deadline_ns
        if is_drained and self._note_deafness(late_ns):
            core.tell(Stalled(late_ns))
        core.tell(Tick(is_drained))
        self._last_deadline_ns = deadline_ns

    def _note_deafness(self, late_ns: int) -> bool:
        """Was this process stopped, or did the kernel have to drop packets? Then a silence proves nothing."""
        overflows = self._core.lan.overflows
        lost, self._overflows = overflows != self._overflows, overflows
        return lost or late_ns > STALL_NS

    def _sleep(self, deadline_ns: int | None, spin_ns: int) -> None:
        """Wait for packets, processes, signals or time, whichever is first; and read the processes and the link."""
        core = self._core
        wake_ns = self._upkeep_at_ns
        if deadline_ns is not None:
            wake_ns = min(wake_ns, deadline_ns - spin_ns)
        clients = core.clients.all()
        has_work = [client for client in clients if client.has_unsent]
        timeout_s = 0 if any(client.is_making for client in has_work) else None
        self._alarm.set(wake_ns)
        readers: list[Any] = [self._alarm, self._signals, core.lan.link, core.clients.listener, *clients]
        if core.lan.socket is not None:
            readers.append(core.lan.socket)
        waiting = [client for client in has_work if not client.is_making]
        readable, _, _ = select.select(readers, waiting, [], timeout_s)
        if core.lan.socket in readable:
            self._hear_lan(wake_ns)
        self._serve(readable, has_work)

    def _hear_lan(self, wake_ns: int) -> None:
        """Read what came; when much comes, let it gather first: the kernel has noted when each packet arrived."""
        now_ns = monotonic_ns()
        pause_ns = min(GATHER_NS, wake_ns - now_ns)
        self._load *= max(0.0, 1 - (now_ns - self._load_at_ns) / LOAD_MEMORY_NS)
        if self._load > BUSY_PACKETS and pause_ns > 0:
            sleep(pause_ns / 1e9)
        before = self._core.lan.packets
        self._core.hear_lan(BATCH)
        self._load += self._core.lan.packets - before
        self._load_at_ns = now_ns

    def _spin_ns(self, deadline_ns: int) -> int:
        """Less of it where deadlines are dense: it shall not cost more than 2 % of a core."""
        return min(SPIN_NS, max((deadline_ns - self._last_deadline_ns) // SHORT_SPIN_SHARE, 0))

    def _serve(self, readable: list[Any], has_work: list[Client]) -> None:
        core = self._core
        for source in readable:
            if source is self._signals:
                self._hear_signal()
            elif source is core.lan.link:
                core.lan.link.drain()
                core.check_link()
            elif source is core.clients.listener:
                core.clients.accept()
        for client in core.clients.all():
            if client in readable:
                core.clients.hear(client)
            if client in has_work and not client.is_closed:
                client.work()

    def _hear_signal(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._signals.recv(64)
        if self._stop_at_ns is None:
            self._stop_at_ns = monotonic_ns() + STOP_LIMIT_NS
            self._core.stop()

    def _upkeep(self, now_ns: int) -> None:
        """Twice a second."""
        self._upkeep_at_ns = now_ns + UPKEEP_NS
        self._core.check_link()
        for device in self._core.devices.values():
            device.check_heartbeat()
