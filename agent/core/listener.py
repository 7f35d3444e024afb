"""Who may connect to run/core.sock: processes of the same user, and a few of them."""

import errno
import os
import socket
import struct
from pathlib import Path

from agent.core.channel import Client

MAX_CLIENTS = 32
"""Besides the workers of devices."""
SEND_BUFFER_BYTES = 1 << 20
_PEER_CREDENTIALS = struct.Struct("=iII")


class ListenError(Exception):
    """The socket cannot be made. A sentence for a person, with the remedy."""

    def __init__(self, path: Path, error: OSError) -> None:
        remedy = _REMEDIES.get(error.errno or 0, f"See that {path.parent} is a directory that this user can write to")
        super().__init__(f"cannot make the socket {path}: {error.strerror or error}. {remedy}.")


_REMEDIES = {
    errno.EROFS: "Mount the file system of data_dir for writing, or choose another data_dir",
    errno.ENOSPC: "Free space (or inodes: df -i) on the file system of data_dir, or choose another data_dir",
    errno.EDQUOT: "Free space within this user's quota, or choose another data_dir",
}


class Listener:
    """Accepts processes of the same user. ListenError: the disk does not allow it."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mask = os.umask(0o177)
        try:
            path.unlink(missing_ok=True)
            self._socket.bind(str(path))
        except OSError as error:
            self._socket.close()
            raise ListenError(path, error) from error
        finally:
            os.umask(mask)
        self._socket.listen(8)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """To wait on."""
        return self._socket.fileno()

    def accept(self, clients: int) -> Client | None:
        """Take one connection, if it is one of ours and there is room besides the `clients` that there are."""
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return None
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
        _, uid, _ = _PEER_CREDENTIALS.unpack(credentials)
        if clients >= MAX_CLIENTS or uid not in (0, os.getuid()):
            connection.close()
            return None
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        return Client(connection)
