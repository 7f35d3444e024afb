"""`python -m tests.management.supervised FILE NAME=KIND...`: the real supervisor over simple real processes.

Each child writes one line to DATA_DIR/events when it starts and when it is told to stop. Kinds: good; dies (exit code 3 at
once); deaf (does not stop when told).
"""

import os
import signal
import sys
from pathlib import Path

from agent.management.child import Child
from agent.management.lock import prepare, take_lock
from agent.management.supervisor import Supervisor
from agent.settings.load import load_settings

CORE_STOP_S = float(os.environ.get("TEST_CORE_STOP_S", "0.5"))


def supervise(file: Path, kinds: list[str]) -> int:
    """As `understudy run`, with other children."""
    settings = load_settings(file)
    prepare(settings.unit.data_dir)
    take_lock(settings.unit.data_dir, settings.unit.name)
    children = []
    for word in kinds:
        name, _, kind = word.partition("=")
        command = [sys.executable, "-m", "tests.management.supervised", "--child", name, kind, str(settings.unit.data_dir)]
        children.append(Child(name, command))
    return Supervisor(children, settings, core_stop_s=CORE_STOP_S).run()


def be_child(name: str, kind: str, data_dir: Path) -> int:
    """Live as this kind says."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # and waited for, so that none comes too early
    text = sys.stdin.read()
    held = [entry for entry in Path("/proc/self/fd").iterdir() if entry.exists() and entry.resolve() == data_dir / "lock"]
    _note(data_dir, f"{name} start {os.getpid()} {os.getpgrp()} {len(text)} {len(held)}")
    if kind == "dies":
        return 3
    if name == "core":
        (data_dir / "run/core.sock").touch()
    while signal.sigwait({signal.SIGTERM}):
        _note(data_dir, f"{name} {'deaf' if kind == 'deaf' else 'stop'}")
        if kind != "deaf":
            return 0
    return 0


def _note(data_dir: Path, line: str) -> None:
    with (data_dir / "events").open("a") as file:
        file.write(f"{line}\n")


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        sys.exit(be_child(sys.argv[2], sys.argv[3], Path(sys.argv[4])))
    sys.exit(supervise(Path(sys.argv[1]), sys.argv[2:]))
