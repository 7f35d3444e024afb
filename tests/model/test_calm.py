"""A member of which nothing but ages moves is told with less work (viewer_calm.py): nobody can tell that from the view."""

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from agent.management import viewer_calm
from agent.management.viewer import Sources, Viewer
from agent.model.view import View
from tests.model.statuses import Json, alarm, backup, configuration, master, peer, status, tracked, unit

SECOND = 1_000_000_000
STEPS = 60
THIRD = "0000000000000006"
_BUSY = {"group": 9, "name": "rx-a", "since_ms": 1000.0}
_TIMING = {
    "distances": [0, 3, 900],
    "distances_sum_ms": 900_000.0,
    "margins": [0, 900],
    "margins_sum_ms": 1.0,
    "least_margin_ms": 880.0,
    "master": "0000000000000005",
    "interval_ms": 1000,
    "adverts": 900,
    "lost": 3,
    "runs": [3],
    "longest_run": 1,
    "late": [800, 90, 10],
    "latest_ms": 30.0,
    "latest_way_ms": 1.0,
    "longest_ms": 1030.0,
    "takeovers": 0,
}


def _others(member: Json) -> dict[str, list[Any]]:
    """By name of a field of a member: what it may say, besides what it says."""
    return {
        "role": ["master", "backup", "off", "fault"],
        "state": ["master", "backup", "claiming", "off_on_air", "yielding"],
        "priority": [200, 253],
        "able": [True, False],
        "fenced": [True, False],
        "readiness": [None, 0, 150, 255],
        "takeover_timeout_us": [1_200_000, 300_000],
        "seat": ["ordinary", "resting"],
        "withheld": [None, "it is withheld"],
        "returned": [True, False],
        "busy": [None, _BUSY],
        "operation": [None, {"number": 1, "verb": "set-master", "author": "x", "age_ms": 12.0}],
        "alarms": [[], [alarm()]],
        "controls": [{}, {"maintenance": True}, {"attended": True}, {"locked": True}],
        "configuration": [None, configuration(), configuration(readiness=150, reasons=["capacity is short; lost: a"])],
        "last_transition": [
            member["last_transition"],
            {"reason": "forced", "text": "x", "at_ns": 77, "time": "2026-01-01T00:00:00Z"},
        ],
        "timing": [None, _TIMING],
        "takeover_in_ms": [None, 1188.0],
        "transitions": [3, 4],
        "peers": [
            [],
            [peer()],
            [peer(), peer(able=False)],
            [peer(), peer(name="rx-c", unit_id=THIRD, priority=250, readiness=0)],
        ],
        "master": [member["master"], None, {**(member["master"] or {}), "gone": True}],
    }


def _grow(member: Json, rng: random.Random) -> None:
    """A second has gone."""
    for one in (*member["peers"], member["master"] or {}):
        one["age_ms"] = rng.uniform(900, 9000) if rng.random() < 0.05 else rng.uniform(0, 900)
    for one in member["peers"]:
        one["busy_for_ms"] = rng.uniform(0, 5000) if rng.random() < 0.05 else None
    rng.shuffle(member["peers"])
    member["lease_remaining_ms"] = rng.uniform(0, 2200)
    member["packets"]["sent"]["advert"] += rng.randrange(2)
    member["packets"]["send_failures"] += rng.randrange(2)
    if member.get("timing"):
        member["timing"] = {**member["timing"], "adverts": member["timing"]["adverts"] + 1, "lost": rng.randrange(9)}
    if member["takeover_in_ms"] is not None or rng.random() < 0.3:
        member["takeover_in_ms"] = rng.uniform(0, 1200) if rng.random() < 0.8 else None


def _happen(member: Json, rng: random.Random) -> None:
    """Something else is as it was not."""
    fields = _others(member)
    name = rng.choice(sorted(fields))
    member[name] = deepcopy(rng.choice(fields[name]))
    if member["peers"] and rng.random() < 0.3:
        told = rng.choice(member["peers"])
        told.update(rng.choice([{"able": False}, {"readiness": 200}, {"attended": True}, {"name": "rx-x"}, {"acting_for": 9}]))


def _said(rng: random.Random, step: int) -> Json:
    operation = {"operation_id": 3, "operation_phase": "done", "operation_age_ms": step * 1000}
    return rng.choice([{}, operation, operation, {"locked": True}, {"maintenance": True, "maintenance_owner": "eve"}])


def _story(seed: int) -> list[tuple[Json, dict[int, Json], bool]]:
    """Status, what management says by group, staleness: second by second."""
    rng = random.Random(seed)
    members = [deepcopy(master(7)), deepcopy(backup(8)), deepcopy(backup(9, timing=_TIMING)), deepcopy(backup(10, master=None))]
    quiet = {member["group"]: deepcopy(member) for member in members}
    said: dict[int, Json] = {group: {} for group in quiet}
    story = []
    for step in range(STEPS):
        for member in members:
            _grow(member, rng)
            if rng.random() < 0.2:
                _happen(member, rng)
            elif rng.random() < 0.1:
                member.update(deepcopy(quiet[member["group"]]))
            if rng.random() < 0.1:
                said[member["group"]] = _said(rng, step)
            if "operation_age_ms" in said[member["group"]]:
                said[member["group"]] = {**said[member["group"]], "operation_age_ms": step * 1000}
        entries = [tracked(8, pending="d1")] if step // 20 == 1 else []
        told = status(members, unit=unit(paths=1 + step // 40), handover={"groups": entries})
        by_ms = rng.choice([0, 0, 0, 700, 5000])
        story.append((deepcopy(told) | {"by_ms": by_ms}, deepcopy(said), by_ms > 0))
        if rng.random() < 0.3:  # core says nothing for a moment
            story.append((deepcopy(told) | {"by_ms": by_ms + 300}, deepcopy(said), True))
    return story


def _views(seed: int, told: Callable[[Json, int], Json]) -> list[View]:
    viewer = Viewer(lambda: 5 * SECOND, lambda: 1_800_000_000 * SECOND)
    return [
        viewer.view(Sources(status, {}, {group: told(one, step) for group, one in said.items()}), is_stale=is_stale)
        for step, (status, said, is_stale) in enumerate(_story(seed))
    ]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_says_what_is_made_anew(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-18, D-25: whatever happens between two looks; the others' views are of a viewer that never finds a member as before."""
    kept = [0]
    moved = viewer_calm._moved
    monkeypatch.setattr(viewer_calm, "_moved", lambda *words: (kept.__setitem__(0, kept[0] + 1), moved(*words))[1])
    quick = _views(seed, lambda said, _step: said)
    assert kept[0] > STEPS / 2, "the short way was hardly gone"
    before = kept[0]
    whole = _views(seed, lambda said, step: {**said, "another": step})
    assert kept[0] == before
    for step, (one, other) in enumerate(zip(quick, whole, strict=True)):
        for name, rows in one.tables.items():
            assert {index: dict(row) for index, row in rows.items()} == {
                index: dict(row) for index, row in other.tables[name].items()
            }, (step, name)


def test_nothing_but_ages_is_little_work() -> None:
    """Issue 5: rows of before stay the same objects, so that a face writes nothing again."""
    viewer = Viewer(lambda: 5 * SECOND, lambda: 1_800_000_000 * SECOND)
    first = viewer.view(Sources(status([master(7), backup(8)])))
    later = viewer.view(Sources(status([master(7, lease_remaining_ms=100.0), backup(8)])))
    assert later.tables["member"][7,] != first.tables["member"][7,]
    assert later.tables["member"][8,] is first.tables["member"][8,]
    assert all(later.tables[name] is first.tables[name] for name in ("peer", "reason", "packets", "rejected", "coverage"))
