"""What an outsider without a key can put on the LAN. For bench and tests."""

import os
import random
from collections.abc import Iterable, Sequence

from tests.netns.harness.packets import Packet
from tests.scapy_layer import craft

STRANGER = 0xFFFF_FFFF_FFFF_FFFF
KINDS = ("advert", "give-up", "claim", "handover", "request", "refusal", "beacon", "question")


def garbage(count: int = 400) -> list[bytes]:
    """Nothing at all, and things that begin like a packet."""
    plain = [os.urandom(random.randint(1, 512)) for _ in range(count // 2)]
    return plain + [b"US\x10" + os.urandom(random.randint(0, 400)) for _ in range(count - count // 2)]


def malformed(genuine: Sequence[bytes], count: int = 400) -> list[bytes]:
    """Genuine packets, cut, lengthened, and with flipped bits."""
    found = []
    for _ in range(count):
        packet = bytearray(random.choice(genuine))
        for _ in range(random.randint(1, 4)):
            packet[random.randrange(len(packet))] ^= 1 << random.randrange(8)
        cut = random.choice((len(packet), random.randrange(1, len(packet))))
        found.append(bytes(packet[:cut]) + os.urandom(random.choice((0, 0, 7))))
    return found


def unit_ids(recorded: Iterable[Packet]) -> list[int]:
    return sorted({int.from_bytes(packet.payload[16:24], "big") for packet in recorded})


def forged(recorded: Iterable[Packet], group: int) -> list[bytes]:
    """Whatever would take the role or end it, in everybody's name: unsigned, and signed with a key of the forger's own."""
    units, own_key = [*unit_ids(recorded), STRANGER], os.urandom(32)
    return [
        _forge(kind, unit, target, group, key) for kind in KINDS for unit in units for target in units for key in (None, own_key)
    ]


def _forge(kind: str, unit: int, target: int, group: int, key: bytes | None) -> bytes:
    fields = {"unit_id": unit, "group": group, "boot": 0xFFFF_FFFF, "sequence": 1 << 60, "interval_ms": 40950}
    if kind in ("handover", "request", "refusal"):
        fields["target"] = target
    if kind not in ("give-up", "handover"):
        fields["priority"] = 255
    return craft(kind, key, **fields)
