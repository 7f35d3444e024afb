"""What the handover process says of itself, for `status`. It may be away, slow or deaf: that costs half a second at most."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from agent.management.memory import JsonObject

ANSWER_LIMIT_S = 0.5
MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""256 groups with their heads and reasons need 1 MB."""

NOT_CONFIGURED = "The settings have no section [handover]: configuration does not follow the master here"
_AWAY = "The handover process is not there ({}); the supervisor starts it again by itself"
_SLOW = "The handover process did not answer within {:g} s"
_ODD = "The handover process gave no readable answer"


class HandoverStatus(NamedTuple):
    """`answer` None: `reason` says why in a sentence; else `reason` is None."""

    answer: JsonObject | None
    reason: str | None = None


class HandoverLink:
    """Asks run/config.sock. `path` None: nobody is to be there."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._asking: asyncio.Task[HandoverStatus] | None = None

    async def status(self) -> HandoverStatus:
        """Its answer to `status`, within 0.5 s; all who wait share one question."""
        if self._path is None:
            return HandoverStatus(None, NOT_CONFIGURED)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(self._path))
        return await asyncio.shield(self._asking)

    async def decisions(self) -> list[object]:
        """The questions that wait for a person; empty when it does not answer."""
        said = await self._ask(self._path, "pending") if self._path else HandoverStatus(None)
        found = said.answer.get("decisions") if said.answer else None
        return found if isinstance(found, list) else []

    async def _ask(self, path: Path, verb: str = "status") -> HandoverStatus:
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await _exchange(path, verb)
        except TimeoutError:
            return HandoverStatus(None, _SLOW.format(ANSWER_LIMIT_S))
        except OSError as error:
            return HandoverStatus(None, _AWAY.format(error.strerror or error))


async def _exchange(path: Path, verb: str) -> HandoverStatus:
    """One line out, one answer back. OSError: nobody is there, or it went away."""
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_ANSWER_BYTES)
    try:
        writer.write(json.dumps({"verb": verb}).encode() + b"\n")
        return _understood(await reader.readline())
    except ValueError:  # asyncio's word for a line over the limit
        return HandoverStatus(None, _ODD)
    finally:
        writer.transport.abort()  # close() would wait for a reader that may never come


def _understood(line: bytes) -> HandoverStatus:
    if not line.endswith(b"\n"):
        return HandoverStatus(None, _AWAY.format("it went away before it answered"))
    answer: object = None
    with suppress(ValueError, RecursionError):
        answer = json.loads(line)
    if not isinstance(answer, dict):
        return HandoverStatus(None, _ODD)
    if answer.get("outcome") != "done":
        return HandoverStatus(None, str(answer.get("text") or _ODD))
    return HandoverStatus({key: value for key, value in answer.items() if key != "outcome"})
