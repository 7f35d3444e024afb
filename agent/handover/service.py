"""run/config.sock: JSON lines for the command line, files beside them as descriptors (SCM_RIGHTS). One thread a client.

Whoever talks nonsense gets an error line or loses the connection, nothing more.
"""

import json
import os
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.handover.limits import MAX_DOCUMENT_LINE_BYTES, MAX_FILES_A_REQUEST
from agent.ledger.errors import LedgerError, StaleHead

MAX_CLIENTS = 16
MAX_LINE_BYTES = 64 * 1024
IDLE_LIMIT_S = 10.0
TURN_AWAY_S = 0.5
_LONG_VERBS = {"edit", "import", "choose"}

Json = dict[str, object]


class VerbError(Exception):
    """The request is refused, and why. `more`: what else the answer says."""

    def __init__(self, text: str, **more: object) -> None:
        super().__init__(text)
        self.answer: Json = {"outcome": "refused", "text": text} | more


@dataclass(slots=True)
class Request:
    """One line. `author`: who is at the other end, by the kernel. `files`: the descriptors; they are closed afterwards."""

    value: Json
    author: str
    files: list[int] = field(default_factory=list)
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None

    def descriptor(self, index: object = 0) -> int:
        """The file of this number. VerbError when it did not come along."""
        if type(index) is not int or not 0 <= index < len(self.files):
            raise VerbError("The request names a file that did not come along with it")
        return self.files[index]


Verb = Callable[[Request], Json]


class Service:
    """Serves the socket in daemon threads until closed. OSError when it cannot be made."""

    def __init__(self, path: Path, verbs: Mapping[str, Verb], idle_limit_s: float = IDLE_LIMIT_S) -> None:
        self._verbs, self._idle_limit_s = verbs, idle_limit_s
        self._room = threading.BoundedSemaphore(MAX_CLIENTS)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)  # mode 0600 from the first moment, not a moment later
        try:
            path.unlink(missing_ok=True)
            self._socket.bind(str(path))
        finally:
            os.umask(mask)
        self._socket.listen(MAX_CLIENTS)

    def run(self) -> None:
        """Until closed; in a daemon thread."""
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve_or_refuse, args=(connection,), name="config client", daemon=True).start()

    def close(self) -> None:
        """No more clients; those that are there are served to the end of the process."""
        self._socket.close()

    def _serve_or_refuse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(self._idle_limit_s)
            if not self._room.acquire(blocking=False):
                text = f"{MAX_CLIENTS} clients are connected already. Try again in a few seconds"
                _turn_away(connection, {"outcome": "busy", "text": text})
                return
            try:
                self._serve(connection)
            finally:
                self._room.release()

    def _serve(self, connection: socket.socket) -> None:
        """Line after line. TimeoutError after 10 s of silence, or when the client does not read for as long."""
        author, reader = _author(connection), LineReader(connection)
        while True:
            line, files = reader.read()
            try:
                if line is None:
                    return
                _write(connection, self._answer(line, author, files, connection))
            finally:
                for descriptor in files:
                    os.close(descriptor)

    def _answer(self, line: bytes, author: str, files: list[int], connection: socket.socket) -> Json:
        def progress(what: str, done_bytes: int, total_bytes: int) -> None:
            _write(connection, {"progress": {"what": what, "done_bytes": done_bytes, "total_bytes": total_bytes}})

        try:
            verb, value = self._verb_of(line)
            return {"outcome": "done"} | verb(Request(value, author, files, progress))
        except VerbError as error:
            return error.answer
        except StaleHead as error:
            return {"outcome": "refused", "text": str(error)}
        except (LedgerError, OSError) as error:
            return {"outcome": "failed", "text": str(error)}
        except Exception as error:
            traceback.print_exc()
            return {"outcome": "failed", "text": f"{type(error).__name__} in the handover process. Report it, with its log"}

    def _verb_of(self, line: bytes) -> tuple[Verb, Json]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise VerbError("The request is not a line of JSON") from None
        if not isinstance(value, dict):
            raise VerbError("The request is not a JSON object")
        name = str(value.get("verb"))
        verb = self._verbs.get(name)
        if verb is None:
            raise VerbError(f"The request has no known verb; known here: {', '.join(self._verbs)}")
        if len(line) > (MAX_DOCUMENT_LINE_BYTES if name in _LONG_VERBS else MAX_LINE_BYTES):
            raise VerbError(f"The request is longer than {MAX_LINE_BYTES // 1024} KiB")
        return verb, value


class LineReader:
    """Lines with the descriptors that came along with them."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._rest = connection, b""

    def read(self) -> tuple[bytes | None, list[int]]:
        """The next line, and its descriptors; None: nothing more to serve. The caller closes them, whatever comes."""
        pieces, length, files = [self._rest], len(self._rest), list[int]()
        while b"\n" not in pieces[-1]:
            try:
                piece, more, flags, _ = socket.recv_fds(self._connection, 1 << 18, MAX_FILES_A_REQUEST)
            except OSError:
                return None, files
            files += more
            length += len(piece)
            pieces.append(piece)
            too_much = flags & socket.MSG_CTRUNC or len(files) > MAX_FILES_A_REQUEST or length > MAX_DOCUMENT_LINE_BYTES
            if too_much:
                self._refuse()
            if too_much or not piece:
                return None, files
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        return line, files

    def _refuse(self) -> None:
        text = f"The request is longer than {MAX_DOCUMENT_LINE_BYTES >> 20} MiB, or brings more than {MAX_FILES_A_REQUEST} files"
        with suppress(OSError):
            _write(self._connection, {"outcome": "refused", "text": text})


def _write(connection: socket.socket, answer: Json) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


def _turn_away(connection: socket.socket, answer: Json) -> None:
    """The answer stays to be read: closed at once, it would be lost behind the request that is just being written."""
    _write(connection, answer)
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(TURN_AWAY_S)
    while connection.recv(65_536):
        pass


def _author(connection: socket.socket) -> str:
    """`root (cli)`: the user at the other end, as the kernel knows it."""
    import pwd

    _pid, user_id, _group_id = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    try:
        name = pwd.getpwuid(user_id).pw_name
    except KeyError:
        name = f"user {user_id}"
    return f"{name} (cli)"
