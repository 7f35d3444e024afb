"""What faces say of themselves (a port that is taken, a certificate that does not fit, a client that is turned away): to whoever
reads the messages of `understudy run`, and as events, bounded: a client can cause some of it again and again.
"""

import time
from collections.abc import Callable

from agent.management.again import Again, Same
from agent.management.allowance import Allowance
from agent.management.operations import iso
from agent.management.records import Records
from agent.model.answers import Principal, Role

EVENTS_AT_ONCE, EVENTS_PER_S = 20, 1 / 60
"""Of one face. More are told in the messages alone."""
MAX_PARTS = 32
"""Such as "modbus over TLS"."""
STATUS_S = 3600.0
"""So long `status` shows what is not said to be tried again."""
_GOOD = (" is back", "works again", "from now on", "in order")
"""How the end of a trouble is said."""
_LASTING = ("tried again", "stays")


class FaceNews:
    """Each sentence begins with the name of its face. `changed`: there is a new event."""

    def __init__(self, records: Records, tell: Callable[[str], None], changed: Callable[[], None]) -> None:
        self._records, self._tell, self._changed = records, tell, changed
        self._allowance = Allowance(EVENTS_AT_ONCE, EVENTS_PER_S)
        self._again = Again(self._tell_again)
        self._last: dict[str, tuple[int, float, str]] = {}

    def tell(self, text: str) -> None:
        """One sentence."""
        self._tell(text)
        face, part = _face_of(text), text.partition(":")[0].removesuffix(" is back")
        if text.endswith(_GOOD):
            self._last.pop(part, None)
        elif part in self._last or len(self._last) < MAX_PARTS:
            self._last[part] = time.time_ns(), time.monotonic(), text
        if (same := self._again.knows(text)) is not None:
            self._again.count(same, {"text": text})
        elif self._allowance.take(Principal(face, "management", "", Role.ADMIN)):
            self._again.begin(text, None, None)
            self._event(face, text)

    def look(self) -> None:
        """What was counted and is due is told."""
        self._again.tick()

    def _tell_again(self, same: Same) -> None:
        text = str(same.last.get("text"))
        self._event(_face_of(text), f"{text} ({same.times} times more since {iso(same.since_ns)})")

    def _event(self, face: str, text: str) -> None:
        self._records.event("fault", -1, text, severity="none" if text.endswith(_GOOD) else "warning", name=face, face=face)
        self._changed()

    def standing(self) -> dict[str, dict[str, str]]:
        """By part of a face: what it has said last that is not over, and when. What is not tried again is shown for an hour."""
        now_s = time.monotonic()
        shown = {part: one for part, one in self._last.items() if _is_lasting(one[2]) or now_s - one[1] < STATUS_S}
        return {part: {"at": iso(at_ns), "text": text} for part, (at_ns, _, text) in shown.items()}


def _face_of(text: str) -> str:
    """`modbus` of "modbus over TLS: port 802 …"."""
    return text.split(maxsplit=1)[0].rstrip(":")[:16] if text.strip() else ""


def _is_lasting(text: str) -> bool:
    return any(word in text for word in _LASTING)
