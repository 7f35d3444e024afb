"""A real handover process of an N:M backup: its own values, said once for every group that it protects (C-19, S-28, S-31)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handover.site import GUARD, POOL, Site, same, site_in
from tests.handover.unit import MEMBER, Json, Unit, memory_file, until

DOCUMENT: Json = {
    "carrier": [{"id": "c1", "input": "udp://239.1.1.1:5000", "port": "lan"}],
    "port": [{"name": "lan", "interface": "med0", "address": "10.0.0.1/24"}],
    "route": [{"id": "r1", "carrier": "c1", "output": "udp://239.2.2.1:5000", "port": "lan"}],
}
OWN: Json = {"port": [{"name": "lan", "interface": "eth1"}], "unit": {"name": "reserve"}}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Without units yet."""
    with site_in(tmp_path) as site:
        yield site


def ports(unit: Unit, group: int, part: str = "effective") -> object:
    document = unit.document(group, part)
    assert isinstance(document, dict)
    return document.get("port")


def effective(unit: Unit, group: int) -> Json:
    document = unit.document(group)
    assert isinstance(document, dict)
    return document


def homes(site: Site) -> tuple[Unit, Unit]:
    """A master of groups 7 and 8 with the document, and a guard of both."""
    two = MEMBER.format(designation="main", priority=200)
    two += two.replace("group = 7", "group = 8").replace('"rx"', '"rx8"')
    more = f'{POOL}[device.rx8]\ndriver = "receiver"\n'
    home = site.unit("home", groups=(7, 8), driver="receiver", more=more, members=two)
    members = GUARD.replace("[7]", "[7, 8]")
    guard = site.unit("guard", groups=(7, 8, 200), driver="receiver", more=POOL, members=members)
    for group in (7, 8):
        site.master(home, group)
        home.edit(DOCUMENT, group)
        until(lambda group=group: same(home, guard, group))  # type: ignore[misc]
    return home, guard


def test_own_values_are_said_once_for_all_groups(site: Site) -> None:
    """C-19: missing at first, in both groups, with the command that mends it; core hears of it for each, and so do devices."""
    home, guard = homes(site)
    for group in (7, 8):
        assert guard.status(group)["readiness"] == 150
        assert "port.lan.interface" in str(guard.status(group)["reasons"])
        assert "understudy config edit 200" in str(guard.status(group)["reasons"])
    marks = [guard.core.announced[group]["own"] for group in (7, 8)]
    assert guard.done("show", group=200)["schema"] == "receiver"
    assert "own values" in str(guard.done("edit", group=200, document=OWN, expect=None)["text"])
    for group, mark in zip((7, 8), marks, strict=True):
        assert guard.status(group)["readiness"] == 255
        assert ports(guard, group) == [{"name": "lan", "interface": "eth1"}]
        assert guard.core.announced[group]["own"] != mark
        assert same(home, guard, group), "own values are in no digest"
    assert guard.document(200) == guard.document(200, "own") == OWN
    assert 200 not in guard.core.announced
    assert "Nothing has changed" in str(guard.done("edit", group=200, document=OWN, expect=None)["text"])


def test_a_group_may_differ_item_by_item(site: Site) -> None:
    """C-19: the row's other values still come from the unit's own group, and change with it."""
    _, guard = homes(site)
    guard.done("edit", group=200, document=OWN, expect=None)
    changed = effective(guard, 8) | {"port": [{"name": "lan", "interface": "eth1", "address": "10.9.9.9/24"}]}
    guard.edit(changed, 8)
    assert ports(guard, 8, "own") == [{"name": "lan", "address": "10.9.9.9/24"}], "what is said already is not kept twice"
    moved = OWN | {"port": [{"name": "lan", "interface": "eth2", "address": "10.1.1.1/24"}]}
    guard.done(
        "import",
        (memory_file(b'[[port]]\nname = "lan"\ninterface = "eth2"\naddress = "10.1.1.1/24"\n'),),
        group=200,
        kind="document",
    )
    assert ports(guard, 7) == moved["port"]
    assert ports(guard, 8) == [{"name": "lan", "interface": "eth2", "address": "10.9.9.9/24"}]


def test_the_own_group_has_own_values_and_nothing_else(site: Site) -> None:
    """C-08, S-22: an N:M backup owns no configuration; there need not be a master, nor a shared document."""
    guard = site.unit("guard", groups=(7, 200), driver="receiver", members=GUARD, more=POOL)
    assert guard.done("show", group=200)["document"] == {}
    guard.done("edit", group=200, document=OWN, expect=None)
    for wrong in (DOCUMENT, OWN | {"identity": {"network_id": 1}}, OWN | {"ncc": {"x": 1}}):
        refused = guard.ask("edit", group=200, document=wrong, expect=None)
        assert (refused["outcome"], "own values (own-per-unit) alone" in str(refused["text"])) == ("refused", True), refused
    files = guard.ask("import", (memory_file(b""), memory_file(b"x")), group=200, kind="document", files={"x": 1})
    assert files["outcome"] == "refused"
    assert guard.ask("edit", group=200, document={"port": 1}, expect=None)["findings"]
    assert guard.ask("restore", group=200, revision="1")["outcome"] == "refused"
    assert guard.done("history", group=200)["revisions"] == []
    assert guard.document(200) == OWN
    assert guard.ask("show", group=9)["outcome"] == "refused"
