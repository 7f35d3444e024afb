"""The small C programs that load servers, and the servers in C to compare with: compiled when they are wanted."""

import atexit
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_stack = ExitStack()
SERVER_CORE, CLIENT_CORE = "0", "1"
LOOPBACK = "127.0.0.1"


@cache
def directory() -> Path:
    """Gone when the process ends."""
    atexit.register(_stack.close)
    return Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="understudy-bench-")))


@cache
def compiled(name: str, *flags: str, suffix: str = "") -> Path:
    """NAME.c as a program, or with `suffix` .so as a library. RuntimeError, with what gcc said."""
    made = directory() / f"{name}{suffix}"
    words = ["gcc", "-O2", "-o", str(made), str(HERE / f"{name}.c"), *flags, *(("-shared", "-fPIC") if suffix else ())]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}.c does not compile (Debian: gcc libc6-dev libmodbus-dev libsnmp-dev): {done.stderr[-500:]}")
    return made


def on_core(core: str, *words: object) -> list[str]:
    """The words, bound to one core, before whatever else runs there: whoever is measured, the machine is his."""
    return ["nice", "-n", "-15", "taskset", "-c", core, *map(str, words)]


def numbers(words: Sequence[str], given: bytes = b"") -> list[float]:
    """What a load program prints. RuntimeError when it fails, with what it said."""
    done = subprocess.run(words, input=given, capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(words[6]).name}: {(done.stderr or b'nothing is answered').decode().strip()}")
    return [float(word) for word in done.stdout.split()]
