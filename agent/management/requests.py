"""What one line on the control socket asks, and its answer. Each verb is one method."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from agent.management.handover import HandoverLink
from agent.management.link import CoreLink
from agent.management.memory import MAX_JOURNAL, JsonObject, Memory
from agent.settings.errors import SettingsError
from agent.settings.keyfile import usable_keys
from agent.settings.model import Settings


def refused(text: str) -> JsonObject:
    """Asked wrongly: nothing was done, and asking again the same way will not help."""
    return {"outcome": "refused", "text": text}


class Requests:
    """Answers requests about one unit."""

    def __init__(self, settings: Settings, memory: Memory, link: CoreLink, tell: Callable[[str], None]) -> None:
        self._settings, self._memory, self._link, self._tell = settings, memory, link, tell
        self._handover = HandoverLink(settings.run_dir / "config.sock" if settings.handover else None)
        self._verbs: dict[str, Callable[[JsonObject, str], Awaitable[JsonObject]]] = {
            "status": self._status,
            "journal": self._journal,
            "heard": self._heard,
            "set-master": self._command,
            "set-backup": self._command,
            "reload-keys": self._reload_keys,
        }

    async def answer(self, line: bytes, author: str) -> JsonObject:
        """The answer to one line, whatever is in it. `author`: who is at the other end, from the kernel."""
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return refused("The request is not a line of JSON")
        if not isinstance(request, dict):
            return refused("The request is not a JSON object")
        verb = self._verbs.get(str(request.get("verb")))
        if verb is None:
            return refused(f"The request has no known verb; known here: {', '.join(self._verbs)}")
        return await verb(request, author)

    async def _status(self, _request: JsonObject, _author: str) -> JsonObject:
        """`handover`: what that process answers; null: `handover_reason` says why."""
        is_fresh, handover = await asyncio.gather(self._link.refresh(), self._handover.status())
        of_link = {"core_connected": self._link.is_connected, "unreadable_packets": self._link.unreadable_packets}
        of_handover = {"handover": handover.answer, "handover_reason": handover.reason}
        return {"outcome": "done"} | of_link | self._memory.status(is_fresh=is_fresh) | of_handover

    async def _heard(self, _request: JsonObject, _author: str) -> JsonObject:
        """By group and unit id."""
        return {"outcome": "done", "heard": [self._memory.heard[key] for key in sorted(self._memory.heard)]}

    async def _journal(self, request: JsonObject, _author: str) -> JsonObject:
        limit = request.get("limit", 100)
        if type(limit) is not int or not 1 <= limit <= MAX_JOURNAL:
            return refused(f"limit must be a whole number 1..{MAX_JOURNAL}")
        return {"outcome": "done", "journal": list(self._memory.journal)[-limit:]}

    async def _command(self, request: JsonObject, author: str) -> JsonObject:
        group, forced, override = request.get("group"), request.get("forced", False), request.get("override", False)
        if type(group) is not int or not 0 <= group <= 255:
            return refused("The command needs a group, a whole number 0..255")
        if type(forced) is not bool or type(override) is not bool:
            return refused("forced and override must be true or false")
        if not self._has_say_in(group):
            return refused(self._no_seat(group))
        command: JsonObject = {"verb": request["verb"], "group": group, "forced": forced, "override": override, "author": author}
        return await self._link.command(command)

    def _has_say_in(self, group: int) -> bool:
        """A seat there, or an nmBackup that protects it (all, it may be: then core knows)."""
        members = self._settings.members
        protects = [member.protects for member in members if member.is_nm_backup]
        return any(member.group == group for member in members) or any(groups is None or group in groups for groups in protects)

    def _no_seat(self, group: int) -> str:
        """S-18: without N:M a unit has no say in other groups than its own."""
        seats = ", ".join(str(member.group) for member in self._settings.members)
        why = "" if self._settings.pool.n_to_m else "; N:M is off, so it stands in for no other (understudy pool enable)"
        return f"This unit has no seat in group {group}. It has: {seats}{why}"

    async def _reload_keys(self, _request: JsonObject, _author: str) -> JsonObject:
        answer = self._load_and_post_keys()
        self._tell(f"reload-keys: {answer['outcome']}: {answer['text']}")
        return answer

    def _load_and_post_keys(self) -> JsonObject:
        """The keys of the file go to core; a bad file changes nothing."""
        path = self._settings.lan.key_file
        if path is None:
            return refused("The settings name no key_file. Add one under [lan] and start the agent again")
        try:
            keys = usable_keys(path)
        except SettingsError as error:
            return {"outcome": "failed", "text": f"{error} The keys in use stay as they were"}
        if not self._link.post({"keys": [key.secret.hex() for key in keys]}):
            return {"outcome": "failed", "text": "The core process is not there; it reads the key file itself when it starts"}
        return {"outcome": "done", "text": f"{len(keys)} key(s) accepted, {keys[0].key_id.hex()} signs"}
