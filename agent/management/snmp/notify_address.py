"""Where a receiver is: an address, or a name that is asked for beside the loop, in a thread that nobody waits for at the end."""

import asyncio
import socket
import threading
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

FRESH_S: Final = 60.0
"""A name is asked for again after so long."""
LIMIT_S: Final = 5.0
"""So long is an answer waited for."""
Place = tuple[int, tuple[str, int] | tuple[str, int, int, int]]
"""Address family, and address as sockets want it."""


class Address:
    """Of one receiver. A name that cannot be asked for now is where it was last."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._known: Place | None = None
        self._known_until_s = 0.0
        self._asking: asyncio.Future[Place] | None = None

    async def place(self) -> Place:
        """OSError: never known, with the reason in words."""
        now_s = asyncio.get_running_loop().time()
        if self._known is not None and now_s < self._known_until_s:
            return self._known
        try:
            self._known = await self._resolved()
            self._known_until_s = now_s + FRESH_S
        except (OSError, TimeoutError) as error:
            if self._known is None:
                raise OSError(f"the name {self._host} cannot be resolved ({error or 'no answer'})") from None
            self._known_until_s = now_s + LIMIT_S
        return self._known

    async def _resolved(self) -> Place:
        """One question at a time: a resolver that hangs keeps one thread, however often we come back."""
        with suppress(ValueError):
            family = socket.AF_INET6 if ip_address(self._host).version == 6 else socket.AF_INET
            return family, (self._host, self._port)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_future()
            self._asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
            arguments = (self._host, self._port, asyncio.get_running_loop(), self._asking)
            threading.Thread(target=_ask, args=arguments, daemon=True, name=f"resolve {self._host}").start()
        async with asyncio.timeout(LIMIT_S):
            return await asyncio.shield(self._asking)


def _ask(host: str, port: int, loop: asyncio.AbstractEventLoop, asked: "asyncio.Future[Place]") -> None:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        answer: Place | OSError = (family, address)  # type: ignore[assignment]
    except (OSError, UnicodeError) as error:
        answer = error if isinstance(error, OSError) else OSError(str(error))
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(_settle, asked, answer)


def _settle(asked: "asyncio.Future[Place]", answer: Place | OSError) -> None:
    if asked.done():
        return
    if isinstance(answer, OSError):
        asked.set_exception(answer)
    else:
        asked.set_result(answer)
