"""The recorder's connection to core: notes in, a word on the record's health out."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.diagnostics.notes import Note, whole_notes

PACKETS_A_TURN = 512
MAX_PACKET_BYTES = 1 << 20
"""Core sends at most 48 KiB at once."""


class CoreAwayError(Exception):
    """Core is not there (yet, or any more). Not an OSError: those of this process are the disk's."""


class CoreLink:
    """CoreAwayError from all of it. `fault`: what kept this recorder from writing until now."""

    def __init__(self, path: Path, fault: str) -> None:
        self.is_over = False
        self._rest = b""
        """The beginning of a note that comes in pieces."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise CoreAwayError(str(error)) from error
        self._socket.setblocking(False)
        self.tell({"hello": "recorder", "pid": os.getpid(), "fault": fault})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """To wait on."""
        return self._socket.fileno()

    def tell(self, message: dict[str, object]) -> None:
        """Lost when core does not read, or has gone: the next one says it again."""
        with suppress(OSError):
            self._socket.send(json.dumps(message).encode())

    def notes(self) -> Iterator[Note]:
        """What has come, at most 512 packets of it. `is_over`: core has ended the connection."""
        for _ in range(PACKETS_A_TURN):
            try:
                packet = self._socket.recv(MAX_PACKET_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                raise CoreAwayError(str(error)) from error
            if not packet:
                self.is_over = True
                return
            yield from self._whole(packet)

    def _whole(self, packet: bytes) -> list[Note]:
        try:
            notes, self._rest = whole_notes(self._rest + packet)
        except ValueError as error:  # out of step: a connection anew begins with a header and a gap
            raise CoreAwayError(str(error)) from error
        return notes
