"""systemd's readiness protocol: one datagram to the socket that it names."""

import os
import socket
from contextlib import suppress


def sd_notify(state: str) -> None:
    """Send e.g. READY=1 when systemd asked for it (NOTIFY_SOCKET); never fails, never waits."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
        channel.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
