"""How commands ended, for whoever asks again: core was held up, or the connection broke, and nobody heard the answer (C-17)."""

from agent.core.channel import Json

MAX_KEPT = 1024
"""One may run in each of 256 groups, and none that runs is to be forgotten."""


class Outcomes:
    """Commands that have come, oldest first, each with its answer as soon as there is one."""

    def __init__(self) -> None:
        self._answers: dict[str, Json | None] = {}

    def begin(self, command_id: str) -> None:
        """It has come. Answers to anything else (`adjust`) are not kept."""
        self._answers[command_id] = None
        if len(self._answers) > MAX_KEPT:
            del self._answers[next(iter(self._answers))]

    def note(self, answer: Json) -> None:
        """`{"reply": …}`, as it is sent."""
        reply = answer.get("reply")
        command_id = reply.get("id") if isinstance(reply, dict) else None
        if isinstance(command_id, str) and command_id in self._answers:
            self._answers[command_id] = answer

    def again(self, command_id: str) -> Json | None:
        """The answer; None while it runs: it is answered when it ends."""
        if command_id in self._answers:
            return self._answers[command_id]
        return {"reply": {"id": command_id, "outcome": "unknown", "text": "core, as it runs now, has not heard of this command"}}
