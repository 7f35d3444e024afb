"""Newer minor versions are read as 1.0; another major is counted, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError, Rejection
from agent.wire.message import Designation, Flag, Message, Why
from tests.scapy_layer import check, craft, dissect
from tests.wire.strategies import KEYRING, NO_KEYS, SECRET, as_scapy, messages

unknown_items = st.lists(st.tuples(st.integers(3, 255) | st.just(0), st.binary(max_size=20)), max_size=3)


@given(message=messages(), minor=st.integers(1, 15), added=st.binary(max_size=100), unknown=unknown_items)
def test_a_newer_minor_version_means_the_same(
    message: Message, minor: int, added: bytes, unknown: list[tuple[int, bytes]]
) -> None:
    """Longer header, unknown items before, between and after the known ones, all of it under the MAC."""
    fields = as_scapy(message)
    known = [(1, fields.pop("unit_name").encode()), (2, fields.pop("version").encode())]
    items = unknown[:1] + known[:1] + unknown[1:2] + known[1:] + unknown[2:]
    datagram = craft(key=SECRET, minor=minor, header_extra=added, items=items, **fields)
    assert decode(datagram, KEYRING) == message


@pytest.mark.parametrize("bit", [6, 7, 8, 9, 10, 11, 14, 15])
def test_unknown_flags_are_ignored(bit: int) -> None:
    """And do not leak into what is known."""
    message = decode(craft(minor=1, flags=1 << bit | 0x0002 | 0x1000), NO_KEYS)
    assert (message.flags, message.designation) == (Flag.PREEMPT, Designation.RESERVE)


@pytest.mark.parametrize("reason", [14, 15, 255, 256, 0xFFFF])
def test_an_unknown_reason_does_not_hide_the_packet(reason: int) -> None:
    """A give-up for a reason that we do not know is still a give-up."""
    assert decode(craft("give-up", minor=1, reason=reason), NO_KEYS).why is Why.NONE


def test_unknown_items_may_come_twice() -> None:
    """Only a known type twice is malformed."""
    assert decode(craft(items=[(9, b"a"), (1, b"unit"), (9, b"b")]), NO_KEYS).name == "unit"


@pytest.mark.parametrize("major", [0, *range(2, 16)])
@pytest.mark.parametrize("minor", [0, 1, 15])
def test_another_major_version_is_counted_and_nothing_else(major: int, minor: int) -> None:
    """Whatever the rest says, and signed or not: the rest may mean anything."""
    for datagram in (
        craft(major=major, minor=minor),
        craft(key=SECRET, major=major, minor=minor),
        craft(kind=77, major=major, minor=minor),
    ):
        with pytest.raises(DecodeError) as caught:
            decode(datagram, KEYRING)
        assert caught.value.reason is Rejection.MAJOR_VERSION


@given(message=messages())
def test_the_agent_sends_version_1_0(message: Message) -> None:
    """Not less, not more, and with the header of that version."""
    seen = dissect(encode(message, KEYRING))
    assert (seen["major"], seen["minor"], seen["header_length"]) == (1, 0, 112)


def test_the_second_implementation_holds_version_1_0_to_its_own_rules() -> None:
    """What a newer minor may send, a sender of 1.0 may not."""
    newer: dict[str, Any] = {"header_extra": b"more", "flags": 0x0100, "reason": 99, "items": [(1, b"unit"), (9, b"")]}
    assert check(craft(minor=1, **newer)) == []
    assert len(check(craft(minor=0, **newer))) == 4
