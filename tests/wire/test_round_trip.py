"""Bytes and messages are the same thing, and two implementations of docs/protocol.md agree on which."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError
from agent.wire.keys import Keyring
from agent.wire.message import Designation, Flag, Kind, Message, Why
from tests.scapy_layer import ITEM_NAME, ITEM_VERSION, check, craft, dissect
from tests.wire.strategies import KEYRING, NO_KEYS, SECRET, as_scapy, messages, u8, u16, u32, u64

both_lans = pytest.mark.parametrize(("keyring", "secret"), [(KEYRING, SECRET), (NO_KEYS, None)], ids=["key", "no key"])


@both_lans
@given(message=messages())
def test_a_message_survives_the_wire(keyring: Keyring, secret: bytes | None, message: Message) -> None:
    """C-01: designation and acting-for travel as fields of their own."""
    del secret
    assert decode(encode(message, keyring), keyring) == message


@both_lans
@given(message=messages())
def test_what_the_agent_sends_breaks_no_rule_of_the_page(keyring: Keyring, secret: bytes | None, message: Message) -> None:
    """Judged by the second implementation, TTL and MAC included."""
    assert check(encode(message, keyring), secret, ttl=255) == []


@both_lans
@given(message=messages())
def test_the_agent_reads_what_another_implementation_sends(keyring: Keyring, secret: bytes | None, message: Message) -> None:
    """The same meaning, field for field."""
    assert decode(craft(key=secret, **as_scapy(message)), keyring) == message


@given(message=messages())
def test_both_implementations_write_the_same_bytes(message: Message) -> None:
    """Version 1.0 leaves a sender no choice but the order of its items."""
    assert encode(message, KEYRING) == craft(key=SECRET, **as_scapy(message))


@given(message=messages())
def test_another_implementation_reads_what_the_agent_sends(message: Message) -> None:
    """Every field of the page is in its place."""
    expected = as_scapy(message)
    items = [(ITEM_NAME, expected.pop("unit_name").encode()), (ITEM_VERSION, expected.pop("version").encode())]
    seen = dissect(encode(message, NO_KEYS))
    assert {name: seen[name] for name in expected} == expected
    assert [(code, value) for code, _, value in seen["items"]] == items


edge = st.sampled_from([0, 1, 9, 10, 255, 256, 40950, 40951, 0xFFFF])
any_fields = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.integers(0, 10),
        "flags": u16.map(lambda bits: bits & ~1),
        "header_length": st.sampled_from([0, 111, 112, 113, 0xFFFF]),
        "group": u8,
        "priority": st.sampled_from([0, 1, 254, 255]),
        "interval_ms": edge,
        "acting_for": edge,
        "unit_id": u64,
        "boot": u32,
        "master_for_ms": u32,
        "sequence": u64,
        "target": st.sampled_from([0, 7]),
        "nonce": st.sampled_from([0, 7]),
        "reason": st.integers(0, 12),
        "minor": st.integers(0, 15),
        "items": st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=70)), max_size=3),
    },
)


@given(fields=any_fields)
@settings(max_examples=400)
def test_what_the_page_allows_is_accepted(fields: dict[str, Any]) -> None:
    """A packet that the second implementation finds nothing wrong with is read by the agent, with the same meaning."""
    datagram = craft(**{"kind": "advert", **fields})
    is_allowed = check(datagram, ttl=255) == [] and not _has_control_character_in_version(datagram)
    try:
        message = decode(datagram, NO_KEYS)
    except DecodeError:
        assert not is_allowed
        return
    seen = dissect(datagram)
    meaning = as_scapy(message)
    assert (meaning["priority"], meaning["interval_ms"], meaning["unit_id"]) == (
        seen["priority"],
        seen["interval_ms"],
        seen["unit_id"],
    )
    assert decode(encode(message, NO_KEYS), NO_KEYS) == message


def _has_control_character_in_version(datagram: bytes) -> bool:
    """The agent refuses it, as in a name; the page says so of the name only."""
    versions = [value for code, _, value in dissect(datagram)["items"] if code == ITEM_VERSION]
    return any(byte < 0x20 or 0x7F <= byte <= 0xC2 for value in versions for byte in value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": 0},
        {"priority": 256},
        {"priority": -1},
        {"kind": Kind.GIVE_UP},
        {"kind": Kind.HANDOVER, "priority": 0},
        {"kind": Kind.QUESTION},
        {"interval_ms": 9},
        {"interval_ms": 40951},
        {"unit_id": 0},
        {"boot": 0},
        {"sequence": 0},
        {"acting_for": 256},
        {"group": 256},
        {"group": -1},
        {"sequence": 1 << 64},
        {"config_digest": bytes(31)},
        {"config_digest": bytes(64)},
        {"name": ""},
        {"name": "ü" * 33},
        {"name": "two\nlines"},
        {"name": "\ud800"},
        {"software": "x" * 33},
    ],
    ids=str,
)
def test_a_message_of_ours_that_breaks_a_rule_is_never_sent(wrong: dict[str, Any]) -> None:
    """S-03: a priority outside 1..255, like any other wrong field, is our own fault and says so."""
    right = Message(Kind.ADVERT, 1, 1, 100, 1000, unit_id=5, boot=1, sequence=1, sent_at_us=0, name="unit")
    with pytest.raises(ValueError, match=r".+"):
        encode(right._replace(**wrong), KEYRING)


@pytest.mark.parametrize("name", ["Studio\u00a01", "سرو\u200cر", "a\u2028b", "\U0001f4fb", "\ue000"])
def test_a_name_may_hold_anything_but_control_characters(name: str) -> None:
    """Whatever the Unicode tables of this Python call printable: the next unit has another Python."""
    assert decode(craft(unit_name=name), NO_KEYS).name == name


def test_a_packet_without_a_software_version_has_an_empty_one() -> None:
    """Only the unit name is required."""
    assert decode(craft(version=None), NO_KEYS).software == ""


def test_the_codec_alone_decides_whether_a_packet_is_signed() -> None:
    """AUTHENTICATED in a message is neither sent nor read."""
    message = Message(Kind.ADVERT, 1, 1, 100, 1000, 5, 1, 1, 0, "unit", flags=Flag.AUTHENTICATED | Flag.PREEMPT)
    assert decode(encode(message, NO_KEYS), NO_KEYS).flags == Flag.PREEMPT
    assert decode(encode(message, KEYRING), KEYRING).flags == Flag.PREEMPT


def test_the_numbers_are_those_of_the_page() -> None:
    """C-01: designations, and the tables of kinds, flags and reasons, as the second implementation has them."""
    import tests.scapy_layer as page

    assert [int(kind) for kind in Kind] == list(page.KINDS)
    assert [kind.name.lower().replace("_", "-") for kind in Kind] == list(page.KINDS.values())
    assert [int(why) for why in Why] == list(page.REASONS)
    assert [designation << 12 for designation in Designation] == list(page.DESIGNATIONS)
    assert {flag.name: int(flag) for flag in Flag} == {name: 1 << bit for bit, name in enumerate(page.FLAG_NAMES[:6])}
