"""`understudy explain` and `understudy replay`, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cli import exits
from agent.diagnostics.notes import Note
from agent.diagnostics.reading import RecordError
from agent.diagnostics.sources import moment_of
from tests.diagnostics.incidents import records
from tests.diagnostics.test_replay import written

UNDERSTUDY = Path(sys.executable).parent / "understudy"
PCAPS = Path(__file__).parents[2] / "pcaps"


def typed(*words: object) -> subprocess.CompletedProcess[str]:
    """Its exit code and what it printed."""
    return subprocess.run([str(UNDERSTUDY), *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module", name="pair")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The records of both units of a partition, in folders as units have them."""
    folder = tmp_path_factory.mktemp("pair")
    found = records("partition", 3)
    for name, notes in zip("ab", found, strict=False):
        written(folder / name / "records", notes)
    return folder / "a", folder / "b"


def test_replay_of_a_folder_is_identical(pair: tuple[Path, Path]) -> None:
    """Exit 0, and how much was compared."""
    done = typed("replay", pair[0] / "records")
    assert done.returncode == exits.DONE
    assert done.stdout.startswith("Identical: ")


def test_replay_says_where_it_first_differs(tmp_path: Path) -> None:
    """Exit 5, recorded and replayed beside each other."""
    notes = [Note(json.loads(json.dumps(note.text)), note.raw) for note in records("crash", 1)[1]]
    changed = next(note for note in notes for effect in note.text.get("effects", []) if effect[0] == "transition")
    changed.text["effects"][0][-1] = "something else"
    written(tmp_path, notes)
    done = typed("replay", tmp_path)
    assert done.returncode == exits.FAILED
    assert "Differs at note" in done.stdout
    assert "something else" in done.stdout


def test_explain_takes_the_units_own_records_by_its_settings(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """--last, as after a failover: no file named."""
    file = tmp_path / "unit.toml"
    file.write_text(f'[unit]\nname = "b"\ndata_dir = "{pair[1]}"\n')
    last, earlier = typed("explain", "--last", "-c", file), typed("explain", "--at", "2023-11-14T22:13:31Z", "-c", file)
    assert (last.returncode, earlier.returncode) == (exits.DONE, exits.DONE)
    assert "a (priority 254) is master too, and wins" in " ".join(last.stdout.split())
    assert "because the LAN was parted: a went on as master" in " ".join(earlier.stdout.split())


def test_two_records_tell_the_overlap_per_output_and_the_clocks(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A split brain, in ms; and the picture as SVG."""
    svg = tmp_path / "x.svg"
    files = [next((folder / "records").iterdir()) for folder in pair]
    told = json.loads(typed("explain", *files, "--json", "--svg", svg).stdout)
    assert told["cause"] == "partition"
    (overlap,) = told["overlaps"]
    assert overlap["outputs"] in (["a:rx", "b:rx"], ["b:rx", "a:rx"])
    assert overlap["ms"] == pytest.approx(told["facts"]["both_master_ms"], abs=50)
    assert told["offset_doubt_ns"] < 5_000_000
    assert ET.parse(svg).getroot().tag.endswith("svg")
    assert "two outputs were open together" in typed("explain", *files).stdout


def test_the_change_nearest_to_a_moment_is_explained(pair: tuple[Path, Path]) -> None:
    """Not the last one: how the backup became one is not asked, so the nearest is its claim."""
    early = json.loads(typed("explain", pair[0] / "records", "--at", "2023-11-14T22:13:20Z", "--json").stdout)
    assert early["cause"] == "start"


def test_a_record_without_changes_says_so() -> None:
    """That is an answer, exit 0."""
    done = typed("explain", PCAPS / "stalled_backup.pcap")
    assert done.returncode == exits.DONE
    assert done.stdout.startswith("No role has changed in this record.\nNot known from this record: whether the packets are")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "/nowhere"), "/nowhere does not exist. Give a record"),
        (("replay", "/nowhere"), "/nowhere does not exist. Give a record"),
        (("explain", __file__), "is neither a record of this agent nor a pcap"),
        (("explain", PCAPS / "kill.pcap", "--at", "soon"), "--at 'soon' is no time. Write 2026"),
    ],
)
def test_what_cannot_be_is_a_sentence(words: tuple[object, ...], said: str) -> None:
    """Exit 2."""
    done = typed(*words)
    assert done.returncode == exits.BAD_SETTINGS
    assert said in done.stderr


def test_times_as_people_write_them() -> None:
    """With a date, without, and ago."""
    now = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
    second = 1_000_000_000
    now_ns = round(now.timestamp()) * second
    assert moment_of("2026-11-20T11:59:30Z", now) == now_ns - 30 * second
    assert moment_of("11:59", now) == now_ns - 60 * second
    assert moment_of("12:00:01.5", now) == now_ns - 24 * 3600 * second + 3 * second // 2
    assert moment_of("2m", now) == now_ns - 120 * second
    with pytest.raises(RecordError):
        moment_of("", now)
