"""What is asked of the unit and what becomes of it, written down twice: in the audit, and as an event for people to read.

What changed nothing, or was refused, and comes again is counted and not listed (again.py): a program that repeats itself, or
whoever has the right to ask, must not wash out what has happened.
"""

import os
import time
from collections.abc import Mapping

from agent.management.again import Again, Same
from agent.management.allowance import Allowance
from agent.management.audit import Audit
from agent.management.events import Events
from agent.management.operations import iso
from agent.model.answers import Answer, Denial, Principal

REFUSALS_AT_ONCE = 60
REFUSALS_PER_S = 0.1
"""More different refusals of one author than that are counted, and told with his next one."""
CHANGES_AT_ONCE = 600
CHANGES_PER_S = 0.2
"""More changes and commands of one author than that are refused: busy."""


class Records:
    """One door to audit and events."""

    def __init__(self, audit: Audit, events: Events) -> None:
        self.audit, self.events = audit, events
        self._run, self._unnumbered = os.urandom(4).hex(), 0
        self._refusals = Allowance(REFUSALS_AT_ONCE, REFUSALS_PER_S)
        self._changes = Allowance(CHANGES_AT_ONCE, CHANGES_PER_S)
        self._suppressed = 0
        self.again = Again(self._tell_again)
        audit.on_touched = self._tell_touched
        if audit.touched:
            self._tell_touched(audit.touched)

    def asked(self, what: str, principal: Principal, reason: str, **more: object) -> int | None:
        """Before it is done. None: the disk did not take it."""
        return self.audit.note({"stage": "asked", "what": what, "reason": reason, **who_of(principal), **more})

    def ended(self, asked: int | None, outcome: str, text: str, **more: object) -> int | None:
        """What became of it."""
        return self.audit.note({"stage": "ended", "of": asked, "outcome": outcome, "text": text, **more})

    def too_many(self, principal: Principal) -> Answer | None:
        """One more change or command of his, if he may."""
        if self._changes.take(principal):
            return None
        wait_s = int(self._changes.wait_s(principal)) + 1
        what = f"{principal.name} ({principal.face}) has changed or commanded {CHANGES_AT_ONCE} things in a row"
        slow = f"now one every {1 / CHANGES_PER_S:.0f} s is taken"
        remedy = f"Try again in {wait_s} s, and look for a program that repeats itself."
        return Answer(Denial.BUSY, f"{what}; {slow}. {remedy}", details={"retry_after_s": wait_s})

    def refused(self, what: str, principal: Principal, reason: str, answer: Answer, **more: object) -> bool:
        """It never came to be done. False: it came before, or is one of too many, and is only counted."""
        return self._once("refused", principal, answer, {"what": what, "reason": reason, **more})

    def unchanged(self, what: str, principal: Principal, reason: str, answer: Answer, **more: object) -> bool:
        """It was so already. As `refused`."""
        return self._once("unchanged", principal, answer, {"what": what, "reason": reason, **more})

    def _once(self, stage: str, principal: Principal, answer: Answer, asked: Mapping[str, object]) -> bool:
        entry = {"stage": stage, **asked, **who_of(principal), "outcome": outcome_of(answer.denial), "text": answer.text}
        of_what = (asked["what"], asked.get("verb"), asked.get("group"), _names(asked))
        key = (stage, principal.name, principal.face, answer.denial, *of_what)
        if (same := self.again.knows(key)) is not None:
            self.again.count(same, entry)
            return False
        if not self._refusals.take(principal):
            self._suppressed += 1
            return False
        suppressed, self._suppressed = self._suppressed, 0
        self.again.begin(key, None, self.audit.note(entry | ({"before_not_noted": suppressed} if suppressed else {})))
        return True

    def _tell_again(self, same: Same) -> None:
        """One entry for all, and one event for commands."""
        last = {key: value for key, value in same.last.items() if key not in ("stage", "of")}
        since = iso(same.since_ns)
        self.audit.note({"stage": "again", "of": same.number, "times": same.times, "since": since, **last})
        group = last.get("group")
        if last.get("what") == "command" and isinstance(group, int):
            text = f"{last.get('verb')}, {same.times} times more since {since}, each time: {last.get('text')}"
            severity = "none" if last.get("outcome") == "done" else "warning"
            more = {"before": str(last.get("verb")), "after": str(last.get("outcome")), "times": same.times}
            author = f"{last.get('who')} ({last.get('face')})"
            self.event("command", group, text, severity=severity, author=author, **more)

    def _tell_touched(self, sentence: str) -> None:
        self.event("fault", -1, sentence, severity="critical", name="audit")

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


def who_of(principal: Principal) -> Mapping[str, object]:
    """As entries of the audit say it."""
    role = principal.role.name.lower()
    return {"who": principal.name, "face": principal.face, "address": principal.address, "role": role}


def _names(asked: Mapping[str, object]) -> str:
    """Of the settings that were asked for, without their values."""
    changes = asked.get("changes")
    return " ".join(str(change).partition(" = ")[0] for change in changes) if isinstance(changes, list) else ""
