"""A question that a person answers: two heads, which one stays? (Z-22..Z-29, Z-41). Pure values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

MAX_ITEMS = 10_000
TAKES = ("master", "backup", "items")


@dataclass(frozen=True, slots=True)
class Question:
    """Kept in the ledger, on both units alike: the other unit's head, to be held against whatever is in force here.

    `revision`: the other's head, 64 hex digits, held here completely; nothing: it is the master, and has none. `unit`,
    `address`: where it came from. `base`: what both began from, or nothing. `opened_at_ns`: UTC. `is_offer`: from an N:M
    backup that gave it up already.
    """

    group: int
    unit: str
    address: str
    revision: str
    relation: str
    opened_at_ns: int
    is_offer: bool = False
    base: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """One head of a unit is in question at a time; of what it has given up to be chosen from, every revision is."""
        return self.unit, self.revision if self.is_offer else ""

    def to_json(self) -> dict[str, object]:
        """As it is kept."""
        return asdict(self)


def question_of(value: Mapping[str, object]) -> Question | None:
    """What was kept; None for what is no question of ours (another version wrote it)."""
    try:
        return Question(**value)  # type: ignore[arg-type]
    except TypeError:
        return None


def decision_id(group: int, master: str, backup: str) -> str:
    """16 hex digits, the same on both units: which two heads, and which of them is the master's (nothing: it has none).

    The order matters: after the roles have swapped, `choose master` would mean the opposite, so an answer to the old
    question must not fit the new one.
    """
    return hashlib.sha256(f"{group}|{master}|{backup}".encode()).hexdigest()[:16]


def choices_of(value: object) -> dict[str, Literal["ours", "theirs"]]:
    """`items` of a choose request → path prefix → "ours" (backup's) or "theirs" (master's). ValueError with a sentence."""
    if not isinstance(value, Mapping) or not 0 < len(value) <= MAX_ITEMS:
        raise ValueError(f"items must name 1..{MAX_ITEMS} paths, each with master or backup")
    wrong = [path for path, take in value.items() if not (isinstance(path, str) and isinstance(take, str) and take in _SIDES)]
    if wrong:
        raise ValueError(f"item {wrong[0]!r}: take master or backup")
    return {path: _SIDES[take] for path, take in value.items()}


_SIDES: dict[str, Literal["ours", "theirs"]] = {"master": "theirs", "backup": "ours"}


def canonical_json(value: object) -> bytes:
    """How this process keeps its own records."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
