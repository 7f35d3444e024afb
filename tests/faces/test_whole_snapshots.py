"""A reader never sees a mixture of two states: 10,000 reads while the role goes to and fro."""

import threading
from itertools import pairwise

import pytest

from agent.model.words import ROLE
from tests.faces.readers import HttpReader, Read, Reading, SnmpReader
from tests.faces.scene import FacesScene
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
READS = 10_000
CHANGEOVERS = 6
MASTER, BACKUP = ROLE.words["master"], ROLE.words["backup"]


def are_whole(reads: list[Read], name: str) -> None:
    """Of one unit by one face, in order."""
    for read in reads:
        if read["role"] == MASTER:
            assert (read["master_name"], read["state"]) == (name, read["last_after"]), read
        if read["role"] == BACKUP:
            assert read["master_name"] != name, read
    for earlier, later in pairwise(reads):
        assert earlier.revision <= later.revision, "an older state after a newer one"
        assert transitions(earlier) <= transitions(later), (earlier, later)


def transitions(read: Read) -> int:
    return int(read["transitions"])


def agree(reads: list[Read]) -> None:
    """What has the same revision is the same, whoever asked and by which face."""
    known: dict[int, Read] = {}
    for read in reads:
        assert known.setdefault(read.revision, read) == read


@story(FacesScene)
def test_no_read_in_ten_thousand_is_a_mixture_of_two_states(scene: FacesScene) -> None:
    """C-18, D-28: role, state, who is master and the last change belong together in each answer."""
    over = threading.Event()
    readings = {
        (host, kind): Reading(kind(unit), READS // 4, over.is_set)
        for host, unit in scene.units.items()
        for kind in (SnmpReader, HttpReader)
    }
    for turn in range(CHANGEOVERS):
        heir = "ba"[turn % 2]
        asked = scene.wait(0.3)
        path = f"api/v1/members/{GROUP}/commands"
        status, said = scene.x.http(scene.units[heir], "POST", path, {"verb": "set_master"})
        assert status == 200, said
        scene.takes_over(heir, asked)
        scene.wait_for_backup("ab"[turn % 2])
    over.set()
    found = {key: reading.result() for key, reading in readings.items()}
    assert sum(map(len, found.values())) >= READS
    for (host, _), reads in found.items():
        are_whole(reads, f"rx-{host}")
        assert {MASTER, BACKUP} <= {read["role"] for read in reads}, "too little happened"
    for host in scene.units:
        agree([read for (owner, _), reads in found.items() if owner == host for read in reads])


def test_a_mixture_would_be_noticed() -> None:
    """The judges above bite: each of these is whole but for one value."""
    good = (Read(4, (3, 3, 2, "rx-b", 253, 2, 2, 3)), Read(5, (5, 5, 2, "rx-a", 254, 4, 4, 5)))
    judge([*good, good[1]])
    for mixed in (Read(5, (5, 5, 2, "rx-b", 254, 4, 4, 5)), Read(5, (5, 3, 2, "rx-a", 254, 4, 4, 5)), Read(4, good[1].values)):
        with pytest.raises(AssertionError):
            judge([*good, mixed])


def judge(reads: list[Read]) -> None:
    are_whole(reads[-1:], "rx-a")
    agree(reads)
