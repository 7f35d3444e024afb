"""A note back into the event that the engine was told, and the header back into an engine."""

from typing import Any

from agent.diagnostics.header import FORMAT
from agent.diagnostics.notes import WORDS, Json, Note
from agent.diagnostics.plain import from_plain
from agent.engine.config import Controls, Identity, LanRules, MemberConfig, PoolRules
from agent.engine.engine import Engine
from agent.engine.events import Event, PacketReceived, PacketRejected, SendFailed, Sent, Tick
from agent.wire.codec import decode
from agent.wire.keys import Keyring, make_key
from agent.wire.message import Message

TYPES = {word: kind for kind, word in WORDS.items()}
_NO_KEY = Keyring()
_AUTHENTICATED_FLAG = 0x01


class Trusting(Keyring):
    """Reads signed packets without the key: the unit that recorded them has checked them, and the key is in no record."""

    def verify(self, datagram: bytes) -> bool:  # noqa: ARG002
        """It was genuine, or it was refused when it was recorded."""
        return True


_TRUSTING = Trusting([make_key(bytes(32))])


def message_of(datagram: bytes) -> Message:
    """What a datagram says, whoever has signed it. DecodeError: nothing."""
    is_signed = len(datagram) > 5 and bool(datagram[5] & _AUTHENTICATED_FLAG)
    return decode(datagram, _TRUSTING if is_signed else _NO_KEY)


def event_of(note: Note) -> Event:
    """What the engine was told. ValueError, DecodeError: not a note of an event."""
    text = note.text
    word = text.get("event")
    if word == "heard":
        return PacketReceived(message_of(note.raw), text["received"], text["from"])
    if word == "refused":
        return from_plain(PacketRejected, {"reason": text["reason"]})
    if word == "tick":
        return Tick(text.get("is_drained", True))
    if word == "sent":
        return Sent(text["group"], message_of(note.raw), text["sent"])
    if word == "not_sent":
        return SendFailed(text["group"], message_of(note.raw), text["error"])
    kind = TYPES.get(str(word))
    if kind is None:
        raise ValueError(f"no event: {word}")
    found: Event = from_plain(kind, text)
    return found


def engine_of(header: Json) -> Engine:
    """The engine as it was made. ValueError: a header of another format."""
    if header.get("format") != FORMAT:
        raise ValueError(f"records of format {header.get('format')}, this software reads {FORMAT}")
    controls: dict[str, Any] = header["controls"]
    return Engine(
        from_plain(Identity, header["unit"]),
        from_plain(LanRules, header["rules"]),
        [from_plain(MemberConfig, member) for member in header["members"]],
        from_plain(PoolRules, header["pool"]),
        {int(group): from_plain(Controls, one) for group, one in controls.items()},
    )
