"""The address that people know this unit by: the one of its LAN interface."""

import fcntl
import socket
import struct

_SIOCGIFADDR = 0x8915


def address_of(interface: str) -> str:
    """IPv4, or nothing when there is none (yet)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            found = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return ""
    return socket.inet_ntoa(found[20:24])
