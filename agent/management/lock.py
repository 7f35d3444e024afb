"""One agent a data directory. Every process of the unit inherits the lock, so that leftovers hold it too."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Locked(Exception):  # noqa: N818 (an answer, not a fault)
    """Another agent has the data directory; str() says which, and what to do."""


def prepare(data_dir: Path) -> None:
    """Make DATA_DIR and DATA_DIR/run (mode 0700: the sockets are for this user alone). OSError."""
    data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    run_dir = data_dir / "run"
    run_dir.mkdir(mode=0o700, exist_ok=True)
    run_dir.chmod(0o700)


def take_lock(data_dir: Path, name: str) -> int:
    """The descriptor that holds DATA_DIR/lock, inheritable; pid and name of this unit are in the file. Locked. OSError."""
    path = data_dir / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with os.fdopen(descriptor, "rb") as file:
            raise Locked(_refusal(path, file.read(200).decode(errors="replace"))) from None
    with suppress(OSError):  # a full disk must not keep a unit off the air; the words are a courtesy
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {name}\n".encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor


def _refusal(path: Path, content: str) -> str:
    pid_text, _, name = content.strip().partition(" ")
    holders = _holders(path)
    if pid_text.isdigit() and (int(pid_text) in holders or not holders):
        who = f"{path.parent} is in use by the agent of unit {name!r}, pid {pid_text}"
        return f"{who}. Stop it first (kill {pid_text}, or systemctl stop understudy), or give this unit a data_dir of its own"
    pids = " ".join(map(str, holders)) or "unknown"
    gone = f"the supervisor of unit {name!r} (pid {pid_text or 'unknown'}) is gone"
    who = f"{path.parent} is in use: {gone}, but its processes {pids} go on"
    return f"{who}. Stop them (kill {pids}) when the other unit is master, then run again"


def _holders(path: Path) -> list[int]:
    """Pids that have the lock file open, as far as this user may see; not this process."""
    pids = set()
    wanted = path.stat()
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            found = entry.stat()
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                pids.add(int(entry.parts[2]))
    return sorted(pids - {os.getpid()})
