"""Authentication: the MAC covers everything, and keys are rotated without an outage."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings

from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import KEY_BYTES, MAX_KEYS, Key, Keyring, make_key
from agent.wire.message import Kind, Message
from tests.scapy_layer import craft, key_id, verify
from tests.wire.strategies import KEYRING, OTHER_SECRET, SECRET, messages

OLD: Final = make_key(SECRET)
NEW: Final = make_key(OTHER_SECRET)
MESSAGE: Final = Message(Kind.ADVERT, 1, 1, 100, 1000, unit_id=5, boot=1, sequence=1, sent_at_us=9, name="unit", software="1.0")


def is_understood(sender: Keyring, receiver: Keyring) -> bool:
    """Say whether a packet of `sender` gets through to `receiver`; the only excuse is an unknown key."""
    try:
        return decode(encode(MESSAGE, sender), receiver) == MESSAGE
    except DecodeError as error:
        if error.reason is not Rejection.UNKNOWN_KEY:
            raise
        return False


def test_every_bit_of_a_packet_is_covered() -> None:
    """Flip any one: never accepted. Nothing in the packet, version and flags included, is outside the MAC."""
    datagram = encode(MESSAGE, KEYRING)
    for bit in range(len(datagram) * 8):
        forged = bytearray(datagram)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError):
            decode(bytes(forged), KEYRING)
        assert not verify(bytes(forged), SECRET)


def test_a_flipped_bit_behind_the_version_fails_the_authentication_and_nothing_later() -> None:
    """Forged bytes are not even looked at: the interval, the priority and the items of a forger are never parsed."""
    datagram = encode(MESSAGE, KEYRING)
    reasons = set()
    for at in [3, *range(6, len(datagram) - 36)]:
        forged = datagram[:at] + bytes([datagram[at] ^ 0x80]) + datagram[at + 1 :]
        with pytest.raises(DecodeError) as caught:
            decode(forged, KEYRING)
        reasons.add(caught.value.reason)
    assert reasons == {Rejection.BAD_MAC}


@given(message=messages())
@settings(max_examples=50)
def test_bytes_added_or_taken_away_are_noticed(message: Message) -> None:
    """At the end, at the start and before the trailer."""
    datagram = encode(message, KEYRING)
    body, trailer = datagram[:-36], datagram[-36:]
    for forged in (datagram + b"\0", datagram[:-1], body + b"\x09\x00" + trailer, body[:-1] + trailer, datagram[1:]):
        with pytest.raises(DecodeError):
            decode(forged, KEYRING)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([OLD], [OLD]),
        ([OLD], [OLD, NEW]),
        ([OLD, NEW], [OLD, NEW]),
        ([OLD, NEW], [NEW, OLD]),
        ([NEW, OLD], [NEW, OLD]),
        ([NEW, OLD], [NEW]),
        ([NEW], [NEW]),
    ],
    ids=str,
)
def test_no_step_of_a_key_rotation_parts_two_units(one: list[Key], other: list[Key]) -> None:
    """Add the new one everywhere, move it to the top everywhere, remove the old one everywhere; units do it one by one."""
    first, second = Keyring(one), Keyring(other)
    assert is_understood(first, second)
    assert is_understood(second, first)


def test_a_removed_key_is_refused() -> None:
    """Even from a unit that still signs with it and accepts the new one."""
    assert not is_understood(Keyring([OLD, NEW]), Keyring([NEW]))
    assert not is_understood(Keyring([OLD]), Keyring([NEW]))


def test_the_first_key_signs() -> None:
    """The key id in the trailer says so."""
    assert encode(MESSAGE, Keyring([NEW, OLD]))[-36:-32] == NEW.key_id == key_id(OTHER_SECRET)


def test_the_id_of_one_key_does_not_vouch_for_the_mac_of_another() -> None:
    """Both keys are accepted here, and still the pair is not."""
    datagram = craft(key=SECRET)
    with pytest.raises(DecodeError) as caught:
        decode(datagram[:-36] + NEW.key_id + datagram[-32:], Keyring([OLD, NEW]))
    assert caught.value.reason is Rejection.BAD_MAC


def test_a_trailer_that_reaches_into_the_header_is_no_trailer() -> None:
    """A signed packet needs 112 + 36 bytes; with fewer the key id would be read out of the header."""
    for size in range(112, 148):
        with pytest.raises(DecodeError) as caught:
            decode(craft(flags=1)[:112].ljust(size, b"\0"), KEYRING)
        assert caught.value.reason is Rejection.UNSIGNED


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    """32 random bytes, as the page says."""
    with pytest.raises(ValueError, match="32 bytes"):
        make_key(bytes(size))


def test_a_keyring_has_a_limit() -> None:
    """Everything has one; so that a wrong packet costs one look-up."""
    keys = [make_key(bytes([number]) * KEY_BYTES) for number in range(MAX_KEYS + 1)]
    assert Keyring(keys[:MAX_KEYS])
    with pytest.raises(ValueError, match="at most 8"):
        Keyring(keys)


def test_a_key_never_shows_its_secret() -> None:
    """Neither in a log line nor in a traceback."""
    shown = f"{OLD!r} {OLD} {[OLD]}"
    assert SECRET.hex() not in shown
    assert repr(SECRET) not in shown
