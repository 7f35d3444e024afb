"""One model behind four faces: what one says and does, the others say and do. Driven by net-snmp, mbpoll, curl and the shell."""

from collections.abc import Iterator
from functools import partial

import pytest

from agent.model.answers import Verb
from generate.exporter_metrics import exported
from tests.faces import packs
from tests.faces.doors import DOORS, CommandLine, Door, Http, Modbus, Snmp
from tests.faces.exporter import Exporter, told
from tests.faces.manager import oid, reply
from tests.faces.scene import FacesScene
from tests.faces.unit import COMMUNITY
from tests.management.fakes import eventually
from tests.netns.harness.analysis import reigns
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP
from tests.snmp.packs import AS_ZABBIX_WALKS, check_items, check_sensors, check_walks, shown, states, walk_of
from tests.snmp.site import ROOT

pytestmark = pytest.mark.netns
OUT_OF_RANGE = (256, -1, 0)
PASSES_BY = {"usMemberLeaseRemaining": 1000, "usPeerAge": 1000, "usUnitViewAge": 1000}
"""Milliseconds that come and go with each advert."""


@pytest.fixture(scope="module")
def scene() -> Iterator[FacesScene]:
    """One for all that leave the role where it is; who orders comes last."""
    with FacesScene() as made:
        yield made


def doors(scene: FacesScene, host: str = "a") -> list[Door]:
    return [door(scene.x, scene.units[host]) for door in DOORS]


def say_all(doors: list[Door], name: str, value: int) -> None:
    said = {type(door).__name__: door.read(name) for door in doors}
    assert set(said.values()) == {value}, f"{name} is {said}, not {value} everywhere"


def test_what_one_face_sets_all_faces_say_and_the_lan_hears(scene: FacesScene) -> None:
    """S-03, S-25: role, priority, preempt and interval readable and settable; 255 accepted."""
    say_all(doors(scene), "role", 5)
    for door, priority in zip(doors(scene), (255, 250, 252, 251), strict=True):
        values = {"priority": priority, "preempt": int(priority == 250), "advertisement_interval_ms": 100 + priority}
        for name, value in values.items():
            assert door.set(name, value).kind == "done"
            say_all(doors(scene), name, value)
        wanted = ("a", priority, 100 + priority)
        scene.tap.wait_for(lambda said, wanted=wanted: (said.host, said.priority, said.interval_ms) == wanted, 2)  # type: ignore[misc]


def test_a_value_that_cannot_be_is_refused_on_every_face(scene: FacesScene) -> None:
    """S-03, C-17: 256 and -1 are refused with a definite error, and nothing changes."""
    before = Snmp(scene.x, scene.fa).read("priority")
    for door in doors(scene):
        for value in OUT_OF_RANGE:
            said = door.set("priority", value)
            assert said.kind == "bad_value", f"{type(door).__name__} {value}: {said}"
    say_all(doors(scene), "priority", before)


@story(partial(FacesScene, 3.0))
def test_a_locked_group_and_a_busy_one_say_so_on_every_face(scene: FacesScene) -> None:
    """C-13, C-17, D-26, D-50: refused with the reason while locked; busy, with the running operation, while it runs."""
    for door in doors(scene):
        assert door.set("locked", 1).kind == "done"
        say_all(doors(scene), "locked", 1)
        said = {type(door): door.order(Verb.SET_BACKUP) for door in doors(scene)}
        assert {answer.kind for answer in said.values()} == {"conflict"}, said
        assert all("locked" in said[door].text for door in (Http, CommandLine))
        assert door.set("locked", 0).kind == "done"
    assert reigns(scene.said()) == ["a"], "a refused order moved the role"
    is_busy_everywhere(scene)


def is_busy_everywhere(scene: FacesScene) -> None:
    """The successor is frozen, so that handing over to it takes until a has waited for it in vain."""
    scene.b.freeze()
    path = f"api/v1/members/{GROUP}/commands"
    running = scene.x.start(*scene.x.http_words(scene.fa, "POST", path, {"verb": "set_backup"}))
    eventually(lambda: scene.x.snmp_value(scene.fa, "operation_phase") == "2")
    said = {type(door): door.order(Verb.SET_BACKUP) for door in doors(scene)}
    assert {answer.kind for answer in said.values()} == {"busy"}, said
    assert scene.x.snmp_value(scene.fa, "operation_id") in said[Http].text
    status, answer = reply(running.communicate(timeout=20)[0])
    assert (status, answer["denial"]) == (503, "failed"), answer
    scene.b.thaw()


def test_both_units_say_the_same_of_the_pair(scene: FacesScene) -> None:
    """D-09, D-28, C-18: who airs, and who is master, whomever and however one asks; roles are each unit's own."""
    both = [*doors(scene, "a"), *doors(scene, "b")]
    faces = [door for door in both if not isinstance(door, CommandLine)]
    say_all(faces, "common_state", 2)
    say_all(doors(scene, "a"), "role", 5)
    say_all(doors(scene, "b"), "role", 3)
    names = {scene.x.snmp_value(unit, "master_name") for unit in scene.units.values()}
    assert names == {"rx-a"}


def test_what_snmp_exporter_reads_is_what_the_unit_says(scene: FacesScene) -> None:
    """Issue 5: the shipped module with a real exporter, by SNMPv3: every series, every value, of a master and of its backup."""
    assert Http(scene.x, scene.fa).set("advertisement_interval_ms", 400).kind == "done"
    eventually(lambda: scene.view(scene.fb)["tables"]["alarm"])  # intervals differ: so no table is empty
    seen: set[str] = set()
    with Exporter(scene.x) as exporter:
        for unit in scene.units.values():
            before, read, after = told(scene.view(unit)), exporter.reads(unit), told(scene.view(unit))
            assert before.keys() & after.keys() <= read.keys() <= before.keys() | after.keys()
            for series in before.keys() & after.keys():
                low, high = sorted((before[series], after[series]))
                slack = PASSES_BY.get(series.name, 0)
                assert low - slack <= read[series] <= high + slack, (series, low, read[series], high)
            seen |= {series.name.removesuffix("_info") for series in read}
    assert seen == {metric.column.snmp for metric in exported()}, "a column of the module has found nothing"


def test_what_zabbix_and_librenms_show_is_what_the_unit_says(scene: FacesScene) -> None:
    """Issue 5: each item and sensor of the packs has its value from a real unit, in the words of the model."""
    for unit in scene.units.values():
        before = set(packs.of_view(scene.view(unit)))
        walk = walk_of(scene.x.run("snmpbulkwalk", "-v2c", "-c", COMMUNITY, *AS_ZABBIX_WALKS, unit.address, ROOT).text)
        lasting = before & set(packs.of_view(scene.view(unit)))
        assert check_items(walk) > 60
        check_walks(walk)
        check_sensors(walk)
        zabbix, librenms = shown(walk), states(walk)
        of_zabbix = {key: one.text for one in lasting if (key := (one.key, one.row)) in zabbix and not one.key.endswith("age_ms")}
        assert {key: zabbix[key] for key in of_zabbix} == of_zabbix
        assert len(of_zabbix) > 50
        assert librenms == {one.oid: one.text for one in lasting if one.oid in librenms}


def test_of_two_managers_who_set_at_once_one_wins_and_the_other_is_told(scene: FacesScene) -> None:
    """C-17: with the semaphore in the same SET (SNMP's TestAndIncr), or If-Match (HTTP), both see definite answers."""
    for turn in range(4):
        semaphore = scene.x.snmp_value(scene.fa, "write_semaphore", table="unit")
        guarded = (oid("write_semaphore", table="unit"), "i", semaphore, oid("priority"), "u")
        words = [scene.x.snmp_words("snmpset", scene.fa, *guarded, str(200 + 10 * turn + who)) for who in range(2)]
        asked = [scene.x.start(*one) for one in words]
        said = [process.communicate(timeout=20)[0] for process in asked]
        won = [who for who, process in enumerate(asked) if process.returncode == 0]
        assert len(won) == 1, said
        assert any(error in said[1 - won[0]] for error in ("inconsistentValue", "resourceUnavailable")), said
        say_all([Snmp(scene.x, scene.fa), Modbus(scene.x, scene.fa)], "priority", 200 + 10 * turn + won[0])


def test_of_two_managers_who_order_at_once_neither_is_left_in_doubt(scene: FacesScene) -> None:
    """C-17: each is told done, busy or refused; what was told done has happened, once."""
    path = f"api/v1/members/{GROUP}/commands"
    body = {"verb": "set_backup"}
    began = scene.wait(0)
    asked = [scene.x.start(*scene.x.http_words(scene.fa, "POST", path, body)) for _ in range(2)]
    answers = [reply(process.communicate(timeout=20)[0]) for process in asked]
    assert min(status for status, _ in answers) == 200, answers
    assert {status for status, _ in answers} <= {200, 409}, answers
    scene.takes_over("b", began)
    scene.wait(1)
    assert reigns(scene.said(began)) in (["a", "b"], ["b"])
