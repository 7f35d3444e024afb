"""One receiver of notifications: everything in order, one at a time, by itself. One that is away keeps nobody else waiting."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from agent.management.snmp.notify_clock import age_ms
from agent.management.snmp.notify_message import INFORM, TRAP, Sense, Speech, notification_pdu
from agent.management.snmp.queue import Entry
from agent.management.snmp.queue_safe import SafeQueue
from agent.settings.faces import NotifyTarget

GIVE_UP_MS: Final = 24 * 3600 * 1000
"""Older than this, it is of no use to anybody; it is dropped and counted."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
MAX_LESSONS: Final = 3
"""Reports that one try of an inform may learn from (engine, time), before it counts as failed."""
MAX_DATAGRAM: Final = 65_535


def name_of(settings: NotifyTarget) -> str:
    """Of its cursor in the queue: the same as long as it is the same receiver."""
    return f"{settings.kind} {settings.version} {settings.user}@{settings.host}:{settings.port}"


@dataclass(frozen=True, slots=True)
class Means:
    """What all receivers have in common. `varbinds`: of an entry, as they are sent now; empty: nothing that could be said.

    `pause_s`: before the first try of one that did not answer; then twice as long each time, up to LONGEST_PAUSE_S.
    """

    queue: SafeQueue
    varbinds: Callable[[Entry], list[bytes]]
    tell: Callable[[str], None]
    pause_s: float = FIRST_PAUSE_S


class Target:
    """`news`: set it when something was put into the queue."""

    def __init__(self, settings: NotifyTarget, speech: Speech, means: Means) -> None:
        self._settings, self._speech = settings, speech
        self._queue, self._varbinds, self._tell = means.queue, means.varbinds, means.tell
        self._name = name_of(settings)
        self._family = socket.AF_INET6 if ip_address(settings.host).version == 6 else socket.AF_INET
        self._first_pause_s = self._pause_s = means.pause_s
        self._failures = 0
        self.news = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.news.clear()
            entry = await self._queue.ask(lambda queue: queue.head(self._name))
            if entry is None:
                await self._queue.ask(lambda queue: queue.rest())
                await self.news.wait()
            else:
                await self._serve(entry)

    async def _serve(self, entry: Entry) -> None:
        varbinds = self._varbinds(entry)
        if not varbinds or age_ms(entry.boot, entry.made_ms) > GIVE_UP_MS:
            await self._queue.ask(lambda queue: queue.done(self._name, entry.number, "expired"))
            return
        try:
            why = await (self._inform(entry, varbinds) if self._settings.kind == "inform" else self._trap(entry, varbinds))
        except OSError as error:
            why = error.strerror or str(error)
            await asyncio.sleep(self._pause_s)
        self._note(why)

    def _note(self, why: str) -> None:
        """`why` empty: it went well. Said once when it begins to fail and once when it is over."""
        where = f"{self._settings.host}:{self._settings.port}"
        if not why:
            if self._failures:
                self._tell(f"notifications: {where} has them again; what waited is being sent, in order")
            self._failures, self._pause_s = 0, self._first_pause_s
            return
        if not self._failures:
            self._tell(f"notifications: {where} does not get them: {why}. They are kept for 24 h, and tried again")
        else:
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        self._failures += 1

    async def _trap(self, entry: Entry, varbinds: list[bytes]) -> str:
        """OSError: it did not leave this machine."""
        datagram = self._speech.trap(notification_pdu(TRAP, entry.number & 0x7FFF_FFFF, varbinds))
        with socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            await self._queue.send(self._name, entry.number, lambda: self._send(channel, datagram))
        return ""

    async def _inform(self, entry: Entry, varbinds: list[bytes]) -> str:
        """One round: quick tries as the settings say, or one after a pause while it is away. Why it failed; empty: acknowledged.

        The request-id is the entry's number, however often it is sent.
        """
        number = entry.number & 0x7FFF_FFFF
        pdu = notification_pdu(INFORM, number, varbinds)
        quick = [self._settings.timeout_ms / 1000] * (1 + self._settings.retries)
        with socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            channel.connect((self._settings.host, self._settings.port))
            for wait_s in [self._pause_s] if self._failures else quick:
                why = await self._ask(channel, pdu, number, wait_s)
                if not why:
                    await self._queue.ask(lambda queue: queue.done(self._name, entry.number, "sent"))
                    return ""
        return why

    async def _ask(self, channel: socket.socket, pdu: bytes, number: int, wait_s: float) -> str:
        """Send it once (and again when something was learned), and wait so long. Why it failed; empty: acknowledged."""
        loop = asyncio.get_running_loop()
        until_s, why = loop.time() + wait_s, ["no answer"]
        try:
            async with asyncio.timeout_at(until_s):  # wait_for of Python 3.11 may lose a cancellation
                await self._until_acknowledged(channel, pdu, number, why)
        except TimeoutError:
            return why[-1]
        except OSError as error:  # the network says at once that nobody is there
            await asyncio.sleep(max(0.0, until_s - loop.time()))
            return error.strerror or str(error)
        return ""

    async def _until_acknowledged(self, channel: socket.socket, pdu: bytes, number: int, why: list[str]) -> None:
        """`why`: what the receiver has against it is put there. OSError."""
        loop, lessons = asyncio.get_running_loop(), 0
        channel.send(self._speech.inform(pdu, loop.time()))
        while True:
            heard = self._speech.hear(await loop.sock_recv(channel, MAX_DATAGRAM), loop.time())
            if heard.sense is Sense.ACKNOWLEDGED and heard.number == number:
                return
            if heard.sense is Sense.LEARNED and lessons < MAX_LESSONS:
                lessons += 1
                channel.send(self._speech.inform(pdu, loop.time()))
            elif heard.sense is Sense.REFUSED:
                why.append(heard.text)

    def _send(self, channel: socket.socket, datagram: bytes) -> None:
        channel.sendto(datagram, (self._settings.host, self._settings.port))
