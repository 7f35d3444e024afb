"""What this process remembers beside the revisions, in the ledger's own database: pairings, questions, offers."""

import json
from collections.abc import Mapping
from typing import Protocol

from agent.handover.decision import Question, canonical_json, question_of

MAX_QUESTIONS = 64
"""In one group: as many units as may differ from its master."""
MAX_UNITS = 64


class States(Protocol):
    """The part of the ledger that is used here."""

    def get_state(self, key: str) -> bytes | None:
        """What was kept under the key."""

    def set_state(self, key: str, value: bytes) -> None:
        """Keep it, durably."""


class Records:
    """One group, one row of each kind."""

    def __init__(self, states: States) -> None:
        self._states = states

    def partners(self, group: int) -> dict[str, dict[str, object]]:
        """The units that this one is paired with, by name: address, since when (UTC ns), by whom. Empty: not paired."""
        value = self._load(f"pairing/{group}")
        return {str(name): dict(row) for name, row in value.items() if isinstance(row, dict)} if isinstance(value, dict) else {}

    def pair(self, group: int, unit: str, row: Mapping[str, object]) -> bool:
        """Remember a partner. False when there are 64 others."""
        partners = self.partners(group)
        if len(partners) >= MAX_UNITS and unit not in partners:
            return False
        self._save(f"pairing/{group}", partners | {unit: dict(row)})
        return True

    def drop_partner(self, group: int, unit: str) -> bool:
        """Forget this one. False: it was none."""
        partners = self.partners(group)
        if unit in partners:
            self._save(f"pairing/{group}", {name: row for name, row in partners.items() if name != unit})
        return unit in partners

    def unpair(self, group: int) -> None:
        """Forget all partners and what waits for a choice; the revisions stay."""
        self._save(f"pairing/{group}", {})
        self._save(f"questions/{group}", [])

    def questions(self, group: int) -> list[Question]:
        """What waits for a choice, oldest first."""
        value = self._load(f"questions/{group}")
        rows = value if isinstance(value, list) else []
        found = [question_of(row) for row in rows if isinstance(row, dict)]
        return [question for question in found if question]

    def ask(self, question: Question) -> bool:
        """Remember a question; one for each other unit's head, and for each offer. False when there are 64 others."""
        rest = [old for old in self.questions(question.group) if old.place != question.place]
        if len(rest) >= MAX_QUESTIONS:
            return False
        self._save(f"questions/{question.group}", [row.to_json() for row in [*rest, question]])
        return True

    def settle(self, question: Question) -> None:
        """It waits no longer."""
        rest = [old for old in self.questions(question.group) if old != question]
        self._save(f"questions/{question.group}", [row.to_json() for row in rest])

    def offers(self, group: int) -> list[str]:
        """Revisions (64 hex digits) that were edited here while acting, and that the group's master has not taken yet."""
        value = self._load(f"offers/{group}")
        return [row for row in value if isinstance(row, str)] if isinstance(value, list) else []

    def set_offers(self, group: int, offers: list[str]) -> None:
        """Instead of those so far; the youngest 64."""
        self._save(f"offers/{group}", offers[-MAX_QUESTIONS:])

    def _load(self, key: str) -> object:
        try:
            return json.loads(self._states.get_state(key) or b"null")
        except ValueError:
            return None

    def _save(self, key: str, value: object) -> None:
        self._states.set_state(key, canonical_json(value))
