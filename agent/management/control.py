"""run/control.sock: JSON lines for the command line. Bad clients get an error line or lose their connection, nothing more."""

import asyncio
import json
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

from agent.management.memory import JsonObject
from agent.management.requests import Requests, refused
from agent.model.answers import Principal, Role

MAX_CLIENTS = 16
MAX_LINE_BYTES = 64 * 1024
IDLE_LIMIT_S = 10.0


class ControlServer:
    """Serves the socket until cancelled."""

    def __init__(self, path: Path, requests: Requests, idle_limit_s: float = IDLE_LIMIT_S) -> None:
        self._path, self._requests, self._idle_limit_s = path, requests, idle_limit_s
        self._clients = 0

    async def run(self) -> None:
        """OSError when the socket cannot be made."""
        before = os.umask(0o177)  # mode 0600 from the first moment, not a moment later
        try:
            server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE_BYTES)
        finally:
            os.umask(before)
        try:
            await server.serve_forever()
        finally:
            server.close()  # and not wait: from Python 3.12 on, waiting is for the idle clients too

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            with suppress(OSError, TimeoutError, asyncio.CancelledError):  # cancelled: the process ends, and so does this task
                await self._serve_or_refuse(reader, writer)
        finally:
            self._clients -= 1
            writer.close()

    async def _serve_or_refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._clients > MAX_CLIENTS:
            text = f"{MAX_CLIENTS} clients are connected already. Try again in a few seconds"
            await self._write(writer, {"outcome": "busy", "text": text})
            return
        principal = _principal(writer)
        while line := await self._read(reader, writer):
            await self._write(writer, await self._requests.answer(line, principal))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """The next line; empty: nothing more to serve. TimeoutError after 10 s of silence."""
        try:
            line = await asyncio.wait_for(reader.readline(), self._idle_limit_s)
        except ValueError:  # asyncio's word for a line over the limit
            await self._write(writer, refused(f"The request is longer than {MAX_LINE_BYTES // 1024} KiB"))
            return b""
        return line if line.endswith(b"\n") else b""

    async def _write(self, writer: asyncio.StreamWriter, answer: JsonObject) -> None:
        """TimeoutError when the client does not read for 10 s."""
        writer.write(json.dumps(answer).encode() + b"\n")
        try:
            await asyncio.wait_for(writer.drain(), self._idle_limit_s)
        except TimeoutError:
            writer.transport.abort()  # close() would keep the answer until it is read, that is for ever
            raise


def _principal(writer: asyncio.StreamWriter) -> Principal:
    """`root (cli)`: the user at the other end, as the kernel knows it. The socket is for this user alone, so it may do all."""
    import pwd

    connection: socket.socket = writer.get_extra_info("socket")
    _pid, user_id, _group_id = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    try:
        name = pwd.getpwuid(user_id).pw_name
    except KeyError:
        name = f"user {user_id}"
    return Principal(name, "cli", "", Role.ADMIN)
