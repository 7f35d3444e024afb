"""What this machine lacks for these settings. Looked at, not changed (but for one moment of real-time scheduling)."""

import os
import socket
from collections.abc import Iterator

from agent.settings.errors import Finding
from agent.settings.lines import LineFinder
from agent.settings.model import REALTIME_PRIORITY, Settings


def machine_findings(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    """Interface, data directory, permission for real-time scheduling."""
    yield from _interface(settings, lines)
    yield from _data_dir(settings, lines)
    if not may_use_real_time():
        what = "no permission for real-time scheduling: on a busy machine takeovers are late by what the scheduler takes"
        limits = f"LimitRTPRIO={REALTIME_PRIORITY} (systemd) or `@user - rtprio {REALTIME_PRIORITY}` in limits.conf"
        remedy = f"Run as root, or give CAP_SYS_NICE or {limits}"
        yield Finding(0, "warning", what, remedy)


def may_use_real_time() -> bool:
    """Asked by doing it: capabilities, limits and cgroups all have a say, and only the kernel knows the sum."""
    before, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
    except OSError:
        return False
    os.sched_setscheduler(0, before, parameter)
    return True


def _interface(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    names = [name for _, name in socket.if_nameindex()]
    if settings.lan.interface not in names:
        what = f"interface {settings.lan.interface} is not on this machine now; the unit claims nothing until it is"
        yield Finding(lines.line(("lan", "interface")), "warning", what, f"Use one of: {', '.join(names)}; or plug it in")


def _data_dir(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    line, path = lines.line(("unit", "data_dir")), settings.unit.data_dir
    try:
        if not path.exists():
            return  # run makes it
        is_directory, mode, may_write = path.is_dir(), path.stat().st_mode, os.access(path, os.W_OK)
    except OSError as error:
        yield Finding(line, "error", f"data_dir {path} cannot be used: {error.strerror}", "Choose another, or mend the path")
        return
    if not is_directory:
        yield Finding(line, "error", f"data_dir {path} is not a directory", "Choose another, or move that file away")
    elif mode & 0o022:
        what = f"data_dir {path} can be written by others: they could put a unit id or sockets of their own there"
        yield Finding(line, "warning", what, f"Run: chmod 750 {path}")
    elif not may_write:
        yield Finding(line, "warning", f"data_dir {path} cannot be written by this user", "Run as its owner")
