"""Two real units, a fault, and a minute later a person who asks why: `understudy explain` names what was done (issue 5)."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from agent.diagnostics.blocks import comment_of
from agent.diagnostics.reading import notes_of
from agent.diagnostics.segments import segments
from agent.diagnostics.timeline import timeline_of
from tests.netns.harness import Unit
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import MS, Scene
from tests.netns.harness.story import story_alone
from tests.netns.harness.unit import GROUP
from tests.netns.outsiders import frames_in, tcpdump, whole_segment

pytestmark = pytest.mark.netns
FLUSHED_S = 8.0
"""A note is in the file a second after it happened; the machine is busy."""
SLACK_MS = 30.0
DATAGRAM_MS = 5.0
"""Between two of the output's, at 200 a second."""
Json = dict[str, Any]


def explained(unit: Unit, *words: object) -> Json:
    """What a person on that host is told."""
    done = unit.command("explain", *words, "--json")
    assert done.exit_code == 0, done.output
    found: Json = json.loads(done.output)
    return found


def why(unit: Unit, cause: str, after: str) -> str:
    """The sentence about the last change, once the record has it; that cause, or the test fails with what was said instead."""
    end_s = time.monotonic() + FLUSHED_S
    while (found := explained(unit, "--last"))["cause"] != cause or found["after"] != after:
        assert time.monotonic() < end_s, f"{unit.host} says: {found['cause']}: {found['sentence']}"
        time.sleep(0.2)
    assert found["group"] == GROUP
    return str(found["sentence"])


def record_ends_ns(unit: Unit) -> int:
    """UTC of the last packet in its record."""
    timeline = timeline_of(notes_of(segments(unit.directory / "records")))
    return timeline.clock.utc(timeline.words[-1].at_ns)


def wait_for_record(unit: Unit, until_ns: int) -> None:
    """Its record reaches beyond that UTC time."""
    end_s = time.monotonic() + FLUSHED_S
    while record_ends_ns(unit) < until_ns:
        assert time.monotonic() < end_s, f"the record of {unit.host} ends too early"
        time.sleep(0.1)


@story_alone()
def test_both_units_name_a_stall_a_command_and_a_kill(scene: Scene) -> None:
    """Issue 5: `explain --last` on each: the new master says what befell the old one, the old one what befell itself.

    tcpdump's capture of the same is explained as well, and tshark reads the record: outsiders' programs, and an outsider's view.
    """
    with tcpdump(scene.lan, "b") as capture:
        frozen_ns = stall_command_and_kill(scene)
    shows_what_was_on_the_cable(scene, whole_segment(scene.b))
    done = scene.b.command("explain", capture)
    said = " ".join(done.output.split())
    assert "rx-b took group 7 over from rx-a because rx-a went away without a word and has not been heard since" in said
    assert "Not known from this record: whether the packets are genuine" in said
    told = explained(scene.b, capture, "--at", datetime.fromtimestamp(frozen_ns / 1e9, UTC).isoformat())
    assert "rx-b took group 7 over from rx-a because rx-a was frozen" in told["sentence"]


def shows_what_was_on_the_cable(scene: Scene, record: Path) -> None:
    """Issue 5: in Wireshark a record of b is every packet that it noted, at the kernel's time, with the decision as a comment."""
    frames = frames_in(record)
    notes = [note for note in notes_of([record]) if note.text["event"] in ("heard", "sent", "refused") and note.raw]
    assert [(frame.payload, frame.comment) for frame in frames] == [(note.raw, comment_of(note.text)) for note in notes]
    assert [frame for frame in frames if frame.is_malformed or frame.has_error or not frame.kind] == []
    commented = {frame.kind: frame.comment for frame in frames if "→" in frame.comment}
    assert "master → yielding" in commented[str(int(Kind.REQUEST))], "a's request for the group, and what b decided"
    cable = {packet.payload: packet for packet in scene.tap.packets()}
    heard = [frame for frame in frames if frame.payload in cable and cable[frame.payload].host == "a"]
    sent = [frame for frame in frames if frame.payload in cable and cable[frame.payload].host == "b"]
    assert {packet.payload for packet in scene.tap.packets(sent[0].time_ns) if packet.host == "a"} <= {
        one.payload for one in heard
    }
    assert len(heard) > 5
    assert max(abs(frame.time_ns - cable[frame.payload].time_ns) for frame in heard) < MS
    early_ns = [cable[frame.payload].time_ns - frame.time_ns for frame in sent]
    assert len(early_ns) > 5
    assert min(early_ns) > -MS, "its time is taken before the system call"
    assert median(early_ns) < MS


def stall_command_and_kill(scene: Scene) -> int:
    """One after the other, and what is said of each; when the first one began."""
    scene.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.ADVERT, 3, scene.wait(0))
    frozen_ns = began = scene.wait(0.1)
    scene.a.freeze()
    scene.takes_over("b", began)
    scene.wait(2)
    scene.a.thaw()
    assert "rx-b took group 7 over from rx-a because rx-a was frozen" in why(scene.b, "stall", "claiming")
    assert "its own process did not run for" in why(scene.a, "stall", "backup")

    scene.wait_for_backup("a")
    began = scene.wait(0)
    assert scene.a.command("set-master", GROUP).exit_code == 0
    scene.takes_over("a", began)
    assert "rx-b handed the group over: a person ordered it" in why(scene.a, "command", "claiming")
    assert "a person ordered it" in why(scene.b, "command", "yielding")

    scene.wait_for_backup("b")
    began = scene.wait(0)
    scene.a.kill()
    scene.takes_over("b", began)
    assert "rx-a went away without a word" in why(scene.b, "crash", "claiming")
    return frozen_ns


@story_alone()
def test_two_records_tell_how_long_both_outputs_were_open(scene: Scene) -> None:
    """Issue 5, C-02: a split brain in ms, from both records; the stream that left the units says the same."""
    scene.was_partitioned = True
    began = scene.tap.wait_for(lambda said: said.kind == Kind.ADVERT, 3, scene.wait(0.1)).time_ns
    scene.lan.partition("a")
    scene.takes_over("b", began)
    scene.wait(0.8)
    healed = scene.wait(0)
    scene.lan.heal("a")
    scene.tap.wait_for(lambda said: said.host == "b" and said.kind == Kind.BEACON, 3, healed)
    assert "had not heard each other" in why(scene.b, "partition", "yielding")
    of_b = scene.sent(began, "b")
    seen_ms = (of_b[-1].time_ns - of_b[0].time_ns) / MS
    assert {packet.host for packet in scene.sent(of_b[0].time_ns) if packet.time_ns < of_b[-1].time_ns} == {"a", "b"}
    wait_for_record(scene.a, of_b[-1].time_ns)
    told = explained(scene.a, scene.a.directory / "records", scene.b.directory / "records")
    assert told["cause"] == "partition"
    (overlap,) = told["overlaps"]
    assert sorted(overlap["outputs"]) == [f"rx-a:rx{GROUP}", f"rx-b:rx{GROUP}"]
    assert abs(overlap["ms"] - seen_ms) < DATAGRAM_MS + SLACK_MS, (overlap, seen_ms)
    assert abs(told["offset_ns"]) <= told["offset_doubt_ns"], "one machine, one clock"
    assert told["offset_doubt_ns"] < SLACK_MS * MS
