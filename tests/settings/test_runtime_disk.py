"""Two files that say the same: one may be damaged or gone, and what was switched off stays off; a stranger's is not obeyed."""

import json
from pathlib import Path

import pytest

from agent.settings.overrides import load_overrides
from agent.settings.runtime_disk import COPY, FILE, find_runtime, unit_id_of, write_runtime
from agent.settings.runtime_file import Override, Owner, Runtime, RuntimeFileError, as_bytes, from_bytes
from tests.settings.runtime import read_runtime
from tests.settings.sample import parse

OFF = Runtime({7: {"off": Override(True, None, "ops", "snmp", "10.0.0.9")}})
ON = Runtime({7: {"priority": Override(200, 254, "ops", "snmp", "10.0.0.9")}})
MINE, OTHERS = Owner("00000000000000aa", "rx-a", (7,)), Owner("00000000000000bb", "rx-b", (7, 8))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The data directory of a unit that was switched off."""
    (tmp_path / "unit_id").write_text("00000000000000aa\n")
    assert write_runtime(tmp_path / FILE, OFF, MINE)
    assert find_runtime(tmp_path).told == ()
    return tmp_path


def without_owner(runtime: Runtime) -> bytes:
    """As it was written before."""
    content = json.loads(as_bytes(runtime, Owner()))
    del content["sum"], content["owner"]
    return json.dumps(content | {"format": "understudy runtime settings 1"}).encode()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format"', b"\0" * 500, as_bytes(ON, MINE).replace(b"200", b"201")])
@pytest.mark.parametrize("name", [FILE, COPY])
def test_of_two_files_the_whole_one_counts(here: Path, name: str, damage: bytes) -> None:
    """D-12: off stays off whichever is damaged; and it is said which, to be kept aside."""
    (here / name).write_bytes(damage)
    found = find_runtime(here)
    assert (found.runtime, found.refused, found.is_stale, found.is_lost) == (OFF, (here / name,), True, False)
    [told] = found.told
    assert f"{here / name} is not used: it is broken, or of another version" in told
    assert ("is taken from its copy" in told) == (name == FILE)
    assert load_overrides(here, parse()).controls(7)["off"] is True


@pytest.mark.parametrize(("name", "words"), [(FILE, "is missing"), (COPY, None)])
def test_a_file_that_is_gone_is_written_anew(here: Path, name: str, words: str | None) -> None:
    """The copy needs no word: who had none before this version has none either."""
    (here / name).unlink()
    found = find_runtime(here)
    assert (found.runtime, found.is_stale, [words in told for told in found.told if words]) == (OFF, True, [True] * bool(words))


def test_with_both_damaged_the_unit_takes_part_and_says_so(here: Path) -> None:
    """C-07: silence for a broken file would be worse; the settings file holds."""
    for name in (FILE, COPY):
        (here / name).write_text("?")
    overrides = load_overrides(here, parse())
    assert (overrides.is_lost, overrides.controls(7)["off"], len(overrides.refused)) == (True, False, 2)
    assert "What the settings file says is in force, and nothing is locked or switched off" in overrides.told[0]


def test_any_changed_byte_shows(here: Path) -> None:
    """Also one that leaves it JSON: a 2 for a 3 in a priority."""
    whole = (here / FILE).read_bytes()
    for place in range(len(whole) - 1):
        spoiled = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        try:
            content = from_bytes(spoiled)
        except RuntimeFileError:
            continue
        assert content == from_bytes(whole), f"byte {place}: white space alone may differ"


def test_the_file_of_another_unit_is_refused_and_named(here: Path) -> None:
    """Issue 4: a broken or foreign file. It may have come with both its files."""
    write_runtime(here / FILE, ON, OTHERS)
    found = find_runtime(here)
    assert (found.runtime, found.refused, found.is_lost) == (Runtime(), (here / FILE, here / COPY), True)
    assert "it was written by rx-b (unit 00000000000000bb, groups: 7, 8), and this is unit 00000000000000aa" in found.told[0]


def test_another_units_file_does_not_hide_ones_own_copy(here: Path) -> None:
    """It was put over the first alone."""
    (here / FILE).write_bytes(as_bytes(ON, OTHERS))
    found = find_runtime(here)
    assert (found.runtime, found.refused) == (OFF, (here / FILE,))


def test_a_file_of_before_names_no_unit_and_is_taken_once(tmp_path: Path) -> None:
    """Migration: it counts while this unit has written none of its own; then it is somebody else's, or of long ago."""
    (tmp_path / "unit_id").write_text("00000000000000aa\n")
    (tmp_path / FILE).write_bytes(without_owner(OFF))
    found = find_runtime(tmp_path)
    assert (found.runtime, found.is_stale, len(found.told)) == (OFF, True, 1)
    assert "names no unit: it is taken for this one's" in found.told[0]
    write_runtime(tmp_path / FILE, ON, MINE)
    (tmp_path / FILE).write_bytes(without_owner(OFF))
    found = find_runtime(tmp_path)
    assert (found.runtime, found.refused) == (ON, (tmp_path / FILE,))
    assert "it names no unit, and what this unit writes does" in found.told[0]


@pytest.mark.parametrize("text", ["", "no", "0", "-1", f"{1 << 64:x}"])
def test_a_unit_whose_id_is_not_known_obeys_what_it_finds(here: Path, text: str) -> None:
    """Off is not forgotten for that."""
    (here / "unit_id").write_text(text)
    assert (unit_id_of(here), find_runtime(here).runtime) == ("", OFF)


def test_when_one_of_the_two_cannot_be_written_neither_is_replaced(here: Path) -> None:
    """OSError: the old ones stand, also for the next one who reads."""
    (here / f".{COPY}.new").mkdir()
    with pytest.raises(IsADirectoryError):
        write_runtime(here / FILE, ON, MINE)
    assert (read_runtime(here / FILE), read_runtime(here / COPY)) == (OFF, OFF)
    assert not (here / f".{FILE}.new").exists()


def test_what_stands_in_the_place_of_the_copy_is_told_and_hinders_nobody(here: Path) -> None:
    """A directory, say."""
    (here / COPY).unlink()
    (here / COPY).mkdir()
    assert write_runtime(here / FILE, ON, MINE) is False
    assert find_runtime(here).runtime == ON
