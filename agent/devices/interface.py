"""Is the interface that a URL names there, up and connected? Asked by ioctl, a few us; rtnetlink waits for the kernel's lock."""

import fcntl
import socket
import struct
from functools import cache

_SIOCGIFFLAGS = 0x8913
_SIOCGIFINDEX = 0x8933
_IFF_UP, _IFF_RUNNING = 0x1, 0x40
_FLAGS = struct.Struct("=16sH22x")
_INDEX = struct.Struct("=16si20x")


def index_of(name: str) -> int:
    """0: there is no such interface now."""
    try:
        return _ask(name, _SIOCGIFINDEX, _INDEX)
    except OSError:
        return 0


def link_fault(name: str) -> str | None:
    """Why nothing goes through it now, as a sentence's worth; None: nothing is known against it."""
    try:
        flags = _ask(name, _SIOCGIFFLAGS, _FLAGS)
    except OSError:
        return f'there is no interface "{name}"; see `ip link`'
    if not flags & _IFF_UP:
        return f"interface {name} is down; see `ip link`, set it up"
    if not flags & _IFF_RUNNING:
        return f"interface {name} has no carrier; look at cable, switch port and peer"
    return None


def _ask(name: str, question: int, shape: struct.Struct) -> int:
    """OSError: there is no such interface."""
    _, answer = shape.unpack(fcntl.ioctl(_asker(), question, name.encode().ljust(shape.size, b"\0")))
    return int(answer)


@cache
def _asker() -> socket.socket:
    """Kept open: four questions ten times a second were most of what an idle worker did."""
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
