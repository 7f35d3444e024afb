"""`understudy run`: starts the processes of one unit, starts them again when they die, and stops them in order.

It does nothing else and imports little, for it must never be the one that dies. Signals are blocked and waited for
(sigtimedwait), so there are no handlers and nothing runs in between.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from agent.management.child import Child
from agent.management.notify import sd_notify
from agent.settings.model import Settings

CORE_STOP_S = 4.0
"""Core mutes, gives up or hands over, and leaves by itself within this."""
REST_STOP_S = 2.0
IDLE_S = 1.0
STARTING_S = 0.05
SAME_ORDER_S = 1.0
"""timeout(1), and systemd in some set-ups, signal the process and then its group: the second one says nothing new."""
_STOP = (signal.SIGTERM, signal.SIGINT)
_SIGNALS = (*_STOP, signal.SIGHUP, signal.SIGCHLD)


class Killed(Exception):  # noqa: N818 (an order, not a fault)
    """A second signal came while stopping, later than 1 s after the first."""


def children_of(settings: Settings) -> list[Child]:
    """Core first: it is started first and stopped first. -P: what lies in the current directory is no module of ours."""
    tail = ["--settings-path", str(settings.path)]
    modules = [("core", ["agent.core"])]
    modules += [(f"device {name}", ["agent.devices", name]) for name, device in settings.devices.items() if device.has_worker]
    modules += [("handover", ["agent.handover"])] if settings.handover else []
    modules += [("recorder", ["agent.diagnostics"])] if settings.recorder.enabled else []
    modules += [("management", ["agent.management"])]
    return [Child(name, [sys.executable, "-P", "-m", *module, *tail]) for name, module in modules]


class Supervisor:
    """Runs the children until told to stop. The lock's descriptor has been made inheritable before."""

    def __init__(self, children: list[Child], settings: Settings, core_stop_s: float = CORE_STOP_S) -> None:
        self._children, self._run_dir = children, settings.run_dir
        self._settings_descriptor = os.memfd_create("settings")
        os.write(self._settings_descriptor, settings.text.encode())
        self._is_ready, self._core_stop_s, self._stopping_since_s = False, core_stop_s, 0.0

    def run(self) -> int:
        """Exit code: 0 after an orderly stop, 5 when a second signal cut it short, or when it could not begin."""
        try:
            self._remove_old_sockets()
        except OSError as error:
            _tell(f"{error.filename} is in the way: {error.strerror}. Nothing was started; remove it and run again")
            return 5
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored by whoever started us, it would hide every death
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        while (number := self._turn()) not in _STOP:
            if number == signal.SIGHUP:
                _reload_keys(self._run_dir / "control.sock")
        try:
            self._stop()
        except Killed:
            self._signal(self._children, signal.SIGKILL)
            _tell("killed all processes at the second signal; the output may have been open until then")
            return 5
        return 0

    def _remove_old_sockets(self) -> None:
        """Left by an earlier life; the lock says that nobody serves them."""
        for name in ("core.sock", "control.sock", "config.sock", "http.sock"):
            (self._run_dir / name).unlink(missing_ok=True)

    def _turn(self) -> int | None:
        """Start what is due, wait for a signal or the next deadline, collect the dead. The signal, or None."""
        now_s = time.monotonic()
        for child in self._children:
            if child.pid is None and child.start_at_s <= now_s:
                _tell(child.start(self._settings_descriptor, now_s))
            _tell(child.settled(now_s))
        self._tell_ready()
        number = _wait(self._timeout_s(time.monotonic()))
        for child, status in self._reap():
            if number in _STOP or _is_stop_pending():  # the same signal has ended it: it is not started again
                child.pid = None
            else:
                _tell(child.died(status, time.monotonic()))
        return number

    def _timeout_s(self, now_s: float) -> float:
        waiting = [child.start_at_s - now_s for child in self._children if child.pid is None]
        return max(0.0, min([*waiting, IDLE_S if self._is_ready else STARTING_S]))

    def _tell_ready(self) -> None:
        if not self._is_ready and (self._run_dir / "core.sock").exists():
            self._is_ready = True
            sd_notify("READY=1")

    def _stop(self) -> None:
        """Core first and alone, so that it can hand over; then the rest. Killed at a second signal, 1 s later or more."""
        sd_notify("STOPPING=1")
        self._stopping_since_s = time.monotonic()
        core, rest = self._children[:1], self._children[1:]
        for group, limit_s in ((core, self._core_stop_s), (rest, REST_STOP_S)):
            self._signal(group, signal.SIGTERM)
            self._await(group, limit_s)
            for child in group:
                if child.pid is not None:
                    _tell(f"{child.name} (pid {child.pid}) did not stop within {limit_s:g} s; killed")
            self._signal(group, signal.SIGKILL)
        self._await(self._children, REST_STOP_S)

    def _await(self, group: list[Child], limit_s: float) -> None:
        """Until all of the group have ended, at most so long."""
        until_s = time.monotonic() + limit_s
        while any(child.pid is not None for child in group) and time.monotonic() < until_s:
            number = _wait(until_s - time.monotonic())
            if number in _STOP and time.monotonic() - self._stopping_since_s >= SAME_ORDER_S:
                raise Killed
            for child, _status in self._reap():
                child.pid = None

    def _reap(self) -> list[tuple[Child, int]]:
        """The children that have ended since, with their wait status."""
        ended: list[tuple[Child, int]] = []
        by_pid = {child.pid: child for child in self._children}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return ended
            if pid == 0:
                return ended
            if pid in by_pid:
                ended.append((by_pid[pid], status))

    def _signal(self, group: list[Child], number: signal.Signals) -> None:
        for child in group:
            if child.pid is not None:  # not collected yet, so the pid is still its own
                os.kill(child.pid, number)


def _wait(timeout_s: float) -> int | None:
    info = signal.sigtimedwait(_SIGNALS, max(0.0, timeout_s))
    return None if info is None else info.si_signo


def _is_stop_pending() -> bool:
    return not signal.sigpending().isdisjoint(_STOP)


def _reload_keys(control: Path) -> None:
    """Ask management, without waiting for its answer: it says on stderr how it went."""
    from agent.management.client import NotRunning, connect

    try:
        with connect(control, limit_s=0.2) as connection:
            connection.sendall(b'{"verb": "reload-keys"}\n')
    except (NotRunning, OSError) as error:
        _tell(f"the keys were not read again: {error}")


def _tell(text: str | None) -> None:
    with suppress(OSError):  # whoever read stderr may be gone; that is no reason to die
        if text:
            print(f"understudy: {text}", file=sys.stderr, flush=True)
