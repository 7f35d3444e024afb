"""`understudy coverage`: the pure counting against brute force, and the command against a real management process."""

import json
import time
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.cli.coverage_facts import backups_in, groups_of, masters_in, own_capacity
from agent.cli.coverage_sets import MAX_SETS, Backup, Master, is_survived, seats_of, survivals
from tests.cli.fake_handover import run
from tests.management.fakes import MEMBER, running_unit
from tests.settings.sample import SAMPLE

Json = dict[str, Any]


def masters(*groups: int) -> list[Master]:
    return [Master(group) for group in groups]


def backup(name: str, *groups: int, capacity: int = 1) -> Backup:
    return Backup(name, capacity, frozenset(groups))


def test_one_backup_survives_one_failure() -> None:
    one, two = survivals(masters(1, 2), [backup("n1", 1, 2)])
    assert (one.survived, one.sets, one.lost) == (2, 2, ())
    assert (two.survived, two.sets, two.lost) == (0, 1, ((1, 2),))


def test_who_can_move_makes_room() -> None:
    """n1 could take either, n2 only group 1: both failures are survived whichever is looked at first."""
    for backups in ([backup("n1", 1, 2), backup("n2", 1)], [backup("n2", 1), backup("n1", 1, 2)]):
        assert survivals(masters(1, 2), backups)[1].survived == 1


def test_an_independent_reserve_counts_for_its_devices() -> None:
    """D-33: independent; D-36: one at a time otherwise."""
    assert survivals(masters(1, 2, 3), [backup("n1", 1, 2, 3, capacity=3)])[2].survived == 1
    assert survivals(masters(1, 2, 3), [backup("n1", 1, 2, 3, capacity=1)])[1].survived == 0
    assert survivals(masters(1), [backup("n1", 1, capacity=0)])[0].survived == 0


def test_important_groups_come_first_among_the_lost() -> None:
    """C-16: by service rank, then group."""
    ranked = [Master(1, 20), Master(2, 10), Master(3, 10)]
    assert survivals(ranked, [])[0].lost == ((2,), (3,), (1,))


@given(
    st.lists(st.frozensets(st.integers(0, 5)), max_size=4),
    st.lists(st.integers(1, 2), min_size=4, max_size=4),
    st.integers(1, 6),
)
def test_every_count_is_that_of_brute_force(able: list[frozenset[int]], capacities: list[int], count: int) -> None:
    """All sets of up to three failures, each tried with every order of the backups' seats."""
    groups = list(range(count))
    backups = [Backup(str(index), capacities[index], groups_able) for index, groups_able in enumerate(able)]
    seats = [one.able_for for one in backups for _ in range(one.capacity)]
    for found in survivals(masters(*groups), backups):
        sets = list(combinations(groups, found.failures))
        lost = [failed for failed in sets if not _survives(failed, seats)]
        assert (found.sets, found.survived, found.lost) == (len(sets), len(sets) - len(lost), tuple(lost[:5]))


def _survives(failed: tuple[int, ...], seats: list[frozenset[int]]) -> bool:
    orders = permutations(seats, len(failed))
    return any(all(group in seat for group, seat in zip(failed, order, strict=True)) for order in orders)


def test_twenty_masters_and_four_backups_are_counted_in_a_second() -> None:
    """Every backup able for other groups, so that nothing is counted twice for free."""
    backups = [Backup(f"n{n}", 1 + n % 2, frozenset(g for g in range(20) if (g * 7 + n * 3) % 5)) for n in range(4)]
    start_s = time.perf_counter()
    found = survivals(masters(*range(20)), backups)
    assert time.perf_counter() - start_s < 1
    assert [one.sets for one in found] == [20, 190, 1140]


def test_more_sets_than_can_be_looked_at_are_said_to_be_not_counted() -> None:
    """255 masters: pairs are counted, triples are not; and it is quick all the same."""
    start_s = time.perf_counter()
    one, two, three = survivals(masters(*range(255)), [backup("n1", *range(255)), backup("n2", *range(254))])
    assert time.perf_counter() - start_s < 2
    assert (one.survived, two.survived, three.survived) == (255, 255 * 254 // 2, None)
    assert two.sets < MAX_SETS < three.sets


def test_seats_beyond_three_of_one_backup_do_not_matter() -> None:
    assert seats_of([1], [backup("n1", 1, 9, capacity=64)]) == {1: (0, 1, 2)}
    assert is_survived([])


# What a status says -------------------------------------------------------------------------------------------------------


def member(group: int, **more: Any) -> Json:
    """A pooled seat of an N:M backup, whose master is at home."""
    pooled = {"designation": "nmBackup", "seat": "pooled", "n_to_m": True, "able": True, "acting_for": None, "busy": None}
    return MEMBER | pooled | {"group": group, "configuration": {"rank": group}} | more


def peer(name: str, able: bool = True, **more: Any) -> Json:
    return {"name": name, "able": able, "acting_for": None, "busy_for_ms": None} | more


def status(*members: Json) -> Json:
    return {"outcome": "done", "unit": {"name": "n1"}, "members": list(members)}


def test_the_facts_of_a_pool() -> None:
    """D-38: who is busy is named; a resting seat is no master."""
    busy = peer("n2", False, acting_for=9, busy_for_ms=1200)
    said = status(
        member(1, peers=[busy, peer("n3")]),
        member(2, master={"name": "n2", "unit_id": 9}, peers=[peer("n2", unit_id=9, acting_for=2)]),
        member(3, master=None, able=False),
        member(4, master={"name": "rx-d", "gone": True}),
        member(200, seat="resting"),
    )
    groups = groups_of(said)
    assert [(one.group, one.master, one.on_reserve, one.able) for one in groups] == [
        (1, "rx-b", False, ("n3", "n1")),
        (2, "n2", True, ("n1",)),
        (3, None, False, ()),
        (4, None, False, ("n1",)),
    ]
    assert groups[0].busy == ("n2 (group 9)",)
    assert masters_in(groups) == [Master(1, 1)]
    assert {one.name: set(one.able_for) for one in backups_in(said, groups)} == {"n3": {1}, "n1": {1, 2, 4}}


def test_a_unit_that_is_busy_or_holds_no_snapshot_covers_nothing() -> None:
    """C-08, C-16: a busy backup withdraws."""
    busy = member(1, busy={"group": 9, "name": "n1", "since_ms": 5})
    assert [one.able for one in groups_of(status(busy, member(2, withheld="no snapshot")))] == [(), ()]
    assert groups_of(status(busy))[0].busy == ("n1 (group 9)",)


def test_an_old_or_odd_status_is_no_traceback() -> None:
    for odd in ({}, {"members": 3}, {"members": [{}, {"group": 1}, {"group": 2, "peers": [{}], "protection": 3, "busy": 3}]}):
        assert masters_in(groups_of(odd)) == []


def test_the_capacity_of_this_unit() -> None:
    """D-33, D-36"""
    backup_seat = {"designation": "nmBackup", "devices": ["a", "b", "c"]}
    settings = {"pool": {"n_to_m": True}, "member": [backup_seat, {"designation": "main", "device": "d"}]}
    assert own_capacity(status(member(1), member(2, acting_for=2)), settings) == 2
    exclusive = settings | {"pool": {"reserve": "exclusive"}}
    assert own_capacity(status(member(1)), exclusive) == 1
    assert own_capacity(status(member(2, acting_for=2)), exclusive) == 0


# The command --------------------------------------------------------------------------------------------------------------


def test_coverage_is_refused_while_n_to_m_is_off(tmp_path: Path) -> None:
    """S-18"""
    (tmp_path / "u.toml").write_text(SAMPLE)
    ended = run("coverage", "-c", tmp_path / "u.toml")
    assert ended.returncode == 3
    assert "N:M is not enabled" in ended.stderr
    assert "understudy pool enable" in ended.stderr


def test_coverage_as_lines_and_as_json(tmp_path: Path) -> None:
    with running_unit(tmp_path, SAMPLE + "\n[pool]\nn_to_m = true\n") as unit:
        unit.core.member |= member(7, peers=[peer("n2"), peer("\x1b[2Jn3", False, acting_for=9, busy_for_ms=5)])
        unit.core.member["configuration"]["rank"] = 1000
        ended = run("coverage", "-c", unit.file)
        assert ended.returncode == 0, ended.stderr
        lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
        assert lines[:2] == ["group master rank covered by busy", "7 rx-b - n2, rx-a ?[2Jn3 (group 9)"]
        assert lines[2:] == ["1 master fails: 1 of 1 sets are taken over"]
        said = json.loads(run("coverage", "--json", "-c", unit.file).stdout)
        assert said["groups"][0]["covered"] is True
        assert said["survives"] == [{"failures": 1, "sets": 1, "survived": 1, "lost": []}]
        unit.core.member |= {"peers": [], "able": False}
        said_now = run("coverage", "-c", unit.file).stdout
        assert "NOT COVERED now: group 7" in said_now
        assert "0 of 1 sets are taken over; not: 7" in said_now
        unit.core.member |= {"seat": "ordinary"}
        assert run("coverage", "-c", unit.file).stdout.endswith("run this there.\n")
        unit.core.member |= {"n_to_m": False}
        ended = run("coverage", "-c", unit.file)
        assert ended.returncode == 3
        assert "restart it" in ended.stderr
