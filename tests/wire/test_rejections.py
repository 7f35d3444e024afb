"""Every refusal of the codec, by a packet with that one fault; and nothing but DecodeError, whatever the bytes."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import Keyring
from agent.wire.message import Message
from tests.scapy_layer import KINDS, TRAILER_BYTES, check, craft, reseal
from tests.wire.strategies import KEYRING, NO_KEYS, OTHER_SECRET, SECRET, messages

PAGE: Final = Path(__file__).parents[2] / "docs" / "protocol.md"
GENUINE: Final = craft(key=SECRET)


def rejection(datagram: bytes, keyring: Keyring = NO_KEYS) -> Rejection:
    """The counter that this datagram ends up in."""
    with pytest.raises(DecodeError) as caught:
        decode(datagram, keyring)
    return caught.value.reason


FRAMES: Final = {
    "nothing": (b"", NO_KEYS, Rejection.NOT_UNDERSTUDY),
    "111 bytes": (craft()[:111], NO_KEYS, Rejection.NOT_UNDERSTUDY),
    "another magic": (craft(magic=0x5554), NO_KEYS, Rejection.NOT_UNDERSTUDY),
    "513 bytes": (craft().ljust(513, b"\0"), NO_KEYS, Rejection.OVERSIZE),
    "major version 0": (craft(major=0), NO_KEYS, Rejection.MAJOR_VERSION),
    "major version 2": (craft(major=2), NO_KEYS, Rejection.MAJOR_VERSION),
    "unsigned with a key": (craft(), KEYRING, Rejection.UNSIGNED),
    "signed without a key": (GENUINE, NO_KEYS, Rejection.UNEXPECTED_MAC),
    "another key": (craft(key=OTHER_SECRET), KEYRING, Rejection.UNKNOWN_KEY),
    "an altered MAC": (GENUINE[:-1] + bytes([GENUINE[-1] ^ 1]), KEYRING, Rejection.BAD_MAC),
    "a cut MAC": (GENUINE[:-1], KEYRING, Rejection.UNKNOWN_KEY),
    "kind 0": (craft(kind=0), NO_KEYS, Rejection.UNKNOWN_KIND),
    "kind 9": (craft(kind=9), NO_KEYS, Rejection.UNKNOWN_KIND),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_wrong_frame_is_counted_by_its_name(name: str) -> None:
    """What is refused has a counter, and one only."""
    datagram, keyring, expected = FRAMES[name]
    assert rejection(datagram, keyring) is expected


@pytest.mark.parametrize("key", [SECRET, None])
def test_512_bytes_are_not_too_many(key: bytes | None) -> None:
    """The limit itself is allowed; one byte more is not."""
    room = 512 - len(craft(key=key, items=[NAME, (9, b"")]))
    filler = [(9, bytes(room // 2)), (9, bytes(room - 2 - room // 2))]
    datagram = craft(key=key, items=[NAME, *filler])
    assert len(datagram) == 512
    assert decode(datagram, KEYRING if key else NO_KEYS).name == "unit"
    assert rejection(craft(key=key, items=[NAME, *filler, (9, b"")]), KEYRING) is Rejection.OVERSIZE


NAME: Final = (1, b"unit")
MALFORMED: Final = {
    "header of 111": craft(header_length=111),
    "header of 0": craft(header_length=0),
    "header past the end": craft(header_length=119),
    "header of 65535": craft(header_length=0xFFFF),
    "fourth designation": craft(flags=0x3000),
    "priority 0 in an advert": craft(priority=0),
    "priority 1 in a give-up": craft("give-up", priority=1),
    "priority 255 in a handover": craft("handover", priority=255),
    "interval of 9 ms": craft(interval_ms=9),
    "interval of 40951 ms": craft(interval_ms=40951),
    "acting for 256": craft(acting_for=256),
    "acting for 0xFFFE": craft(acting_for=0xFFFE),
    "unit id 0": craft(unit_id=0),
    "boot 0": craft(boot=0),
    "sequence 0": craft(sequence=0),
    "question without a nonce": craft("question", nonce=0),
    "handover to nobody": craft("handover", target=0),
    "request to nobody": craft("request", target=0),
    "refusal to nobody": craft("refusal", target=0),
    "no items": craft(items=[]),
    "no name": craft(items=[(2, b"1.0")]),
    "empty name": craft(items=[(1, b"")]),
    "name of 65 bytes": craft(items=[(1, b"x" * 65)]),
    "name twice": craft(items=[NAME, NAME]),
    "version twice": craft(items=[NAME, (2, b"1"), (2, b"1")]),
    "name is not UTF-8": craft(items=[(1, b"\xff")]),
    "version is not UTF-8": craft(items=[NAME, (2, b"\xc3")]),
    "name with a newline": craft(items=[(1, b"a\nb")]),
    "name with a C1 control": craft(items=[(1, "a\u0085b".encode())]),
    "version of 33 bytes": craft(items=[NAME, (2, b"x" * 33)]),
    "item without a length": craft() + b"\x02",
    "item past the end": craft()[:-1],
    "unknown item past the end": craft() + b"\xc8\x05abcd",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_wrong_field_is_malformed(name: str) -> None:
    """C-04: priority 0 from the wrong kind is one of them; S-03: so is a priority that its kind may not carry."""
    assert rejection(MALFORMED[name]) is Rejection.MALFORMED
    assert check(MALFORMED[name]) != []


@pytest.mark.parametrize("name", [name for name in MALFORMED if name != "item past the end"])
def test_a_right_mac_excuses_no_wrong_field(name: str) -> None:
    """The holder of the key is held to the page as well; the trailer is not eaten as header or items."""
    datagram = MALFORMED[name]
    signed = reseal(datagram[:5] + bytes([datagram[5] | 1]) + datagram[6:] + bytes(TRAILER_BYTES), SECRET)
    assert rejection(signed, KEYRING) in (Rejection.MALFORMED, Rejection.OVERSIZE)


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("priority", [0, 1, 254, 255])
def test_priority_0_is_in_give_up_and_handover_and_only_there(kind: str, priority: int) -> None:
    """C-04, S-07: 0 is a message of the leaving master and not a level."""
    datagram = craft(kind, priority=priority)
    if (priority == 0) == (kind in ("give-up", "handover")):
        assert decode(datagram, NO_KEYS).priority == priority
    else:
        assert rejection(datagram) is Rejection.MALFORMED


def test_every_refusal_of_the_codec_is_reached_here() -> None:
    """TTL is seen by the socket; what follows `malformed` takes a receiver with a memory: those are tested with the engine."""
    everything = list(Rejection)
    of_the_codec = everything[everything.index(Rejection.NOT_UNDERSTUDY) : everything.index(Rejection.MALFORMED)]
    assert {expected for _, _, expected in FRAMES.values()} == set(of_the_codec)


def test_the_refusals_are_those_of_the_page_in_its_order() -> None:
    """The names are counters: they are promised to people who watch them."""
    section = PAGE.read_text().split("## Refusals")[1].split("A unit hears its own")[0]
    assert re.findall(r"`([a-z_]+)`", section) == [rejection.value for rejection in Rejection]


# One packet with all faults at once; mending them in the order of the page shows the next one each time.
def test_the_first_fault_that_applies_is_the_one_that_is_counted() -> None:
    """docs/protocol.md, Refusals: checked in this order."""
    faults: dict[str, Any] = {"magic": 1, "major": 2, "kind": 99, "priority": 0}
    seen = [rejection(craft(**faults).ljust(513, b"\0"), KEYRING)]
    faults.pop("magic")
    seen.append(rejection(craft(**faults).ljust(513, b"\0"), KEYRING))
    seen.append(rejection(craft(**faults), KEYRING))
    faults.pop("major")
    seen.append(rejection(craft(**faults), KEYRING))
    seen.append(rejection(craft(key=OTHER_SECRET, **faults), KEYRING))
    seen.append(rejection(craft(key=SECRET, **faults)[:-1] + b"\0", KEYRING))
    seen.append(rejection(craft(key=SECRET, **faults), KEYRING))
    faults.pop("kind")
    seen.append(rejection(craft(key=SECRET, **faults), KEYRING))
    assert seen == [
        Rejection.NOT_UNDERSTUDY,
        Rejection.OVERSIZE,
        Rejection.MAJOR_VERSION,
        Rejection.UNSIGNED,
        Rejection.UNKNOWN_KEY,
        Rejection.BAD_MAC,
        Rejection.UNKNOWN_KIND,
        Rejection.MALFORMED,
    ]


keyrings = st.sampled_from([KEYRING, NO_KEYS])


@given(datagram=st.binary(max_size=600), keyring=keyrings)
def test_arbitrary_bytes_raise_nothing_but_decode_error(datagram: bytes, keyring: Keyring) -> None:
    """A hostile LAN cannot make the decoder do anything else."""
    with contextlib.suppress(DecodeError):
        decode(datagram, keyring)


@given(tail=st.binary(max_size=500), keyring=keyrings, kind=st.integers(0, 9))
def test_arbitrary_bytes_behind_a_right_start_raise_nothing_but_decode_error(tail: bytes, keyring: Keyring, kind: int) -> None:
    """The same, past the checks of magic and version, and past the MAC."""
    datagram = b"US\x10" + bytes([kind]) + tail.ljust(108, b"\0")
    is_signed = bool(datagram[5] & 1) and len(datagram) >= 148
    with contextlib.suppress(DecodeError):
        decode(reseal(datagram, SECRET) if is_signed else datagram, keyring)


@given(message=messages(), cut=st.integers(0, 250), keyring=keyrings)
def test_a_cut_packet_is_refused_or_lacks_only_its_last_items(message: Message, cut: int, keyring: Keyring) -> None:
    """Truncation invents nothing."""
    datagram = encode(message, keyring)
    with contextlib.suppress(DecodeError):
        assert decode(datagram[:cut], keyring) in (message, message._replace(software=""))
