"""Notes ⇄ pcapng blocks: packets with a comment for people, the rest as blocks of ours."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.diagnostics import pcapng
from agent.diagnostics.frames import PORT, datagram_in, framed
from agent.diagnostics.notes import Json, Note

_ON_THE_LAN = {"heard": "received", "refused": "at", "sent": "sent"}
"""Where the time of a packet is."""
MAX_TEXT_BYTES = 0xF000
"""An option of a packet holds 65,535 bytes; a longer note goes into a block of its own."""


class Clock(NamedTuple):
    """A moment on both clocks, ns."""

    monotonic_ns: int
    utc_ns: int

    def utc(self, at_ns: int) -> int:
        """UTC of a monotonic time."""
        return self.utc_ns + at_ns - self.monotonic_ns


class Lan(NamedTuple):
    """What a record says of the LAN; for the made-up headers."""

    own: str = ""
    target: str = ""
    port: int = PORT


def block_of(note: Note, clock: Clock, lan: Lan) -> bytes:
    """One block. Packets that reached or left this unit are packets; all else is a block of ours."""
    text = note.text
    word = text["event"]
    written = json.dumps(text, separators=(",", ":"), ensure_ascii=False)
    if word not in _ON_THE_LAN or not note.raw or len(written.encode()) > MAX_TEXT_BYTES:
        return pcapng.custom(written, note.raw)
    source = lan.own if word == "sent" else text.get("from", "")
    frame = framed(note.raw, source, lan.target, lan.port)
    return pcapng.packet(clock.utc(text[_ON_THE_LAN[word]]), frame, comment_of(text), written)


def comment_of(text: Json) -> str:
    """What was decided, for people who look with Wireshark. Nothing where nothing came of it."""
    said = [f"refused: {text['reason']}"] if text["event"] == "refused" else []
    said += [told for effect in text.get("effects", ()) if (told := _decision(effect))]
    return "; ".join(said)


def _decision(effect: list[Any]) -> str:
    if effect[0] == "transition":
        return f"{effect[2]} → {effect[3]}: {effect[5]}"
    return f"alarm {effect[2]}: {effect[4]}" if effect[0] == "alarm" else ""


def notes_in(data: bytes) -> Iterator[Note]:
    """All notes of a segment, in their order. A torn tail, and blocks of others, are passed over."""
    for block in pcapng.blocks(data):
        note = _packet_note(block.body) if block.kind == pcapng.PACKET else _custom_note(block)
        if note is not None:
            yield note


def _packet_note(body: bytes) -> Note | None:
    _, frame, text = pcapng.packet_of(body)
    datagram = datagram_in(frame)
    return _note(text, datagram.payload if datagram else b"") if text else None


def _custom_note(block: pcapng.Block) -> Note | None:
    found = pcapng.custom_of(block.body) if block.kind == pcapng.CUSTOM else None
    return _note(*found) if found else None


def _note(text: str, raw: bytes) -> Note | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return Note(value, raw) if isinstance(value, dict) and isinstance(value.get("event"), str) else None
