"""Who is at the other end of a connection, as far as the kernel and TLS say."""

import socket
import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """`user_id`: of the process at the other end of the unix socket; None: TCP. `certificate`: DER, checked by TLS."""

    address: str = ""
    user_id: int | None = None
    certificate: bytes | None = None


def peer_of(connection: socket.socket) -> Peer:
    """Before TLS. OSError when it has gone already."""
    if connection.family == socket.AF_UNIX:
        _pid, user_id, _group_id = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return Peer(user_id=user_id)
    return Peer(address=connection.getpeername()[0])
