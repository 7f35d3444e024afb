"""encode(message) ⇄ decode(datagram). Decode, or DecodeError: no other exception, whatever the bytes.

The layout, from docs/protocol.md:

     0  magic 0x5553 | major, minor | kind        40  sent at, us (64)
     4  flags (16)   | header length (16)         48  target unit id (64)
     8  device type  | group | priority | ready   56  nonce (64)
    12  interval, ms | acting for                 64  operation | 68 reason, capacity
    16  unit id (64)                              72  configuration revision (64)
    24  boot         | 28 master for, ms          80  configuration digest (32 bytes)
    32  sequence (64)                            112  items, then [key id, HMAC-SHA-256]
"""

import re
import struct
from functools import lru_cache

from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import Keyring
from agent.wire.message import (
    HEADER_BYTES,
    INTERVAL_MS,
    MAGIC,
    MAJOR,
    MAX_DATAGRAM_BYTES,
    MAX_NAME_BYTES,
    MAX_SOFTWARE_BYTES,
    MINOR,
    NO_DIGEST,
    NOT_ACTING,
    TRAILER_BYTES,
    Designation,
    Flag,
    Kind,
    Message,
    Why,
)

_HEADER = struct.Struct(">HBB HH BBBB HH Q II Q Q Q Q I HH Q 32s")
assert _HEADER.size == HEADER_BYTES

_VERSION = MAJOR << 4 | MINOR
_AUTHENTICATED = int(Flag.AUTHENTICATED)
_DESIGNATION_SHIFT = 12
_KNOWN_FLAGS = 0x003E
_REMEMBERED_TEXTS = 256
"""A unit repeats its name in every packet: reading it anew took half the time of decoding. Bounded, whatever a flood brings."""
_ITEM_NAME = 1
_ITEM_SOFTWARE = 2
_KINDS = {int(kind): kind for kind in Kind}
_WHYS = {int(why): why for why in Why}
_DESIGNATIONS = {int(designation): designation for designation in Designation}
_FLAGS = {bits: Flag(bits) for bits in range(_KNOWN_FLAGS + 1) if bits & ~_KNOWN_FLAGS == 0}
# Not str.isprintable: what that calls printable depends on the Unicode tables of this Python, and the next unit has another.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_RESIGNING = (Kind.GIVE_UP, Kind.HANDOVER)
_ADDRESSED = (Kind.HANDOVER, Kind.REQUEST, Kind.REFUSAL)


def encode(message: Message, keyring: Keyring) -> bytes:
    """One datagram, signed when the keyring holds a key. ValueError: the message breaks its own ranges (our fault)."""
    fault = _fault(message)
    if fault:
        raise ValueError(f"{fault}: {message}")
    flags = int(message.flags) & _KNOWN_FLAGS | int(message.designation) << _DESIGNATION_SHIFT
    try:
        body = _pack(message, flags | (_AUTHENTICATED if keyring else 0)) + _items(message.name, message.software)
    except struct.error as error:
        raise ValueError(f"{error}: {message}") from None
    return body + keyring.sign(body) if keyring else body


def _pack(m: Message, flags: int) -> bytes:
    return _HEADER.pack(
        MAGIC, _VERSION, m.kind, flags, HEADER_BYTES,
        m.device_type, m.group, m.priority, m.readiness, m.interval_ms, m.acting_for,
        m.unit_id, m.boot, m.master_for_ms, m.sequence, m.sent_at_us, m.target, m.nonce,
        m.operation, m.why, m.capacity, m.config_revision, m.config_digest,
    )  # fmt: skip


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _items(name: str, software: str) -> bytes:
    texts = name.encode(), software.encode()
    return bytes((_ITEM_NAME, len(texts[0]))) + texts[0] + bytes((_ITEM_SOFTWARE, len(texts[1]))) + texts[1]


def decode(datagram: bytes, keyring: Keyring) -> Message:
    """The message in a datagram, or DecodeError with the counter's name."""
    _check_frame(datagram)
    flags = datagram[4] << 8 | datagram[5]
    _check_authentic(datagram, bool(flags & _AUTHENTICATED), keyring)
    end = len(datagram) - (TRAILER_BYTES if flags & _AUTHENTICATED else 0)
    message = _unpack(datagram, flags, end)
    fault = _fault(message)
    if fault:
        raise DecodeError(Rejection.MALFORMED, fault)
    return message


def group_of(datagram: bytes) -> int | None:
    """The group that a packet is for, before its MAC is looked at; None: an advert (of interest to all), or no packet of ours.

    On a LAN with a large pool most packets are beacons of groups in which a unit has no seat: to count them is much cheaper.
    """
    if len(datagram) < HEADER_BYTES or datagram[:2] != b"US" or datagram[2] >> 4 != MAJOR or datagram[3] == Kind.ADVERT:
        return None
    return datagram[9]


def _check_frame(datagram: bytes) -> None:
    if len(datagram) < HEADER_BYTES or datagram[:2] != b"US":
        raise DecodeError(Rejection.NOT_UNDERSTUDY)
    if len(datagram) > MAX_DATAGRAM_BYTES:
        raise DecodeError(Rejection.OVERSIZE, f"{len(datagram)} bytes")
    if datagram[2] >> 4 != MAJOR:
        raise DecodeError(Rejection.MAJOR_VERSION, f"version {datagram[2] >> 4}.{datagram[2] & 15}")


def _check_authentic(datagram: bytes, is_signed: bool, keyring: Keyring) -> None:
    if not keyring:
        if is_signed:
            raise DecodeError(Rejection.UNEXPECTED_MAC, "signed, but this unit has no key")
        return
    if not is_signed or len(datagram) < HEADER_BYTES + TRAILER_BYTES:
        raise DecodeError(Rejection.UNSIGNED)
    genuine = keyring.verify(datagram)
    if not genuine:
        raise DecodeError(Rejection.UNKNOWN_KEY if genuine is None else Rejection.BAD_MAC)


def _unpack(datagram: bytes, flags: int, end: int) -> Message:
    (
        _, _, kind_code, _, header_bytes, device_type, group, priority, readiness, interval_ms, acting_for, unit_id,
        boot, master_for_ms, sequence, sent_at_us, target, nonce, operation, why_code, capacity, revision, digest,
    ) = _HEADER.unpack_from(datagram)  # fmt: skip
    kind = _KINDS.get(kind_code)
    if kind is None:
        raise DecodeError(Rejection.UNKNOWN_KIND, f"kind {kind_code}")
    designation = _DESIGNATIONS.get(flags >> _DESIGNATION_SHIFT & 3)
    if designation is None or not HEADER_BYTES <= header_bytes <= end:
        raise DecodeError(Rejection.MALFORMED, "designation or header length")
    name, software = _read_items(datagram[header_bytes:end])
    # A reason that a newer minor version added says nothing here; the packet still does.
    why = _WHYS.get(why_code, Why.NONE)
    return Message(
        kind, device_type, group, priority, interval_ms, unit_id, boot, sequence, sent_at_us, name,
        _FLAGS[flags & _KNOWN_FLAGS], designation, readiness, acting_for, master_for_ms, target, nonce, operation, why,
        capacity, revision, digest, software,
    )  # fmt: skip


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _read_items(data: bytes) -> tuple[str, str]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            raise DecodeError(Rejection.MALFORMED, "an item runs past the end")
        kind, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
        if kind in found and kind in (_ITEM_NAME, _ITEM_SOFTWARE):
            raise DecodeError(Rejection.MALFORMED, f"item {kind} twice")
        found[kind] = value
        at += 2 + len(value)
    try:
        return found[_ITEM_NAME].decode(), found.get(_ITEM_SOFTWARE, b"").decode()
    except (KeyError, UnicodeDecodeError):
        raise DecodeError(Rejection.MALFORMED, "unit name or software version") from None


def _fault(m: Message) -> str:
    """What breaks the ranges of docs/protocol.md, or nothing. Field widths are left to struct."""
    return _kind_fault(m) or _number_fault(m) or _text_fault(m.name, m.software)


def _kind_fault(m: Message) -> str:
    if (m.priority == 0) != (m.kind in _RESIGNING):
        return "priority 0 belongs to give-up and handover alone (C-04)"
    if m.target == 0 and m.kind in _ADDRESSED:
        return "nobody addressed"
    if m.nonce == 0 and m.kind == Kind.QUESTION:
        return "a question without a nonce"
    return ""


def _number_fault(m: Message) -> str:
    if m.interval_ms not in INTERVAL_MS:
        return "advertisement interval"
    if not (m.unit_id and m.boot and m.sequence):
        return "unit id, boot or sequence is 0"
    if m.acting_for > 255 and m.acting_for != NOT_ACTING:
        return "acting for"
    if len(m.config_digest) != len(NO_DIGEST):
        return "configuration digest"
    return ""


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _text_fault(name: str, software: str) -> str:
    if not 1 <= len(name.encode()) <= MAX_NAME_BYTES or _CONTROL.search(name):
        return "unit name"
    if len(software.encode()) > MAX_SOFTWARE_BYTES or _CONTROL.search(software):
        return "software version"
    return ""
