"""Network namespaces: enter one in this thread, open sockets in one, run `ip` and find the processes that live in one."""

import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
NAMESPACES = Path("/run/netns")
_libc = ctypes.CDLL(None, use_errno=True)


def run(*words: str, given: str | None = None) -> str:
    """Run a command that must succeed; its error text is the exception's."""
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def ip_batch(namespace: str, lines: Sequence[str]) -> None:
    """Many `ip` commands in one process: a LAN of ten hosts is up in a tenth of a second."""
    run("ip", "-n", namespace, "-batch", "-", given="\n".join(lines) + "\n")


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread's network namespace is `namespace` for the block; what is opened there stays there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(NAMESPACES / namespace, os.O_RDONLY)
    try:
        _setns(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)
        os.close(there)


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def socket_in(namespace: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
    with inside(namespace):
        return socket.socket(family, kind, protocol)


def set_sysctl(namespace: str, values: dict[str, str]) -> None:
    with inside(namespace):
        for name, value in values.items():
            path = Path("/proc/sys/net", name)
            if path.exists():
                path.write_text(value)


def processes_in(namespace: str) -> list[int]:
    """Every live process of a namespace, oldest first; found however it was started and whoever its parent is now."""
    try:
        wanted = (NAMESPACES / namespace).stat()
    except FileNotFoundError:
        return []
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sorted((pid for pid in pids if _lives_in(pid, wanted) and not is_zombie(pid)), key=_started_at)


def _lives_in(pid: int, wanted: os.stat_result) -> bool:
    try:
        seen = Path(f"/proc/{pid}/ns/net").stat()
    except OSError:
        return False
    return (seen.st_ino, seen.st_dev) == (wanted.st_ino, wanted.st_dev)


def stat_fields(pid: int) -> list[str]:
    """/proc/PID/stat after the command's name: [0] is the state, [11] utime, [12] stime, [19] start time. Empty: gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_zombie(pid: int) -> bool:
    fields = stat_fields(pid)
    return not fields or fields[0] in "ZX"


def _started_at(pid: int) -> tuple[int, int]:
    fields = stat_fields(pid)
    return (int(fields[19]) if fields else 0, pid)
