"""Which sets of failed masters a pool survives. Pure: groups and backups in, counts out, with bounded work.

A set of masters that fail together is survived when each can be given to an able backup of its own: a bipartite matching, found
with augmenting paths (Kuhn 1955). A backup of capacity n (an independent reserve with n devices, D-33) counts n times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

MAX_FAILURES = 3
MAX_SETS = 50_000
"""Of one size, all looked at: 66 groups' triples, 255 groups' pairs. A larger number is not counted, and said to be not."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Master:
    """`rank`: of its most important service, 1 first (C-16)."""

    group: int
    rank: int = 1000


@dataclass(frozen=True, slots=True)
class Backup:
    """`capacity`: groups that it can air at once, beyond those that it does; `able_for`: groups."""

    name: str
    capacity: int
    able_for: frozenset[int]


@dataclass(frozen=True, slots=True)
class Survival:
    """Of all sets of `failures` masters. `survived` None: too many to look at. `lost`: the first that are not survived."""

    failures: int
    sets: int
    survived: int | None
    lost: tuple[tuple[int, ...], ...] = ()


def survivals(masters: Sequence[Master], backups: Sequence[Backup]) -> list[Survival]:
    """For 1, 2 and 3 failures together, as far as there are so many masters; sets of important masters first."""
    groups = [master.group for master in sorted(masters, key=lambda master: (master.rank, master.group))]
    seats = seats_of(groups, backups)
    return [_survival(groups, seats, failures) for failures in range(1, min(MAX_FAILURES, len(groups)) + 1)]


def seats_of(groups: Sequence[int], backups: Sequence[Backup]) -> dict[int, tuple[int, ...]]:
    """Group → the seats that could take it; more than MAX_FAILURES of one backup never matter."""
    seats: dict[int, tuple[int, ...]] = dict.fromkeys(groups, ())
    first = 0
    for backup in backups:
        own = tuple(range(first, first + min(max(backup.capacity, 0), MAX_FAILURES)))
        first += len(own)
        for group in backup.able_for & seats.keys():
            seats[group] += own
    return seats


def _survival(groups: Sequence[int], seats: dict[int, tuple[int, ...]], failures: int) -> Survival:
    sets = comb(len(groups), failures)
    if sets > MAX_SETS:
        return Survival(failures, sets, None)
    lost, first = 0, list[tuple[int, ...]]()
    for failed in _lost_sets(groups, seats, failures):
        lost += 1
        first += [failed] if len(first) < SHOWN else []
    return Survival(failures, sets, sets - lost, tuple(first))


def _lost_sets(groups: Sequence[int], seats: dict[int, tuple[int, ...]], failures: int) -> Iterator[tuple[int, ...]]:
    """Masters with the same able backups are alike, so each mixture of them is matched once."""
    known: dict[tuple[tuple[int, ...], ...], bool] = {}
    for failed in combinations(groups, failures):
        mixture = tuple(sorted(seats[group] for group in failed))
        if mixture not in known:
            known[mixture] = is_survived(mixture)
        if not known[mixture]:
            yield failed


def is_survived(wanted: Sequence[Sequence[int]]) -> bool:
    """Can each be given a seat of its own among those that it lists?"""
    taken: dict[int, int] = {}
    return all(_is_placed(index, wanted, taken, set()) for index in range(len(wanted)))


def _is_placed(index: int, wanted: Sequence[Sequence[int]], taken: dict[int, int], seen: set[int]) -> bool:
    """A free seat, or one whose holder can move."""
    for seat in wanted[index]:
        if seat not in seen:
            seen.add(seat)
            if seat not in taken or _is_placed(taken[seat], wanted, taken, seen):
                taken[seat] = index
                return True
    return False
