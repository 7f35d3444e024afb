"""Whole handover processes: two configurations, one question on both units, and what comes of each answer."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handover.site import GUARD, POOL, Site, paired, same, site_in
from tests.handover.unit import ME, Json, Unit, memory_file, until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Without units yet."""
    with site_in(tmp_path) as site:
        yield site


def decisions(unit: Unit) -> list[Json]:
    """What waits there."""
    found = unit.done("pending")["decisions"]
    assert isinstance(found, list)
    return found


def both_changed(site: Site, a: Unit, b: Unit) -> None:
    """Each was master for a while without hearing the other (C-02); then a is master."""
    paired(site, a, b)
    for unit in (a, b):
        unit.seat("master")
    site.is_cut = True
    a.edit({"x": 2, "of_a": 1, "same": 5}, note="by day")
    b.edit({"x": 3, "of_b": 1, "same": 5}, note="by night")
    site.is_cut = False
    site.master(a)
    until(lambda: decisions(a) and decisions(b))


def test_the_first_conflict_is_the_same_question_on_both(site: Site) -> None:
    """Z-22..Z-25, Z-28, Z-29: names, addresses, revisions, authors, save times; nothing changes, and either side can be saved."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    b.edit({"mine": "b"}, note="the one that was here")
    site.master(a)
    a.edit({"mine": "a"})
    decision = b.done("pair", group=7)["decision"]
    of_a, of_b = until(lambda: decisions(a))[0], decisions(b)[0]
    assert of_a["id"] == of_b["id"] == decision == b.status()["pending"] == a.status()["pending"]
    assert of_a["opened_at"] == of_b["opened_at"]
    for shown in (of_a, of_b):
        assert (shown["relation"], shown["suggested"], shown["base"], shown["group"]) == ("unrelated", "master", None, 7)
        sides = shown["master"], shown["backup"]
        assert [side["unit"] for side in sides if isinstance(side, dict)] == ["rx-a", "rx-b"]
        assert all(isinstance(side, dict) and side["address"].startswith("127.") for side in sides)
        assert [side["revision"]["author"] for side in sides if isinstance(side, dict)] == [ME, ME]
        assert all(
            side["revision"]["saved_at"].endswith("Z") and side["revision"]["held"] for side in sides if isinstance(side, dict)
        )
        assert shown["differences"] == [{"path": "mine", "base": None, "master": "a", "backup": "b", "side": "both"}]
    assert (a.document(), b.document()) == ({"mine": "a"}, {"mine": "b"})
    assert b.status()["readiness"] == 100
    assert b.core.announced[7]["pending"] == decision
    assert b.core.announced[7]["awaits_choice"] is a.core.announced[7]["awaits_choice"] is True
    saved = os.memfd_create("saved")
    assert b.done("export", (saved,), group=7, part="effective")["bytes"] == os.fstat(saved).st_size
    assert b'mine = "b"' in os.pread(saved, 1000, 0)


@pytest.mark.parametrize("at", ["master", "backup"])
@pytest.mark.parametrize("take", ["master", "backup"])
def test_a_choice_ends_in_two_equal_units(site: Site, at: str, take: str) -> None:
    """Z-26, Z-27, Z-30: at either unit, for either side; the other content stays a revision that can be restored."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    both_changed(site, a, b)
    at_unit, decision = (a if at == "master" else b), decisions(a)[0]
    revision = at_unit.done("choose", decision=decision["id"], take=take)["revision"]
    assert isinstance(revision, dict)
    assert (revision["kind"], len(revision["parents"])) == ("choice", 2)
    until(lambda: same(a, b))
    chosen, lost = ("of_a", "of_b") if take == "master" else ("of_b", "of_a")
    for unit in (a, b):
        assert chosen in str(unit.document())
        assert decisions(unit) == []
        assert unit.status()["readiness"] == 255
    loser = b if take == "master" else a
    side = decision["backup" if take == "master" else "master"]
    assert isinstance(side, dict)
    assert lost in str(loser.done("show", group=7, revision=side["revision"]["id"])["document"])
    stale = at_unit.ask("choose", decision=decision["id"], take=take)
    assert (stale["outcome"], "no such decision" in str(stale["text"])) == ("refused", True)


def test_a_master_that_has_none_may_take_the_backups(site: Site) -> None:
    """Z-26, Z-27: a new box as master: both units ask; there is nothing to take from it, so only `backup` is an answer."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    b.edit({"mine": "b"})
    site.master(a)
    until(lambda: b.done("discover")["masters"])
    decision = b.done("pair", group=7)["decision"]
    for unit in (a, b):
        (shown,) = until(lambda unit=unit: decisions(unit))  # type: ignore[misc]
        assert (shown["id"], shown["relation"], shown["suggested"], shown["base"]) == (decision, "nothing", "backup", None)
        assert [shown[side]["unit"] for side in ("master", "backup")] == ["rx-a", "rx-b"]  # type: ignore[index]
        assert (shown["master"]["revision"], shown["backup"]["revision"]["number"]) == (None, 1)  # type: ignore[index]
        assert shown["differences"] == [{"path": "mine", "base": None, "master": None, "backup": "b", "side": "both"}]
    for unit, take in ((a, "master"), (b, "master"), (a, "items")):
        refused = unit.ask("choose", decision=decision, take=take, items={"mine": "backup"})
        assert (refused["outcome"], "nothing to take" in str(refused["text"])) == ("refused", True)
    assert b.status()["readiness"] == 100
    b.done("choose", decision=decision, take="backup")
    until(lambda: same(a, b))
    assert a.document() == b.document() == {"mine": "b"}
    assert decisions(a) == decisions(b) == []
    a.edit({"mine": "a"})
    until(lambda: same(a, b))


def test_a_master_that_gets_one_meanwhile_asks_anew(site: Site) -> None:
    """Z-22: the old question is answered by nobody; the new one has two sides."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    b.edit({"mine": "b"})
    site.master(a)
    until(lambda: b.done("discover")["masters"])
    before = b.done("pair", group=7)["decision"]
    until(lambda: decisions(a))
    a.edit({"mine": "a"})
    until(lambda: [row["relation"] for row in (*decisions(a), *decisions(b))] == ["unrelated"] * 2)
    assert decisions(a)[0]["id"] == decisions(b)[0]["id"] != before
    b.done("choose", decision=decisions(b)[0]["id"], take="master")
    until(lambda: same(a, b))
    assert b.document() == {"mine": "a"}


def test_a_home_master_with_an_empty_disk_gets_its_own_back(site: Site) -> None:
    """C-08, C-09, Z-27: an N:M backup that holds its configuration asks as well."""
    home, guard = site.unit("home", more=POOL), site.unit("guard", groups=(7, 200), members=GUARD, more=POOL)
    site.master(home)
    home.edit({"x": 1})
    until(lambda: same(home, guard))
    home.stop()
    shutil.rmtree(home.data / "ledger")
    home.start()
    home.seat("master")
    guard.hears(home, digest="")
    decision = until(lambda: decisions(home) and decisions(guard))[0]
    assert decision["relation"] == "nothing"
    home.done("choose", decision=decision["id"], take="backup")
    until(lambda: same(home, guard))
    assert home.document() == {"x": 1}


def test_item_by_item(site: Site) -> None:
    """Z-41: what one side alone has changed is taken from it; what both have changed must be chosen, and nothing else."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    both_changed(site, a, b)
    decision = decisions(b)[0]
    differences = decision["differences"]
    assert isinstance(differences, list)
    assert {row["path"]: row["side"] for row in differences} == {"of_a": "master", "of_b": "backup", "x": "both"}
    for items, word in (({}, "paths"), ({"of_a": "master"}, "x"), ({"y": "master"}, "y"), ({"x": "me"}, "master or backup")):
        refused = b.ask("choose", decision=decision["id"], take="items", items=items)
        assert refused["outcome"] == "refused"
        assert word in str(refused["text"])
    assert decisions(a)[0]["id"] == decision["id"]
    b.done("choose", decision=decision["id"], take="items", items={"x": "backup"})
    until(lambda: same(a, b))
    assert a.document() == b.document() == {"x": 3, "of_a": 1, "of_b": 1, "same": 5}


def test_a_question_changes_when_a_side_does(site: Site) -> None:
    """Z-41: whoever answers what he saw before that answers nothing; both show the new one."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    both_changed(site, a, b)
    before = decisions(b)[0]["id"]
    a.edit({"x": 4})
    until(lambda: decisions(a)[0]["id"] == decisions(b)[0]["id"] != before)
    assert b.ask("choose", decision=before, take="master")["outcome"] == "refused"
    assert a.document() == {"x": 4}
    b.done("choose", decision=decisions(b)[0]["id"], take="backup")
    until(lambda: same(a, b))


def test_a_question_survives_both_processes(site: Site) -> None:
    """Z-22: it is kept in both ledgers, and is the same after a restart; files are among its items."""
    a, b = site.unit("rx-a"), site.unit("rx-b")
    paired(site, a, b)
    b.seat("master")
    site.is_cut = True
    b.done("import", (memory_file(b"x = 1"), memory_file(b"show" * 100_000)), group=7, kind="document", files={"show.bin": 1})
    a.edit({"x": 9})
    site.is_cut = False
    site.master(a)
    before = until(lambda: decisions(a) and decisions(b))[0]
    assert "file:show.bin" in str(before["differences"])
    for unit in (a, b):
        unit.stop()
        unit.start()
    assert until(lambda: decisions(a))[0]["id"] == until(lambda: decisions(b))[0]["id"] == before["id"]
    b.done("choose", decision=before["id"], take="items", items={"file:show.bin": "backup"})
    until(lambda: same(a, b))
    assert a.document() == {"x": 9}
    assert [row["size_bytes"] for row in a.done("show", group=7)["files"]] == [400_000]  # type: ignore[attr-defined]


def test_edits_made_while_acting_are_handed_back_as_a_question(site: Site) -> None:
    """C-08, C-09: an N:M backup follows, acts and edits; the returned master is asked; the guard goes back to the home's own."""
    home = site.unit("home", more=POOL)
    guard = site.unit("guard", groups=(7, 200), members=GUARD, more=POOL)
    site.master(home)
    assert guard.core.announced.get(7, {}).get("readiness", 0) == 0, "no snapshot, no claim"
    home.edit({"x": 1})
    until(lambda: same(home, guard))
    assert guard.status()["readiness"] == 255
    assert "edit it on home" in str(guard.ask("import", (memory_file(b"x = 5"),), group=7, kind="document")["text"])
    site.master(guard, acts=True)
    guard.edit({"x": 2})
    until(lambda: decisions(home) and decisions(guard))
    assert home.document() == {"x": 1}
    assert decisions(home)[0]["id"] == decisions(guard)[0]["id"]
    assert decisions(home)[0]["relation"] == "behind"
    site.master(home)
    until(lambda: same(home, guard))
    assert guard.document() == home.document() == {"x": 1}
    until(lambda: decisions(home) and not decisions(guard))
    offered = decisions(home)[0]
    assert offered["backup"]["unit"] == "guard"  # type: ignore[index]
    home.done("choose", decision=offered["id"], take="backup")
    until(lambda: same(home, guard))
    assert guard.document() == {"x": 2}
    assert decisions(home) == decisions(guard) == []


def test_a_returned_master_that_has_chosen_simply_follows(site: Site) -> None:
    """C-09, Z-40: chosen at the home while another acts; then the home has the chosen content when it takes its group back."""
    home, guard = site.unit("home", more=POOL), site.unit("guard", groups=(7, 200), members=GUARD, more=POOL)
    site.master(home)
    home.edit({"x": 1})
    until(lambda: same(home, guard))
    site.master(guard, acts=True)
    guard.edit({"x": 2})
    until(lambda: decisions(home) and decisions(guard))
    home.done("choose", decision=decisions(home)[0]["id"], take="master")
    until(lambda: same(home, guard))
    assert home.document() == {"x": 2}
    site.master(home)
    home.edit({"x": 3})
    until(lambda: same(home, guard))
    assert decisions(home) == decisions(guard) == []
