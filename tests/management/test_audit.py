"""The audit: a chain in which nothing can be changed, left out or swapped unseen; bounded; and never in the way of the air."""

import asyncio
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.management.audit import Audit
from agent.management.audit_chain import ANCHOR, HEAD, end_line, segments
from agent.management.audit_verify import verify
from tests.management.fakes import running_unit


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def audit(tmp_path: Path, told: list[str]) -> Iterator[Audit]:
    """With ten entries."""
    one = Audit(tmp_path / "audit", 5000, told.append)
    for number in range(1, 11):
        assert one.note({"what": "command", "who": "ann", "reason": f"because {number}"}) == number
    yield one
    one.close()


def lines(directory: Path) -> list[bytes]:
    return segments(directory)[-1].read_bytes().splitlines(keepends=True)


def test_what_was_written_is_whole(audit: Audit, tmp_path: Path) -> None:
    """Issue 4: `understudy audit verify`."""
    verdict = verify(tmp_path / "audit")
    assert (verdict.is_whole, verdict.entries) == (True, 10)
    assert verdict.text.startswith("Entries 1 to 10 are whole")
    assert [entry["reason"] for entry in audit.read(2)] == ["because 9", "because 10"]
    assert "Only the files were asked" in verdict.text
    asked = asyncio.run(audit.verify())
    assert (asked.entries, asked.head) == (verdict.entries, verdict.head)
    assert asked.text.endswith("All of them are as this agent has written them")


def changed_byte(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:5], all_lines[5].replace(b"because 5", b"because 6"), *all_lines[6:]]


def removed(all_lines: list[bytes]) -> list[bytes]:
    return all_lines[:5] + all_lines[6:]


def removed_first(all_lines: list[bytes]) -> list[bytes]:
    return all_lines[:1] + all_lines[2:]


def removed_last(all_lines: list[bytes]) -> list[bytes]:
    return all_lines[:-1]


def swapped(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:5], all_lines[6], all_lines[5], *all_lines[7:]]


def spaced(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:5], all_lines[5].replace(b":", b": ", 1), *all_lines[6:]]


def twice(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:6], all_lines[5], *all_lines[6:]]


def headless(all_lines: list[bytes]) -> list[bytes]:
    return all_lines[1:]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (changed_byte, "000000000001.jsonl:6: entry 5 was changed"),
        (removed, "jsonl:6: entry 5 is missing here"),
        (removed_first, "jsonl:2: entry 1 is missing here"),
        (removed_last, "Entries 10 to 10 are missing at the end"),
        (swapped, "jsonl:6: entry 5 is missing here; this is 6"),
        (spaced, "jsonl:6: entry 5 was changed"),
        (twice, "jsonl:7: entry 6 is missing here; this is 5"),
        (headless, "jsonl:1: the head of the segment was changed"),
    ],
)
@pytest.mark.usefixtures("audit")
def test_the_place_where_the_chain_first_breaks_is_named(
    tmp_path: Path, spoil: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    """A changed byte, a removed line, a swapped pair."""
    path = segments(tmp_path / "audit")[0]
    before = lines(tmp_path / "audit")
    assert spoil(before) != before
    path.write_bytes(b"".join(spoil(before)))
    verdict = verify(tmp_path / "audit")
    assert not verdict.is_whole
    assert said in verdict.text


@pytest.mark.usefixtures("audit")
def test_every_single_changed_byte_is_found(tmp_path: Path) -> None:
    path = segments(tmp_path / "audit")[0]
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert not verify(tmp_path / "audit").is_whole, place
    path.write_bytes(data)
    assert verify(tmp_path / "audit").is_whole


@pytest.mark.usefixtures("audit")
def test_entries_that_are_gone_with_their_file_or_their_head_are_missed(tmp_path: Path) -> None:
    segments(tmp_path / "audit")[0].rename(tmp_path / "away")
    assert "All entries are gone" in verify(tmp_path / "audit").text
    (tmp_path / "away").rename(tmp_path / "audit/000000000001.jsonl")
    (tmp_path / "audit" / HEAD).unlink()
    assert "nobody can say whether entries are missing" in verify(tmp_path / "audit").text


def test_it_goes_on_after_a_restart(audit: Audit, tmp_path: Path, told: list[str]) -> None:
    audit.note({"stage": "asked", "operation": 41})
    audit.note({"stage": "ended", "operation": 41, "of": 11})
    audit.note({"stage": "asked", "operation": 42})
    audit.close()
    again = Audit(tmp_path / "audit", 1000, told.append)
    assert (again.number, again.last_operation, list(again.open_entries)) == (13, 42, [13])
    assert again.note({"what": "restarted"}) == 14
    again.close()
    assert verify(tmp_path / "audit").entries == 14


def test_rotation_keeps_the_rest_a_chain_and_the_size_bounded(tmp_path: Path, told: list[str]) -> None:
    directory = tmp_path / "audit"
    audit = Audit(directory, 1000, told.append)
    for number in range(1, 2501):
        assert audit.note({"n": number}) == number
    audit.close()
    verdict = verify(directory)
    assert verdict.is_whole
    assert 1000 <= verdict.entries <= 1020
    assert f"Entries {2501 - verdict.entries} to 2500 are whole" in verdict.text
    gone = segments(directory)[5]
    gone.unlink()
    first = int(gone.stem)
    assert f"entries {first} to {first + 9}, before it, are missing" in verify(directory).text


def test_the_oldest_segments_are_missed_when_somebody_else_removes_them(tmp_path: Path, told: list[str]) -> None:
    """Issue 4: the anchor says which is the oldest that is kept, from the first entry on and after each rotation."""
    directory = tmp_path / "audit"
    audit = Audit(directory, 1000, told.append)
    for number, oldest in ((35, 1), (1200, 191)):
        while audit.number < number:
            audit.note({"n": audit.number})
        verdict = verify(directory)
        assert verdict.is_whole
        assert verdict.text.startswith(f"Entries {oldest} to {number} are whole")
        kept = {path: path.read_bytes() for path in segments(directory)[:2]}
        for path in kept:
            path.unlink()
        wanted = f"Entries {oldest} to {oldest + 19} are missing at the beginning: the oldest that was kept is {oldest}"
        assert verify(directory).text == wanted
        for path, data in kept.items():
            path.write_bytes(data)
    audit.close()
    (directory / ANCHOR).unlink()
    assert "anchor is missing or broken, so nobody can say whether entries before 191 are missing" in verify(directory).text


def test_an_anchor_that_was_moved_is_found(audit: Audit, tmp_path: Path) -> None:
    """Issue 4: by its hash, and by the agent that has written it."""
    audit.close()
    (tmp_path / "audit" / ANCHOR).write_bytes(end_line((1, "a" * 64)))
    assert "000000000001.jsonl:1: what comes before it is not what the anchor says" in verify(tmp_path / "audit").text


def test_a_rotation_that_was_cut_short_is_no_break(tmp_path: Path, told: list[str]) -> None:
    """Issue 4: the anchor moves first; what it has left behind may be there for a while."""
    directory = tmp_path / "audit"
    audit = Audit(directory, 1000, told.append)
    for _ in range(1020):
        audit.note({"what": "x"})
    oldest = segments(directory)[0]
    before = oldest.read_bytes()
    while oldest in segments(directory):
        audit.note({"what": "x"})
    audit.close()
    oldest.write_bytes(before)
    assert verify(directory).is_whole
    again = Audit(directory, 1000, told.append)
    assert (again.touched, told) == ("", [])
    again.close()


def test_a_line_torn_by_a_loss_of_power_is_taken_away(audit: Audit, tmp_path: Path, told: list[str]) -> None:
    audit.close()
    path = segments(tmp_path / "audit")[0]
    with path.open("ab") as file:
        file.write(b'{"at":"2026-')
    assert "torn" in verify(tmp_path / "audit").text
    again = Audit(tmp_path / "audit", 1000, told.append)
    assert again.note({"what": "next"}) == 11
    again.close()
    assert verify(tmp_path / "audit").is_whole


def test_a_segment_that_was_only_just_made_is_finished(audit: Audit, tmp_path: Path, told: list[str]) -> None:
    audit.close()
    (tmp_path / "audit/000000000011.jsonl").touch()
    again = Audit(tmp_path / "audit", 1000, told.append)
    assert again.note({"what": "next"}) == 11
    again.close()
    assert verify(tmp_path / "audit").entries == 11


def test_files_are_for_this_user_alone(audit: Audit, tmp_path: Path) -> None:
    assert audit.number == 10
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "audit").iterdir()}
    assert (modes, stat.S_IMODE((tmp_path / "audit").stat().st_mode)) == ({0o600}, 0o700)


def test_a_full_disk_is_told_once_counted_and_leaves_no_torn_line(audit: Audit, tmp_path: Path, told: list[str]) -> None:
    """Issue 4: the air comes first; what is lost is known. A file size limit stands for the disk: a write is cut short."""
    path = segments(tmp_path / "audit")[0]
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, old[1]))
        assert [audit.note({"what": "lost"}) for _ in range(3)] == [None] * 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert (audit.lost, audit.is_failing, len(told)) == (3, True, 1)
    assert "commands go on without it, settings are refused" in told[0]
    assert audit.note({"what": "back"}) == 11
    assert told[1] == "the audit is written again; 3 entries were lost"
    assert verify(tmp_path / "audit").entries == 11


def test_a_disk_that_is_full_just_when_a_segment_begins_leaves_a_whole_chain(tmp_path: Path, told: list[str]) -> None:
    """Issue 4: a segment without its first line would break the chain."""
    audit = Audit(tmp_path / "audit", 1000, told.append)
    for number in range(1, 11):
        assert audit.note({"what": "x"}) == number
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, old[1]))
        assert [audit.note({"what": "lost"}) for _ in range(2)] == [None] * 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert audit.note({"what": "back"}) == 11
    audit.look()
    assert audit.touched == ""
    assert asyncio.run(audit.verify()).is_whole
    audit.close()
    assert verify(tmp_path / "audit").entries == 11


def test_a_directory_that_cannot_be_made_does_not_stop_the_unit(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "audit").write_text("in the way")
    audit = Audit(tmp_path / "audit", 1000, told.append)
    assert audit.note({"what": "lost"}) is None
    assert "cannot be written" in told[0]
    (tmp_path / "audit").unlink()
    assert audit.note({"what": "kept"}) == 1
    audit.close()


_WRITER = """
import sys
from pathlib import Path
from agent.management.audit import Audit
audit = Audit(Path(sys.argv[1]), 1000, print)
while True:
    print(audit.note({"what": "x" * 300}), flush=True)
"""


def test_killed_while_writing_it_is_whole_when_it_is_opened_again(tmp_path: Path, told: list[str]) -> None:
    for turn in range(5):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path / "audit")], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            for _ in range(3 + 11 * turn):
                writer.stdout.readline()
            writer.kill()
            said = writer.stdout.read().split()
        audit = Audit(tmp_path / "audit", 1000, told.append)
        audit.close()
        verdict = verify(tmp_path / "audit")
        assert verdict.is_whole, verdict.text
        assert audit.number >= int((said or [b"0"])[-1])
    assert told == []


def test_what_is_written_is_canonical_json(audit: Audit, tmp_path: Path) -> None:
    """So that another program can check it: SHA-256 of the line without `hash`, keys sorted, no spaces."""
    assert audit.note({"reason": "für »immer« \u2028"}) == 11
    line = lines(tmp_path / "audit")[-1].strip()
    entry = json.loads(line)
    digest = entry.pop("hash")
    command = ["sha256sum"]
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    said = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout.decode()
    assert said.split()[0] == digest
    assert os.linesep not in text


def test_what_was_cut_before_the_agent_looked_is_found(tmp_path: Path) -> None:
    """Issue 4: the last entries gone and the head rewritten: that fools the files alone, not the agent that has written them."""
    audit = Audit(tmp_path / "audit", 1000, print)
    assert asyncio.run(audit.verify()).text == "There are no entries yet"
    for number in range(3):
        audit.note({"what": str(number)})
    assert asyncio.run(audit.verify()).is_whole
    cut(tmp_path / "audit")
    assert verify(tmp_path / "audit").is_whole  # of the disk alone
    assert asyncio.run(audit.verify()).text.endswith("000000000004.jsonl:1: entries 3 to 3, before it, are missing")
    assert audit.read(1)[0]["text"] == (
        f"Somebody has touched the audit while the agent ran: {tmp_path}/audit/000000000001.jsonl was cut short"
    )
    audit.close()


def cut(directory: Path) -> None:
    """The last entry is gone, and the head says so."""
    path = segments(directory)[-1]
    all_lines = path.read_bytes().splitlines(keepends=True)
    with path.open("r+b") as file:
        file.truncate(sum(map(len, all_lines[:-1])))
    last = json.loads(all_lines[-2])
    (directory / HEAD).write_bytes(end_line((last["number"], last["hash"])))


def replaced(path: Path) -> None:
    path.with_suffix(".other").write_bytes(path.read_bytes())
    path.with_suffix(".other").rename(path)


def spoilt(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"because 3", b"because 4"))


@pytest.mark.parametrize(
    ("name", "touch", "said", "verdict"),
    [
        ("000000000001.jsonl", Path.unlink, "removed", "Entries 1 to 10 are missing at the beginning"),
        ("000000000001.jsonl", replaced, "replaced by another file", None),
        ("000000000001.jsonl", spoilt, "changed", "000000000001.jsonl:4: entry 3 was changed"),
        ("000000000021.jsonl", Path.unlink, "removed", "entries 21 to 25, before it, are missing"),
        ("000000000021.jsonl", replaced, "replaced by another file", None),
        (HEAD, Path.unlink, "removed", None),
        (HEAD, replaced, "replaced by another file", None),
        (ANCHOR, Path.unlink, "removed", None),
    ],
)
def test_what_is_done_to_the_files_under_a_running_agent_is_noticed(
    tmp_path: Path, name: str, touch: Callable[[Path], None], said: str, verdict: str | None
) -> None:
    """Issue 4: an alarm with a sentence, an entry in a file of its own, once; what was not lost is still whole."""
    directory, events, told = tmp_path / "audit", list[str](), list[str]()
    audit = Audit(directory, 1000, told.append)
    audit.on_touched = events.append
    for number in range(1, 26):
        audit.note({"reason": f"because {number}"})
    audit.look()
    assert (audit.touched, events) == ("", [])
    touch(directory / name)
    audit.look()
    audit.look()
    assert len(events) == 1
    assert f"while the agent ran: {directory / name} was {said}" in events[0]
    assert (audit.touched, told) == (events[0], events)
    assert audit.read(1)[0]["stage"] == "noticed"
    assert segments(directory)[-1].name == "000000000026.jsonl"
    assert audit.note({"reason": "goes on"}) == 27
    found = asyncio.run(audit.verify())
    assert found.is_whole == (verdict is None)
    assert (verdict or "Entries 1 to 27 are whole") in found.text
    audit.close()
    assert verify(directory).is_whole == (verdict is None)


def test_the_whole_directory_may_go_and_it_goes_on_and_says_so(tmp_path: Path, told: list[str]) -> None:
    """Issue 4: no alarm when files vanish under the agent was a fault."""
    audit = Audit(tmp_path / "audit", 1000, told.append)
    for number in range(3):
        audit.note({"what": str(number)})
    shutil.rmtree(tmp_path / "audit")
    audit.look()
    assert "was removed, and 2 more" in audit.touched
    assert audit.note({"what": "next"}) == 5
    assert asyncio.run(audit.verify()).text.startswith("Entries 1 to 3 are missing at the beginning")
    audit.close()
    assert verify(tmp_path / "audit").text.startswith("Entries 1 to 3 are missing at the beginning")


@pytest.mark.parametrize(
    ("names", "said", "verdict"),
    [
        (["000000000001.jsonl"], "entries 1 to 10 at the beginning are gone", "Entries 1 to 10 are missing at the beginning"),
        (["000000000021.jsonl"], "entries 21 to 25 at the end are gone", "entries 21 to 25, before it, are missing"),
        (["000000000001.jsonl", "000000000011.jsonl", "000000000021.jsonl"], "entries 1 to 25 at the end", "Entries 1 to 25 are"),
        (["000000000001.jsonl", ANCHOR], "nobody can say whether entries before 11 are", "Entries 11 to 26 are whole"),
    ],
)
def test_what_was_removed_while_no_agent_ran_is_noticed_at_its_start(
    tmp_path: Path, told: list[str], names: list[str], said: str, verdict: str
) -> None:
    """Issue 4: and numbers are never used for two."""
    directory = tmp_path / "audit"
    audit = Audit(directory, 1000, told.append)
    for number in range(1, 26):
        audit.note({"reason": f"because {number}"})
    audit.close()
    for name in names:
        (directory / name).unlink()
    audit = Audit(directory, 1000, told.append)
    assert "while no agent ran" in audit.touched
    assert said in audit.touched
    assert audit.number == 26
    assert verdict in asyncio.run(audit.verify()).text
    audit.close()


def test_of_an_audit_that_cannot_be_opened_nothing_else_is_said(tmp_path: Path, told: list[str]) -> None:
    """Issue 4: it was called removed or replaced."""
    audit = Audit(tmp_path / "audit", 1000, told.append)
    audit.note({"what": "kept"})
    audit.close()
    (tmp_path / "audit" / HEAD).unlink()
    (tmp_path / "audit" / HEAD).mkdir()
    audit = Audit(tmp_path / "audit", 1000, told.append)
    audit.look()
    found = asyncio.run(audit.verify())
    assert not found.is_whole
    assert found.text.startswith("The audit cannot be written (Is a directory). ")
    assert "head is missing or broken" in found.text
    assert audit.touched == ""


def test_a_restart_is_said_by_verify(audit: Audit, tmp_path: Path, told: list[str]) -> None:
    """Issue 4: what the agent knows itself, and what it only found."""
    audit.close()
    audit = Audit(tmp_path / "audit", 1000, told.append)
    audit.note({"what": "new"})
    text = asyncio.run(audit.verify()).text
    assert text.endswith("Up to 10 they are as this agent found them when it started, and after that as it has written them")
    audit.close()


def test_it_is_an_alarm_and_an_event_on_every_face(tmp_path: Path) -> None:
    """Issue 4: no alarm when files vanish under the agent was a fault; and each sentence is of what is so."""
    with running_unit(tmp_path) as unit:
        directory = unit.settings.unit.data_dir / "audit"
        unit.ask(verb="set", table="member", index=[7], values={"priority": 200})
        assert unit.ask(verb="audit-verify")["outcome"] == "done"
        gone = segments(directory)[0]
        gone.unlink()
        answer = unit.ask(verb="audit-verify")
        assert (answer["outcome"], "Entries 1 to 2 are missing at the beginning" in answer["text"]) == ("failed", True)
        event = unit.ask(verb="events")["events"][-1]
        assert (event["what"], event["severity"], f"{gone} was removed" in event["text"]) == ("fault", "critical", True)
        assert any(
            f"{gone} was removed. See: understudy audit verify" in one["text"] for one in unit.ask(verb="alarms")["alarms"]
        )
        gone.mkdir()
        text = unit.ask(verb="audit-verify")["text"]
        assert f"{gone} cannot be read (Is a directory), so nobody can say whether the audit is whole. Give it back" in text
