"""The packet of docs/protocol.md a second time, as a scapy layer: the judge of what the agent sends and accepts.

Written from docs/protocol.md alone, before anything in agent/wire was read, and it imports nothing of the agent: where the
two implementations agree, the page is right. Tests and capture scripts use it; the agent never does (scapy is GPL-2.0).

`craft` builds a datagram, lies included; `dissect` shows one as a dict; `verify` checks its MAC; `check` returns
every violation of the page, as sentences. `IP(ttl=255) / UDP(sport=PORT) / build(...)` makes a whole frame.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from scapy.fields import (
    BitField,
    ByteEnumField,
    ByteField,
    ConditionalField,
    FieldLenField,
    FlagsField,
    IntField,
    LongField,
    PacketListField,
    ShortEnumField,
    ShortField,
    StrFixedLenField,
    StrLenField,
    XIntField,
    XLongField,
    XShortField,
    XStrFixedLenField,
)
from scapy.layers.inet import UDP
from scapy.packet import Packet, bind_layers

PORT: Final = 7420
MAGIC: Final = 0x5553
HEADER_BYTES: Final = 112
KEY_ID_BYTES: Final = 4
MAC_BYTES: Final = 32
TRAILER_BYTES: Final = KEY_ID_BYTES + MAC_BYTES
MAX_BYTES: Final = 512
LAN_TTL: Final = 255
NOT_ACTING: Final = 0xFFFF
EVERYBODY: Final = 0

KINDS: Final = {1: "advert", 2: "give-up", 3: "claim", 4: "handover", 5: "question", 6: "beacon", 7: "request", 8: "refusal"}
KIND_NUMBERS: Final = {name: number for number, name in KINDS.items()}

AUTHENTICATED: Final = 0x0001
PREEMPT: Final = 0x0002
INCUMBENT: Final = 0x0004
PREEMPTING: Final = 0x0008
LEAVING: Final = 0x0010
ATTENDED: Final = 0x0020
DESIGNATION_MASK: Final = 0x3000
DESIGNATIONS: Final = {0x0000: "main", 0x1000: "reserve", 0x2000: "nmBackup"}
KNOWN_FLAGS: Final = AUTHENTICATED | PREEMPT | INCUMBENT | PREEMPTING | LEAVING | ATTENDED | DESIGNATION_MASK
FLAG_NAMES: Final = (
    ["AUTHENTICATED", "PREEMPT", "INCUMBENT", "PREEMPTING", "LEAVING", "ATTENDED"]
    + [f"bit{bit}" for bit in range(6, 12)]
    + ["RESERVE", "NM_BACKUP", "bit14", "bit15"]
)

REASONS: Final = {
    0: "none",
    1: "command of an operator",
    2: "the agent is stopping",
    3: "device fault",
    4: "preempted by a higher priority",
    5: "yielded to a rival master",
    6: "the requester is not able to serve",
    7: "this unit is not master",
    8: "the master's priority is 255",
    9: "preemption would undo it at once",
    10: "busy with another operation",
    11: "the group's own unit is back, and its return policy asks for it",
    12: "locked: no person's order to hand over is obeyed",
    13: "in maintenance: no preemption and no return policy is",
}

ITEM_NAME: Final = 1
ITEM_VERSION: Final = 2
ITEMS: Final = {ITEM_NAME: "unit name", ITEM_VERSION: "software version"}
ITEM_RANGES: Final = {ITEM_NAME: (1, 64), ITEM_VERSION: (0, 32)}  # bytes of UTF-8


class Item(Packet):  # type: ignore[misc]
    """Type, length, value."""

    name = "Understudy item"
    fields_desc = (
        ByteEnumField("type", ITEM_NAME, ITEMS),
        FieldLenField("length", None, length_of="value", fmt="B"),
        StrLenField("value", b"", length_from=lambda item: item.length),
    )

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """What follows an item is the next item."""
        return b"", s


def _is_signed(packet: Packet) -> bool:
    return bool(int(packet.flags) & AUTHENTICATED)


def _item_bytes(packet: Packet) -> Callable[[bytes], int]:
    trailer = TRAILER_BYTES if _is_signed(packet) else 0
    return lambda rest: max(0, len(rest) - trailer)


class Items(PacketListField):  # type: ignore[misc]
    """Items until the trailer: how many bytes those are, the packet does not say, only its end."""

    def getfield(self, pkt: Packet, s: bytes) -> tuple[bytes, list[Packet]]:
        """Dissect everything before the trailer."""
        size = _item_bytes(pkt)(s)
        left, items = super().getfield(pkt, s[:size])
        return left + s[size:], items


class Understudy(Packet):  # type: ignore[misc]
    """One packet of the redundancy LAN, version 1.0."""

    name = "Understudy"
    fields_desc = (
        XShortField("magic", MAGIC),
        BitField("major", 1, 4),
        BitField("minor", 0, 4),
        ByteEnumField("kind", 1, KINDS),
        FlagsField("flags", 0, 16, FLAG_NAMES),
        ShortField("header_length", None),
        ByteField("device_type", 1),
        ByteField("group", 1),
        ByteField("priority", 100),
        ByteField("readiness", 255),
        ShortField("interval_ms", 1000),
        XShortField("acting_for", NOT_ACTING),
        XLongField("unit_id", 0x1111111111111111),
        IntField("boot", 1),
        IntField("master_for_ms", 0),
        LongField("sequence", 1),
        LongField("sent_at_us", 0),
        XLongField("target", EVERYBODY),
        XLongField("nonce", 0),
        IntField("operation", 0),
        ShortEnumField("reason", 0, REASONS),
        ShortField("capacity", 0),
        LongField("revision", 0),
        XStrFixedLenField("digest", bytes(32), length=32),
        StrLenField("header_extra", b"", length_from=lambda packet: max(0, packet.header_length - HEADER_BYTES)),
        Items("items", [], Item),
        ConditionalField(XIntField("key_id", 0), _is_signed),
        ConditionalField(StrFixedLenField("mac", bytes(MAC_BYTES), length=MAC_BYTES), _is_signed),
    )

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill in the header length unless the caller has set (or falsified) it."""
        if self.header_length is None:
            pkt = pkt[:6] + (HEADER_BYTES + len(self.header_extra)).to_bytes(2, "big") + pkt[8:]
        return bytes(pkt + pay)

    def sign(self, key: bytes) -> Understudy:
        """Set AUTHENTICATED, the key id and the MAC for this key; the last thing to do before sending."""
        self.setfieldval("flags", int(self.getfieldval("flags")) | AUTHENTICATED)
        self.setfieldval("key_id", int.from_bytes(key_id(key), "big"))
        self.setfieldval("mac", mac_of(bytes(self)[:-MAC_BYTES], key))
        return self


bind_layers(UDP, Understudy, dport=PORT)


# Authentication ------------------------------------------------------------------------------------------------------


def key_id(key: bytes) -> bytes:
    """Return the first four bytes of SHA-256(key)."""
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]


def mac_of(body: bytes, key: bytes) -> bytes:
    """Return the HMAC-SHA-256 over everything up to and including the key id."""
    return hmac.new(key, body, hashlib.sha256).digest()


def seal(body: bytes, key: bytes) -> bytes:
    """Append key id and MAC to a datagram that lacks its trailer; the AUTHENTICATED flag is the caller's business."""
    covered = body + key_id(key)
    return covered + mac_of(covered, key)


def reseal(datagram: bytes, key: bytes) -> bytes:
    """Replace the trailer of a (changed) datagram by a right one: what lies behind the MAC check is reached."""
    return seal(datagram[:-TRAILER_BYTES], key)


def verify(datagram: bytes, key: bytes) -> bool:
    """Say whether the datagram carries a trailer of this key with the right MAC."""
    if len(datagram) < HEADER_BYTES + TRAILER_BYTES or not _flags(datagram) & AUTHENTICATED:
        return False
    return hmac.compare_digest(datagram, reseal(datagram, key))


def _flags(datagram: bytes) -> int:
    return int.from_bytes(datagram[4:6], "big")


# Building ------------------------------------------------------------------------------------------------------------

# What the page demands of each kind and that is not a default of the layer.
KIND_DEFAULTS: Final[dict[int, dict[str, int]]] = {
    2: {"priority": 0},
    4: {"priority": 0, "target": 0x2222222222222222},
    5: {"nonce": 0x3333333333333333},
    7: {"target": 0x2222222222222222},
    8: {"target": 0x2222222222222222, "reason": 7},
}


def build(
    kind: str | int = "advert",
    key: bytes | None = None,
    unit_name: str = "unit",
    version: str | None = None,
    items: Iterable[tuple[int, bytes]] | None = None,
    **fields: Any,
) -> Understudy:
    """Make a packet that obeys the page unless `fields` (names of the layer) say otherwise; `items` replaces name and version."""
    number = KIND_NUMBERS[kind] if isinstance(kind, str) else kind
    chosen = list(items) if items is not None else _known_items(unit_name, version)
    values: dict[str, Any] = {**KIND_DEFAULTS.get(number, {}), **fields}
    packet = Understudy(kind=number, items=[Item(type=code, value=value) for code, value in chosen], **values)
    return packet.sign(key) if key is not None else packet


def _known_items(unit_name: str, version: str | None) -> list[tuple[int, bytes]]:
    items = [(ITEM_NAME, unit_name.encode())]
    return items if version is None else [*items, (ITEM_VERSION, version.encode())]


def craft(kind: str | int = "advert", key: bytes | None = None, **fields: Any) -> bytes:
    """Return the datagram of `build`, signed when a key is given."""
    return bytes(build(kind, key, **fields))


# Reading -------------------------------------------------------------------------------------------------------------


def dissect(datagram: bytes) -> dict[str, Any]:
    """Return all fields; `items` as (type, declared length, value) triples, `garbage` what could not be read as an item.

    Raises ValueError when there is no complete header and trailer: then there are no fields to speak of.
    """
    _demand_whole_frame(datagram)
    packet = Understudy(datagram)
    fields = {field.name: packet.getfieldval(field.name) for field in packet.fields_desc}
    fields["flags"] = int(packet.flags)
    fields["items"] = [(item.type, item.length, item.value) for item in packet.items if isinstance(item, Item)]
    fields["garbage"] = b"".join(bytes(item) for item in packet.items if not isinstance(item, Item))
    return fields


def _demand_whole_frame(datagram: bytes) -> None:
    if len(datagram) < HEADER_BYTES:
        raise ValueError(f"{len(datagram)} bytes: under {HEADER_BYTES}")
    trailer = TRAILER_BYTES if _flags(datagram) & AUTHENTICATED else 0
    header_length = int.from_bytes(datagram[6:8], "big")
    if header_length < HEADER_BYTES:
        raise ValueError(f"header length {header_length}: under {HEADER_BYTES}")
    if header_length + trailer > len(datagram):
        raise ValueError(f"header of {header_length} and trailer of {trailer} bytes do not fit into {len(datagram)}")


@dataclass(frozen=True)
class _Rule:
    """One sentence of the page: `is_kept(fields)`."""

    sentence: str
    is_kept: Callable[[dict[str, Any]], bool]


def _kind(fields: dict[str, Any]) -> str:
    return KINDS.get(fields["kind"], "unknown")


ANSWERS: Final = ("advert", "claim", "beacon")


def _is_target_right(fields: dict[str, Any]) -> bool:
    kind = _kind(fields)
    is_addressed: bool = fields["target"] != EVERYBODY
    has_nonce: bool = fields["nonce"] != 0
    if kind == "give-up":
        return not is_addressed
    if kind in ("handover", "request", "refusal"):
        return is_addressed
    return kind not in ANSWERS or is_addressed == has_nonce


def _is_nonce_right(fields: dict[str, Any]) -> bool:
    kind = _kind(fields)
    has_nonce: bool = fields["nonce"] != 0
    return has_nonce if kind == "question" else not has_nonce or kind in ANSWERS


def _is_never_master(fields: dict[str, Any]) -> bool:
    """A beacon with reason 5 tells how long the sender was master until it yielded; that of a busy seat, since when it is."""
    has_yielded = _kind(fields) == "beacon" and fields["reason"] == 5
    return _kind(fields) in ("claim", "beacon", "request") and not has_yielded and not _is_busy(fields)


def _is_busy(fields: dict[str, Any]) -> bool:
    """Another group keeps this seat from serving."""
    is_elsewhere = fields["acting_for"] not in (NOT_ACTING, fields["group"])
    return bool(_kind(fields) == "beacon" and fields["readiness"] == 0 and is_elsewhere)


def _may_act(fields: dict[str, Any]) -> bool:
    designation = DESIGNATIONS.get(fields["flags"] & DESIGNATION_MASK)
    return designation == "nmBackup" or (designation == "reserve" and fields["acting_for"] != fields["group"])


# Rules that every version 1 packet keeps.
FIELD_RULES: Final = (
    _Rule("kind is 1..8", lambda f: f["kind"] in KINDS),
    _Rule(
        "priority is 0 in give-up and handover, and only there",
        lambda f: (f["priority"] == 0) == (_kind(f) in ("give-up", "handover")),
    ),
    _Rule("interval is 10..40950 ms", lambda f: 10 <= f["interval_ms"] <= 40950),
    _Rule("acting for is 0..255 or 0xFFFF", lambda f: f["acting_for"] <= 255 or f["acting_for"] == NOT_ACTING),
    _Rule("only a reserve acts for a group", lambda f: f["acting_for"] == NOT_ACTING or _may_act(f)),
    _Rule("designation is main, reserve or nmBackup", lambda f: f["flags"] & DESIGNATION_MASK in DESIGNATIONS),
    _Rule("unit id is never 0", lambda f: f["unit_id"] != 0),
    _Rule("boot is never 0", lambda f: f["boot"] != 0),
    _Rule("sequence starts at 1", lambda f: f["sequence"] >= 1),
    _Rule("master for is 0 when the sender is not master", lambda f: f["master_for_ms"] == 0 or not _is_never_master(f)),
    _Rule("target is as the kind demands", _is_target_right),
    _Rule("nonce only in a question and its answer, never 0 in a question", _is_nonce_right),
    _Rule("PREEMPTING only in a request", lambda f: not f["flags"] & PREEMPTING or _kind(f) == "request"),
    _Rule("a refusal says why", lambda f: _kind(f) != "refusal" or f["reason"] != 0),
)

# Rules for a sender of version 1.0; a newer minor may have more of everything.
VERSION_1_0_RULES: Final = (
    _Rule("header length is 112 in version 1.0", lambda f: f["header_length"] == HEADER_BYTES),
    _Rule("unknown flags are not set", lambda f: not f["flags"] & ~KNOWN_FLAGS),
    _Rule("reason is 0..13", lambda f: f["reason"] in REASONS),
    _Rule("items are name and version", lambda f: all(code in ITEMS for code, _, _ in f["items"])),
)


def check(datagram: bytes, key: bytes | None = None, ttl: int | None = None) -> list[str]:
    """Return every violation of docs/protocol.md in a datagram from a LAN with this key (None: without one); [] is right.

    `ttl` is the TTL or hop limit on arrival (None: not known).
    """
    problems = _check_frame(datagram, ttl)
    if len(datagram) >= HEADER_BYTES:
        problems += _check_authentication(datagram, key)
    try:
        fields = dissect(datagram)
    except ValueError as error:
        return [*problems, str(error)]
    rules = FIELD_RULES + (VERSION_1_0_RULES if fields["minor"] == 0 else ())
    problems += [f"broken: {rule.sentence}" for rule in rules if not rule.is_kept(fields)]
    return problems + _check_items(fields)


def _check_frame(datagram: bytes, ttl: int | None) -> list[str]:
    facts = (
        (ttl is None or ttl == LAN_TTL, f"TTL {ttl}, not {LAN_TTL}"),
        (datagram[:2] == MAGIC.to_bytes(2, "big"), f"magic {datagram[:2].hex()}"),
        (len(datagram) <= MAX_BYTES, f"{len(datagram)} bytes: over {MAX_BYTES}"),
        (datagram[2:3] != b"" and datagram[2] >> 4 == 1, "major version is not 1"),
    )
    return [problem for is_right, problem in facts if not is_right]


def _check_authentication(datagram: bytes, key: bytes | None) -> list[str]:
    is_signed = bool(_flags(datagram) & AUTHENTICATED)
    if key is None:
        return ["signed on a LAN without a key"] if is_signed else []
    if not is_signed:
        return ["unsigned on a LAN with a key"]
    if datagram[-TRAILER_BYTES:-MAC_BYTES] != key_id(key):
        return ["key id of another key"]
    return [] if verify(datagram, key) else ["wrong MAC"]


def _check_items(fields: dict[str, Any]) -> list[str]:
    items: list[tuple[int, int, bytes]] = fields["items"]
    known = [code for code, _, _ in items if code in ITEMS]
    problems = ["an item runs past the end"] if fields["garbage"] or any(size != len(value) for _, size, value in items) else []
    problems += [f"{ITEMS[code]} comes twice" for code in sorted(set(known)) if known.count(code) > 1]
    problems += [] if ITEM_NAME in known else ["no unit name"]
    return problems + [problem for code, _, value in items if code in ITEMS for problem in _check_text(code, value)]


def _check_text(code: int, value: bytes) -> list[str]:
    low, high = ITEM_RANGES[code]
    problems = [] if low <= len(value) <= high else [f"{ITEMS[code]} of {len(value)} bytes, not {low}..{high}"]
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return [*problems, f"{ITEMS[code]} is not UTF-8"]
    has_control = code == ITEM_NAME and any(unicodedata.category(character) == "Cc" for character in text)
    return [*problems, "unit name has control characters"] if has_control else problems
