"""What is asked of the unit and what becomes of it, written down twice: in the audit, and as an event for people to read."""

import os
import time
from collections.abc import Mapping

from agent.management.audit import Audit
from agent.management.events import Events
from agent.management.operations import iso
from agent.model.answers import Answer, Denial, Principal

REFUSALS_AT_ONCE = 60
REFUSALS_PER_S = 1.0
"""More refusals than that are counted and told in one entry: a network must not wash the table out."""


class Records:
    """One door to audit and events."""

    def __init__(self, audit: Audit, events: Events) -> None:
        self.audit, self.events = audit, events
        self._run, self._unnumbered = os.urandom(4).hex(), 0
        self._credit, self._credit_at_s, self._suppressed = float(REFUSALS_AT_ONCE), time.monotonic(), 0

    def asked(self, what: str, principal: Principal, reason: str, **more: object) -> int | None:
        """Before it is done. None: the disk did not take it."""
        return self.audit.note({"stage": "asked", "what": what, "reason": reason, **_who(principal), **more})

    def ended(self, asked: int | None, outcome: str, text: str, **more: object) -> int | None:
        """What became of it."""
        return self.audit.note({"stage": "ended", "of": asked, "outcome": outcome, "text": text, **more})

    def refused(self, what: str, principal: Principal, reason: str, answer: Answer, **more: object) -> bool:
        """It never came to be done. False: one of too many, which are only counted."""
        if not self._may_note_refusal():
            self._suppressed += 1
            return False
        suppressed, self._suppressed = self._suppressed, 0
        more |= {"refusals_before_not_noted": suppressed} if suppressed else {}
        outcome = {"outcome": outcome_of(answer.denial), "text": answer.text}
        self.audit.note({"stage": "refused", "what": what, "reason": reason, **_who(principal), **more, **outcome})
        return True

    def _may_note_refusal(self) -> bool:
        now_s = time.monotonic()
        self._credit = min(REFUSALS_AT_ONCE, self._credit + (now_s - self._credit_at_s) * REFUSALS_PER_S)
        self._credit_at_s = now_s
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def event(self, what: str, group: int, text: str, **more: object) -> None:
        """One of management's own. `more`: before, after, author, severity, reason."""
        self._unnumbered += 1
        plain = {"reason": "none", "severity": "none", "before": "", "after": "", "author": "", "name": ""}
        number = f"m-{self._run}-{self._unnumbered}"
        self.events.note({"id": number, "at": time.time_ns(), "group": group, "what": what, "text": text[:255], **plain, **more})

    def settle_open(self) -> None:
        """Asked in an earlier life, which ended before it was known what became of it."""
        for number, entry in list(self.audit.open_entries.items()):
            text = f"management ended before the outcome was known (asked at {entry.get('at')}, noticed at {iso(time.time_ns())})"
            more = {"operation": entry["operation"]} if "operation" in entry else {}
            self.ended(number, "unknown", text, **more)


def outcome_of(denial: Denial | None) -> str:
    """done, refused, busy, failed: as the command line has always said it."""
    if denial is None:
        return "done"
    return {Denial.BUSY: "busy", Denial.FAILED: "failed"}.get(denial, "refused")


def _who(principal: Principal) -> Mapping[str, object]:
    role = principal.role.name.lower()
    return {"who": principal.name, "face": principal.face, "address": principal.address, "role": role}
