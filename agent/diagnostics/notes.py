"""What core hands to the recorder: one note an event. This is the only part of the package that core imports.

A note is a JSON text (what was told to the engine, when, and what came of it) and, for packets, the datagram itself. On the
way it is `length of text, length of datagram (two 32-bit little-endian), text, datagram`; docs/records.md says what the text
may hold. Making one takes some microseconds: that is all that recording costs core.
"""

import json
import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from agent.diagnostics.plain import to_plain
from agent.engine.effects import (
    ClearAlarm,
    ControlsChanged,
    Effect,
    GrantLease,
    HeardMaster,
    LoadDevice,
    MuteDevice,
    OpenDevice,
    ParkDevice,
    RaiseAlarm,
    Reply,
    Send,
    TakenOver,
    Transition,
)
from agent.engine.events import (
    Adjusted,
    Command,
    ConfigChanged,
    DeviceReported,
    Event,
    LinkChanged,
    PacketReceived,
    PacketRejected,
    SendFailed,
    Sent,
    Stalled,
    Start,
    Tick,
)

Json = dict[str, Any]
LENGTHS = struct.Struct("<II")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
MAX_NOTE_BYTES = 16 << 20
"""A state of 256 seats has 0.5 MB."""
json_text = _encode
"""As short as it gets."""
WORDS: dict[type, str] = {
    Start: "start",
    PacketReceived: "heard",
    PacketRejected: "refused",
    Tick: "tick",
    Stalled: "stalled",
    Sent: "sent",
    SendFailed: "not_sent",
    LinkChanged: "link",
    DeviceReported: "device",
    ConfigChanged: "config",
    Adjusted: "adjusted",
    Command: "command",
}
"""The word under `event`. Besides, the recorder's own: header, state, clock, gap."""


class Note(NamedTuple):
    """`text` as JSON data; `raw`: the datagram, or what else comes as bytes."""

    text: Json
    raw: bytes = b""


def packed(text: str, raw: bytes = b"") -> bytes:
    """One note on its way; `text` is JSON."""
    data = text.encode()
    return LENGTHS.pack(len(data), len(raw)) + data + raw


def whole_notes(data: bytes) -> tuple[list[Note], bytes]:
    """The notes that are whole, and the beginning of one that is not. ValueError: these are none, or one is too long."""
    found, at = [], 0
    while at + LENGTHS.size <= len(data):
        text_bytes, raw_bytes = LENGTHS.unpack_from(data, at)
        if text_bytes + raw_bytes > MAX_NOTE_BYTES:
            raise ValueError(f"a note of {text_bytes + raw_bytes} bytes")
        middle = at + LENGTHS.size + text_bytes
        if middle + raw_bytes > len(data):
            break
        text = json.loads(data[at + LENGTHS.size : middle])
        if not isinstance(text, dict):
            raise ValueError("a note that is no JSON object")
        found.append(Note(text, data[middle : middle + raw_bytes]))
        at = middle + raw_bytes
    return found, data[at:]


def note_of(event: Event, at_ns: int, effects: Iterable[Effect], address: str = "") -> str:
    """The text of a note. `at_ns` is what the engine was told; `address`: of the sender of a refused packet.

    Written by hand where notes are many: it is core's time.
    """
    kind = type(event)
    make = _EVENTS.get(kind)
    more = make(event) if make else "," + _encode(to_plain(event))[1:-1] if kind is not Start else ""
    if address:
        more += f',"from":{_encode(address)}'
    told = ",".join([text_of(effect) for effect in effects])
    if told:
        more += f',"effects":[{told}]'
    return f'{{"at":{at_ns},"event":"{WORDS[kind]}"{more}}}'


def text_of(effect: Effect) -> str:
    """An effect in short, as JSON: enough to see whether a replay does the same."""
    return _EFFECTS[type(effect)](effect)


def _rare(make: Callable[[Any], list[Any]]) -> Callable[[Any], str]:
    return lambda effect: _encode(make(effect))


_EVENTS: dict[type, Callable[[Any], str]] = {
    PacketReceived: lambda event: f',"received":{event.received_at_ns},"from":{_encode(event.address)}',
    PacketRejected: lambda event: f',"reason":"{event.reason.value}"',
    Tick: lambda event: "" if event.is_drained else ',"is_drained":false',
    Sent: lambda event: f',"group":{event.group},"sent":{event.sent_at_ns}',
    SendFailed: lambda event: f',"group":{event.group},"error":{_encode(event.error)}',
}
_EFFECTS: dict[type, Callable[[Any], str]] = {
    Send: lambda it: f'["send",{it.group},{it.message.kind:d},{it.message.sequence},{it.message.nonce}]',
    GrantLease: lambda it: f'["lease",{_encode(it.device)},{it.until_ns}]',
    LoadDevice: _rare(lambda it: ["load", it.device, it.order, it.group]),
    ParkDevice: _rare(lambda it: ["park", it.device, it.group]),
    OpenDevice: _rare(lambda it: ["open", it.device, it.order, it.until_ns]),
    MuteDevice: _rare(lambda it: ["mute", it.device, it.order]),
    Transition: _rare(
        lambda it: ["transition", it.group, it.before.value, it.after.value, it.reason.value, it.text, it.at_ns],
    ),
    RaiseAlarm: _rare(lambda it: ["alarm", it.group, it.name.value, it.severity.value, it.text]),
    ClearAlarm: _rare(lambda it: ["alarm_cleared", it.group, it.name.value]),
    HeardMaster: _rare(lambda it: ["master_heard", it.group, f"{it.message.unit_id:016x}", it.message.config_revision]),
    TakenOver: _rare(lambda it: ["takeover", it.group, to_plain(it.phases)]),
    ControlsChanged: _rare(lambda it: ["controls", it.group]),
    Reply: _rare(lambda it: ["reply", it.command_id, it.outcome.value, it.text]),
}
