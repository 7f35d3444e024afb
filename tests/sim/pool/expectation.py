"""Which backup takes which group, worked out by hand: nothing of the engine is used, only the documented rule.

T = A + (256 - P) * 0.1 s after the last advert (S-12). A due group waits, for one interval at most, while better-ranked groups
that have been silent for more than 9/8 of an interval fall due at this unit before that, and need all of its free devices (C-16).
When somebody else claims what was waited for, those that waited look again (256 - P) * 100 / 12 ms later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MS = 1_000_000


@dataclass
class Backup:
    """`capacity`: devices, or 1 if it is exclusive."""

    name: str
    priority: int
    capacity: int = 1
    waits_for: dict[int, set[int]] = field(default_factory=dict)

    @property
    def skew_ns(self) -> int:
        """S-12."""
        return (256 - self.priority) * 100 * MS


@dataclass
class Expectation:
    """`last_ns`: by failed group, when its last advert came. `ranks`: of the failed groups."""

    last_ns: dict[int, int]
    ranks: dict[int, int]
    backups: list[Backup]
    interval_ms: int = 1000
    taken: dict[int, str] = field(default_factory=dict)
    closest_ns: int = 1 << 60
    """The smallest difference that decided something: below a packet's way nobody can say who is right."""

    def work_out(self) -> dict[int, str]:
        """Group → name of the backup that takes it; groups for which nobody is left are missing."""
        due_ns = {(backup.name, group): self._t_ns(backup, group) for backup in self.backups for group in self.last_ns}
        known = {backup.name: backup for backup in self.backups}
        previous_ns = -(1 << 60)
        while due_ns:
            (name, group), now_ns = min(due_ns.items(), key=lambda item: (item[1], item[0][1]))
            self.closest_ns = min(self.closest_ns, max(1, now_ns - previous_ns))
            previous_ns = now_ns
            del due_ns[name, group]
            self._decide(known[name], group, now_ns, due_ns)
        return self.taken

    def _t_ns(self, backup: Backup, group: int) -> int:
        return self.last_ns[group] + self.interval_ms * MS + backup.skew_ns

    def _decide(self, backup: Backup, group: int, now_ns: int, due_ns: dict[tuple[str, int], int]) -> None:
        if group in self.taken or backup.capacity == 0:
            return
        better = {other: due_ns[backup.name, other] for other in self._better(backup, group, now_ns, due_ns)}
        if better and len(better) >= backup.capacity:
            backup.waits_for[group] = set(better)
            due_ns[backup.name, group] = min(better.values()) + 1
            return
        self.taken[group] = backup.name
        backup.capacity -= 1
        for other in self.backups:
            self._wake(other, backup, group, now_ns, due_ns)

    def _better(self, backup: Backup, group: int, now_ns: int, due_ns: dict[tuple[str, int], int]) -> list[int]:
        until_ns = self._t_ns(backup, group) + self.interval_ms * MS
        place = (self.ranks[group], group)
        found = []
        for other, last_ns in self.last_ns.items():
            if (self.ranks[other], other) < place and other not in self.taken and (backup.name, other) in due_ns:
                silent_ns, early_ns = now_ns - last_ns - self.interval_ms * MS * 9 // 8, until_ns - due_ns[backup.name, other]
                self.closest_ns = min(self.closest_ns, abs(silent_ns) or 1, abs(early_ns) or 1)
                if silent_ns > 0 and early_ns > 0:
                    found.append(other)
        return found

    def _wake(self, other: Backup, claimer: Backup, group: int, now_ns: int, due_ns: dict[tuple[str, int], int]) -> None:
        if other is claimer or not any(group in awaited for awaited in other.waits_for.values()):
            return
        for waiting in other.waits_for:
            at_ns = now_ns + other.skew_ns // 12
            if (other.name, waiting) in due_ns and at_ns < due_ns[other.name, waiting]:
                due_ns[other.name, waiting] = at_ns
