"""Freezes: every process of a unit is stopped for 5 s and goes on. The old output must never mix with the new one."""

import random
import time
from collections.abc import Iterator

from bench.figure import Figure, Options, Row, median, say
from bench.pairs import AgentPair, Pair, RivalPair, in_lanes
from tests.netns.harness.analysis import MASTERLY, overlap

FREEZES = 50
FROZEN_S = 5.0
AFTER_S = 1.5
STREAM_RATE = 250
LANES = 8
INTERVAL = 1.0  # T is 1.2 s here and 3.6 s there, so both see a takeover within the 5 s


def freeze_master(pair: Pair) -> tuple[str, str, int]:
    """(old, new, began at): freeze, wait, thaw, wait. RuntimeError: the backup did not take over, so nothing was tried."""
    old, new = pair.master, pair.backup
    time.sleep(random.uniform(0, INTERVAL))
    began = time.time_ns()
    pair.subjects[old].freeze()
    time.sleep(FROZEN_S)
    if not any(said.host == new and said.kind in MASTERLY for said in pair.tap.said(began)):
        raise RuntimeError(f"{new} did not take over while {old} was frozen")
    pair.subjects[old].thaw()
    time.sleep(AFTER_S)
    return old, new, began


def overlaps(count: int) -> Iterator[int]:
    """Datagrams of the old output after the first of the new, one number a freeze."""
    with AgentPair(INTERVAL, STREAM_RATE) as pair:
        time.sleep(1)
        for _ in range(count):
            old, new, began = freeze_master(pair)
            sent = pair.output.packets(began - 500_000_000)
            if not any(packet.host == new for packet in sent) or pair.output.dropped():
                raise RuntimeError(f"no stream from {new}, or {pair.output.dropped()} frames lost by the tap")
            mixed = overlap(sent, old, new)
            say(f"  {pair.lan.stem}: {old} frozen: {mixed} overlapping datagrams")
            yield mixed
            pair.output.clear()
            pair.tap.clear()
            pair.wait_ready(old)
            time.sleep(INTERVAL)


def both_held(count: int) -> Iterator[float]:
    """ms for which both held the address."""
    with RivalPair(INTERVAL, watch=True) as pair:
        for _ in range(count):
            _, _, began = freeze_master(pair)
            time.sleep(1.5)
            held = pair.addresses.both_held_ms(time.time_ns(), began)
            pair.addresses.forget_before(began)
            yield held


def false_claims(pair: Pair, count: int) -> Iterator[int]:
    """Freeze the backup: what it claimed or advertised though its master never went away."""
    with pair:
        for _ in range(count):
            frozen = pair.backup
            pair.wait_at_random()
            began = time.time_ns()
            pair.subjects[frozen].freeze()
            time.sleep(FROZEN_S)
            pair.subjects[frozen].thaw()
            time.sleep(AFTER_S)
            yield sum(said.host == frozen and said.kind in MASTERLY for said in pair.tap.said(began))
            pair.tap.clear()
            time.sleep(INTERVAL + 0.1)


def run(options: Options) -> list[Row]:
    count = options.runs(FREEZES)
    mixed = options.measure("ours", "freezes of the master", lambda: in_lanes(LANES, count, overlaps))
    held = options.measure("theirs", "freezes of the master", lambda: in_lanes(LANES, count, both_held))
    ours = options.measure(
        "ours", "freezes of the backup", lambda: in_lanes(LANES, count, lambda n: false_claims(AgentPair(INTERVAL), n))
    )
    theirs = options.measure(
        "theirs", "freezes of the backup", lambda: in_lanes(LANES, count, lambda n: false_claims(RivalPair(INTERVAL), n))
    )
    return [
        Row(
            "master frozen 5 s: overlapping datagrams",
            f"{sum(mixed)} in {len(mixed)} freezes" if mixed else "-",
            "0",
            f"both hold the address for {median(held):.0f} ms (max {max(held):.0f}, n={len(held)})" if held else "-",
            sum(mixed) == 0 if mixed else None,
        ),
        Row("backup frozen 5 s: false claims", _of(ours), "0", _of(theirs), sum(ours) == 0 if ours else None),
    ]


def _of(claims: list[int] | None) -> str:
    return f"{sum(map(bool, claims))} of {len(claims)}" if claims else "-"


FIGURE = Figure("freezes", "50 freezes of the master for 5 s (overlap), 50 of the backup (false claims)", run)
