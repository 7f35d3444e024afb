"""Standard input, output and error as somebody may have left them: closed, full, or a pipe that nobody reads any more."""

import io
import os
import sys
from contextlib import suppress

_DESCRIPTORS = (0, 1, 2)


def mend_streams() -> bool:
    """Was standard output there? What is closed leads to nowhere from now on: else the next file opened would get its number,
    and what a process of ours says on standard error would go into the lock.
    """
    closed = [descriptor for descriptor in _DESCRIPTORS if not _is_open(descriptor)]
    for descriptor in closed:  # ascending: the system gives the lowest number that is free
        taken = os.open(os.devnull, os.O_RDWR)
        assert taken == descriptor
        os.set_inheritable(taken, True)
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 (for the life of the process)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows `?`
    return 1 not in closed


def forget_output() -> None:
    """Whatever is still to be written goes nowhere, and the interpreter's end says nothing of it."""
    _lead_nowhere(1)


def settle_errors() -> None:
    """What standard error cannot take is dropped now: at the interpreter's end it would change the exit code to 120."""
    try:
        sys.stderr.flush()
    except OSError:
        _lead_nowhere(2)


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def complain(text: str) -> None:
    """To standard error. That nobody can read it is no reason to do anything else than was asked for."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
