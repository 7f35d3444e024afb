"""An outsider's view: every capture of the catalogue gets its cause, whatever the file's format; what cannot be known is said."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from agent.cli import exits, main
from agent.diagnostics import pcapng
from agent.diagnostics.explain import choose, explain
from agent.diagnostics.pcap import packets_in, timeline_from
from agent.diagnostics.reading import RecordError
from tests.pcaps.pcapfile import read_pcap, write_pcap

PCAPS = Path(__file__).parents[2] / "pcaps"
CAUSES = {
    "changeover": "command",
    "delayed": "stall",
    "forged": None,
    "freeze_master": "stall",
    "freeze_master_seen": "stall",
    "garbage": None,
    "give_up": "give-up",
    "interval_mismatch": "crash",
    "kill": "crash",
    "partition": "partition",
    "replayed": None,
    "restart": "crash",
    "set_backup": "command",
    "stalled_backup": None,
    "stalled_backup_alone": "crash",
    "stop": "stop",
    "two_255": "partition",
    "unplugged": "link lost",
    "unplugged_seen": "link lost",
}
"""What packets alone say. In `delayed` the old master itself was late: its stamps show it."""


def test_every_capture_has_a_cause() -> None:
    """None is forgotten here."""
    assert {path.stem for path in PCAPS.glob("*.pcap")} == set(CAUSES)


@pytest.mark.parametrize("name", CAUSES)
def test_the_catalogue(name: str) -> None:
    """One cause each; no change where the scene's point is that nothing happens."""
    timeline = timeline_from(PCAPS / f"{name}.pcap")
    change = choose(timeline)
    assert (explain(timeline, change).cause.value if change else None) == CAUSES[name]


def test_a_capture_that_begins_late_says_so(tmp_path: Path) -> None:
    """Issue 5: the claim is in it, the master that had died is not."""
    frames = read_pcap(PCAPS / "kill.pcap")
    own = json.loads((PCAPS / "kill.expected.json").read_text())["observer"]["address"]
    write_pcap(tmp_path / "late.pcap", [frame for frame in frames if frame.source == own])
    timeline = timeline_from(tmp_path / "late.pcap")
    change = choose(timeline)
    assert change is not None
    found = explain(timeline, change)
    assert found.cause == "start"
    assert "no other master is heard in this capture before" in found.sentence


@pytest.mark.parametrize("name", CAUSES)
def test_the_command_says_the_sentence_of_the_catalogue_and_what_it_cannot_know(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Issue 5: as a person types it; `python -m pcaps.sentences` writes those that have become others, to be read by somebody."""
    expected = json.loads((PCAPS / f"{name}.expected.json").read_text())
    assert main(["explain", str(PCAPS / f"{name}.pcap")]) == exits.DONE
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith(f"{expected['sentence']} Not known from this record: ")
    assert "whether the packets are genuine (there is no key here), what each unit really received" in printed
    assert main(["explain", str(PCAPS / f"{name}.pcap"), "--json"]) == exits.DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["sentence"], told["cause"]) == (expected["sentence"], CAUSES[name])
    assert told["unknown"] != []


def test_strangers_are_no_masters() -> None:
    """C-02, docs/protocol.md, Refusals: adverts of priority 255, of another device type or from afar, change nothing."""
    timeline = timeline_from(PCAPS / "garbage.pcap")
    refused = {word.refused: word.message.priority for word in timeline.words if word.refused}
    assert refused == {"ttl": 255, "other_type": 255}
    assert timeline.changes == []
    assert timeline_from(PCAPS / "replayed.pcap").repeated == 20


@pytest.mark.parametrize("name", ["changeover", "freeze_master_seen", "give_up", "kill", "stop", "stalled_backup_alone"])
def test_the_moment_is_that_of_the_expected_timeline(name: str) -> None:
    """Where the rule has the observer claim last; the claim's packet leaves a moment later."""
    expected = json.loads((PCAPS / f"{name}.expected.json").read_text())
    claims = [step["at_ms"] for step in expected["transitions"] if step["after"] == "claiming"]
    timeline = timeline_from(PCAPS / f"{name}.pcap")
    start_ns = read_pcap(PCAPS / f"{name}.pcap")[0].time_ns
    name = expected["observer"]["name"]
    seen = [(change.at_ns - start_ns) / 1e6 for change in timeline.changes if timeline.name_of(change.unit_id) == name]
    assert seen == pytest.approx(claims, abs=3)


def in_format(name: str, kind: str) -> bytes:
    """The same packets, written by another program."""
    frames = read_pcap(PCAPS / f"{name}.pcap")
    if kind == "pcapng":
        blocks = b"".join(pcapng.packet(frame.time_ns, frame.data[14:], "", "") for frame in frames)
        return pcapng.section("somebody else", "any") + blocks
    link, head = {"micro": (1, b""), "cooked": (113, bytes(14) + b"\x08\x00"), "cooked2": (276, b"\x08\x00" + bytes(18))}[kind]
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for frame in frames:
        packet = frame.data if link == 1 else head + frame.data[14:]
        data += struct.pack("<IIII", frame.time_ns // 10**9, frame.time_ns % 10**9 // 1000, len(packet), len(packet)) + packet
    return data


@pytest.mark.parametrize("kind", ["pcapng", "micro", "cooked", "cooked2"])
def test_formats(kind: str, tmp_path: Path) -> None:
    """tcpdump at one interface, at all (-i any), Wireshark; cut short too."""
    data = in_format("freeze_master_seen", kind)
    path = tmp_path / "x.pcap"
    path.write_bytes(data)
    timeline = timeline_from(path)
    change = choose(timeline)
    assert change is not None
    assert explain(timeline, change).cause == "stall"
    whole = len(list(packets_in(path)))
    path.write_bytes(data[:-7])
    assert len(list(packets_in(path))) == whole - 1


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\x1f\x8b\x08garbage", b"[unit]\nname = 'x'\n"])
def test_what_is_no_capture_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    """With what to give instead."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(RecordError, match="neither a record of this agent nor a pcap"):
        timeline_from(tmp_path / "x")
