"""Four pytests side by side, so that waiting costs no time: what ./dev test without a word more runs.

realtime   real units and cores that are judged by the microsecond; one after the other, before everybody else
waiting    whatever is named nowhere here: real processes and sockets, patient by the second; polite to the first
looking    the same, for who looks on: commands, records, dashboards, the demo. Packages that ask for a free port and bind it
           later stay together in the one before: two who do that at once may get the same
computing  pure code; gets the processor when nobody else wants it, so that it disturbs none
"""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

TESTS = Path(__file__).parent
REALTIME = ("core", "devices", "netns", "faces")
LOOKING = ("cli", "dashboards", "diagnostics", "test_cli.py", "test_demo.py", "test_demo_observe.py", "test_lanes.py")
COMPUTING = ("documents", "engine", "ledger", "model", "pcaps", "pki", "settings", "sim", "wire")
POLITE = 10
IDLE_TIMEOUT_S = 600
"""Of a test that gets the processor when nobody else wants it; others have what pyproject.toml says."""
PROGRESS = re.compile(r"[.FEsxXR]+ +\[ *\d+%\]")


@dataclass(frozen=True)
class Lane:
    """`words`: for pytest. `yield_to_others`: called in the new process, before pytest."""

    name: str
    words: tuple[str, ...]
    yield_to_others: Callable[[], object]


def lanes() -> list[Lane]:
    """A package that is new is in the waiting lane until somebody says otherwise: nothing is left out."""
    elsewhere = tuple(f"--ignore=tests/{name}" for name in (*REALTIME, *LOOKING, *COMPUTING))
    return [
        Lane("realtime", _present(REALTIME), lambda: None),
        Lane("waiting", ("tests", *elsewhere), partial(os.nice, POLITE)),
        Lane("looking", _present(LOOKING), partial(os.nice, POLITE)),
        Lane("computing", (*_present(COMPUTING), f"--timeout={IDLE_TIMEOUT_S}"), _idle),
    ]


def _present(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"tests/{name}" for name in names if (TESTS / name).exists())


def _idle() -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


async def run(lane: Lane) -> int:
    """Its exit code. Progress is shown as it comes; what there is to say of failures at the end, in one piece."""
    started = time.monotonic()
    process = await _start(lane)
    try:
        told = await _listen(lane.name, process)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
    outcome = "passed" if code == 0 else f"FAILED, exit code {code}"
    print("\n".join([*told, f"===== {lane.name}: {outcome}, in {time.monotonic() - started:.0f} s"]), flush=True)
    return code


async def _start(lane: Lane) -> asyncio.subprocess.Process:
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *lane.words)
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    return await asyncio.create_subprocess_exec(
        *words, cwd=TESTS.parent, stdout=pipe, stderr=both, preexec_fn=lane.yield_to_others
    )


async def _listen(name: str, process: asyncio.subprocess.Process) -> list[str]:
    """All lines but those of progress."""
    assert process.stdout
    told = []
    async for line in process.stdout:
        text = line.decode(errors="replace").rstrip()
        if PROGRESS.fullmatch(text):
            print(f"{name:9} {text}", flush=True)
        else:
            told.append(text)
    return told


async def run_all(chosen: Sequence[Lane]) -> int:
    """0 when every lane says 0; a lane that finds no tests is a failure like another."""
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    started = time.monotonic()
    codes = await asyncio.gather(*map(run, chosen))
    failed = [lane.name for lane, code in zip(chosen, codes, strict=True) if code]
    print(f"===== all tests in {time.monotonic() - started:.0f} s: {'FAILED in ' + ', '.join(failed) if failed else 'passed'}")
    return 1 if failed else 0


def main() -> int:
    """128 + 2 when it was interrupted."""
    try:
        return asyncio.run(run_all(lanes()))
    except asyncio.CancelledError:
        return 130


if __name__ == "__main__":
    sys.exit(main())
