"""What one line on the control socket asks, and its answer. Each verb is one method."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from agent.management.memory import MAX_JOURNAL, JsonObject
from agent.management.requests_model import BadRequest, ModelRequests
from agent.management.status_model import status_model
from agent.management.unit_model import UnitModel
from agent.model.answers import Principal, Verb
from agent.settings.errors import SettingsError
from agent.settings.keyfile import usable_keys
from agent.settings.model import Settings


def refused(text: str) -> JsonObject:
    """Asked wrongly: nothing was done, and asking again the same way will not help."""
    return {"outcome": "refused", "text": text}


class Requests:
    """Answers requests about one unit."""

    def __init__(self, settings: Settings, model: UnitModel, tell: Callable[[str], None]) -> None:
        self._settings, self._model, self._tell = settings, model, tell
        self._memory, self._link = model.memory, model.link
        of_model = ModelRequests(model)
        self._verbs: dict[str, Callable[[JsonObject, Principal], Awaitable[JsonObject]]] = {
            "status": self._status,
            "journal": self._journal,
            "heard": self._heard,
            "set-master": lambda request, principal: of_model.legacy(Verb.SET_MASTER, request, principal),
            "set-backup": lambda request, principal: of_model.legacy(Verb.SET_BACKUP, request, principal),
            "reload-keys": self._reload_keys,
            **of_model.verbs(),
        }

    async def answer(self, line: bytes, principal: Principal) -> JsonObject:
        """The answer to one line, whatever is in it. `principal`: who is at the other end, from the kernel."""
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return refused("The request is not a line of JSON")
        if not isinstance(request, dict):
            return refused("The request is not a JSON object")
        verb = self._verbs.get(str(request.get("verb")))
        if verb is None:
            return refused(f"The request has no known verb; known here: {', '.join(self._verbs)}")
        try:
            return await verb(request, principal)
        except BadRequest as error:
            return refused(str(error))

    async def _status(self, _request: JsonObject, _principal: Principal) -> JsonObject:
        """`handover`: what that process answers; null: `handover_reason` says why. `faces`: those in trouble."""
        is_fresh, handover = await asyncio.gather(self._link.refresh(), self._model.handover.status())
        of_link = {"core_connected": self._link.is_connected, "unreadable_packets": self._link.unreadable_packets}
        of_handover = {"handover": handover.answer, "handover_reason": handover.reason}
        of_model = {"model": status_model(self._model.view()), "faces": self._model.face_news.standing()}
        return {"outcome": "done"} | of_link | self._memory.status(is_fresh=is_fresh) | of_handover | of_model

    async def _heard(self, _request: JsonObject, _principal: Principal) -> JsonObject:
        """By group and unit id."""
        return {"outcome": "done", "heard": [self._memory.heard[key] for key in sorted(self._memory.heard)]}

    async def _journal(self, request: JsonObject, _principal: Principal) -> JsonObject:
        limit = request.get("limit", 100)
        if type(limit) is not int or not 1 <= limit <= MAX_JOURNAL:
            return refused(f"limit must be a whole number 1..{MAX_JOURNAL}")
        return {"outcome": "done", "journal": list(self._memory.journal)[-limit:]}

    async def _reload_keys(self, _request: JsonObject, principal: Principal) -> JsonObject:
        asked = self._model.records.asked("keys", principal, "the keys of the redundancy LAN are read again")
        answer = self._load_and_post_keys()
        self._model.records.ended(asked, str(answer["outcome"]), str(answer["text"]))
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
