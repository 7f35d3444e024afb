"""Reading a file that a person named: never more than asked for, and never waiting for what a FIFO or a device might say."""

import os
import stat
from pathlib import Path
from typing import NamedTuple


class Content(NamedTuple):
    """`mode`: of the very file that was read."""

    data: bytes
    mode: int


def read_regular(path: Path, limit_bytes: int) -> Content:
    """The first `limit_bytes` + 1 bytes, so that a longer file shows. OSError; its strerror says when it is no regular file."""
    if not stat.S_ISREG(path.stat().st_mode):  # before it is opened: some devices do something then
        raise _not_regular(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):  # exchanged meanwhile
            raise _not_regular(path)
        return Content(file.read(limit_bytes + 1), mode)


def _not_regular(path: Path) -> OSError:
    return OSError(0, "it is not a regular file", str(path))
