"""Floods from a third host that has no key: how often the role changed, by what the units put on the wire."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figure import Figure, Options, Row, say
from bench.pairs import AgentPair, Pair, RivalPair
from tests.netns.harness import GROUP, Flood, Packet, keygen
from tests.netns.harness.analysis import role_changes
from tests.netns.harness.attacks import forged, garbage, malformed

SECONDS = 10.0
RATE = 20_000
AFTER_S = 4.0  # longer than either's timeout: what the flood broke shows
KINDS = ("forged", "replayed", "malformed", "garbage")
VRRP = {"address": "224.0.0.18", "protocol": 112}


def record(pair: Pair) -> list[Packet]:
    """What an outsider can record: adverts, a takeover, a return, an orderly end, a start."""
    pair.takeover_overhead_ms()
    kept = pair.tap.packets()
    master = pair.master
    pair.subjects[master].stop()
    time.sleep(pair.timeout_us("b") / 1e6 + 0.5)
    pair.subjects[master].start()
    pair.wait_ready(master)
    time.sleep(1)
    return [*kept, *pair.tap.packets()]


def suffer(pair: Pair, payloads: Sequence[bytes], seconds: float, **target: object) -> tuple[int, float]:
    """(role changes, rate reached)."""
    pair.tap.clear()
    time.sleep(pair.interval + 0.2)
    flooded = Flood(pair.lan, "x", payloads, seconds, RATE).to(**target).run()
    time.sleep(AFTER_S)
    changes = role_changes(pair.tap.said())
    say(f"  {changes} role changes at {flooded.rate:.0f} a second")
    return changes, flooded.rate


def ours(seconds: float) -> dict[str, tuple[int, float]]:
    with tempfile.TemporaryDirectory() as directory:
        key_file = Path(directory) / "lan.key"
        keygen(key_file)
        with AgentPair(1.0, key_file=key_file) as pair:
            recorded = record(pair)
            genuine = [packet.payload for packet in recorded]
            payloads = (forged(recorded, GROUP), genuine, malformed(genuine), garbage())
            return {kind: suffer(pair, given, seconds) for kind, given in zip(KINDS, payloads, strict=True)}


def theirs(seconds: float) -> dict[str, tuple[int, float]]:
    with RivalPair(1.0) as pair:
        genuine = [packet.payload for packet in record(pair)]
        strongest = [vrrp_advert(255, pair.lan.address("x"))]
        payloads = (strongest, genuine, malformed(genuine), garbage())
        return {kind: suffer(pair, given, seconds, **VRRP) for kind, given in zip(KINDS, payloads, strict=True)}


def vrrp_advert(priority: int, source: str) -> bytes:
    """RFC 5798, 5.1, for router 1 and its address, with the checksum over the pseudo header."""
    body = bytearray([0x31, 1, priority, 1, 0, 100, 0, 0, 10, 99, 1, 1])
    pseudo = bytes(map(int, source.split("."))) + bytes([224, 0, 0, 18, 0, 112, 0, len(body)])
    total = sum(int.from_bytes((pseudo + body)[at : at + 2], "big") for at in range(0, len(pseudo + body), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    body[6:8] = (total ^ 0xFFFF).to_bytes(2, "big")
    return bytes(body)


def run(options: Options) -> list[Row]:
    seconds = options.seconds(SECONDS)
    mine = options.measure("ours", "floods", lambda: ours(seconds)) or {}
    rival = options.measure("theirs", "floods", lambda: theirs(seconds)) or {}
    return [
        Row(
            f"flood of {kind} packets, {seconds:g} s: role changes",
            _of(mine.get(kind)),
            "0",
            _of(rival.get(kind)),
            mine[kind][0] == 0 if kind in mine else None,
        )
        for kind in KINDS
    ]


def _of(result: tuple[int, float] | None) -> str:
    return f"{result[0]} ({result[1]:.0f}/s)" if result else "-"


FIGURE = Figure("flood", "forged, replayed, malformed and garbage packets, 20,000 a second: role changes", run)
