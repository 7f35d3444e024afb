"""N:M takeover with the snapshot in place: the claim past T, and from the claim to the stream, for a document of 100 kB."""

import json
import random
import time
from typing import Any, NamedTuple

from bench.figure import Figure, Options, Row, median, p95, say, spread
from tests.netns.harness.analysis import last_before
from tests.netns.harness.documents import Document, document, input_address, to_group
from tests.netns.harness.packets import Kind, Said
from tests.netns.harness.pool_scene import PoolScene
from tests.netns.harness.stream import Stream

KILLS = 20
STREAM_RATE = 1000  # a datagram a millisecond: the resolution of "open"
DOCUMENT_BYTES = 100_000
QUIET_CARRIERS, ROUTES_A_CARRIER, QUIET_RATE = 31, 3, 10
QUIET_GROUP = 101
"""Its stream feeds the carriers that only make the document large."""
PHASES = ("detect_ms", "claim_ms", "load_ms", "open_ms", "lock_ms")


class Takeover(NamedTuple):
    """In ms: the claim past T; from the claim to the first datagram and to the first advert; the unit's own phases."""

    overhead: float
    output: float
    advert: float
    phases: dict[str, float]


def large_document(group: int) -> Document:
    """32 carriers, 94 routes, and network control data up to 100 kB."""
    made = document(group)
    for number in range(QUIET_CARRIERS):
        name = f"quiet{number}"
        made["carrier"].append(
            {"id": name, "input": f"udp://{input_address(QUIET_GROUP)}:5000", "frequency_khz": 11_000_000 + number}
        )
        for route in range(ROUTES_A_CARRIER):
            output = f"udp://239.3.{route}.{number + 1}:5001"
            made["route"].append({"id": f"{name}-{route}", "carrier": name, "pid_list": "kept", "output": output})
    missing = DOCUMENT_BYTES - len(json.dumps(made))
    return made | {"ncc": {f"note{number}": "x" * 490 for number in range(-(-missing // 504))}}


class OnePool(PoolScene):
    """Master a and backup p; b and c are there too, with small documents."""

    def __init__(self, interval: float) -> None:
        super().__init__(STREAM_RATE, backups=("p",))
        self.interval = interval

    def build(self) -> None:
        super().build()
        quiet = [100 * QUIET_GROUP % 8000 + 33]
        self._stack.enter_context(Stream(self.lan, QUIET_RATE, "src", input_address(QUIET_GROUP), quiet))

    def settle(self) -> None:
        super().settle()
        done = self.units["a"].put(1, large_document(1))
        if done.exit_code:
            raise RuntimeError(done.output)
        self.digests[1] = self.units["a"].digest(1)
        self.wait_until_protected(1)


def take_over(scene: OnePool) -> Takeover:
    """Kill a, let p take over, and bring the group home again."""
    a, p = scene.units["a"], scene.units["p"]
    time.sleep(random.uniform(0, scene.interval))
    killed = time.time_ns()
    a.kill()
    advert = scene.wait_for_master("p", 1, killed)
    if advert.digest != scene.digests[1]:
        raise RuntimeError(f"the wrong configuration: {advert.digest}")
    time.sleep(0.5)
    found = judged(scene, killed, advert)
    scene.start("a")
    a.wait_for_seat(1, "returned", lambda seat: seat.get("returned"))
    asked = time.time_ns()
    done = a.command("set-master", 1)
    if done.exit_code:
        raise RuntimeError(done.output)
    scene.wait_for_master("a", 1, asked)
    p.wait_for_seat(1, "ready again", lambda seat: seat.get("role") == "backup" and seat.get("able"))
    scene.tap.clear()
    scene.output.clear()
    time.sleep(scene.interval)
    return found


def judged(scene: OnePool, killed: int, advert: Said) -> Takeover:
    """From the wire, the output, and what the unit says of its phases."""
    said = [one for one in scene.tap.said() if one.group == 1]
    claim = next(one for one in said if one.host == "p" and one.kind == Kind.CLAIM and one.time_ns > killed)
    last = last_before(said, claim.time_ns, "a")
    late_ms = (claim.time_ns - last.time_ns) / 1e6 - scene.units["p"].takeover_timeout_us / 1e3
    first = next(packet for packet in to_group(scene.output.packets(claim.time_ns), 1) if packet.host == "p")
    phases: dict[str, Any] = scene.units["p"].member(1)["last_takeover"]
    own = {name: float(phases[name]) for name in PHASES if phases.get(name) is not None}
    return Takeover(late_ms, (first.time_ns - claim.time_ns) / 1e6, (advert.time_ns - claim.time_ns) / 1e6, own)


def measure(interval: float, kills: int) -> list[Takeover]:
    with OnePool(interval) as scene:
        found = []
        for number in range(kills):
            found.append(take_over(scene))
            say(f"  kill {number + 1} of {kills}: {found[-1]}")
        return found


def run(options: Options) -> list[Row]:
    found = options.measure("ours", "pool", lambda: measure(options.interval, options.runs(KILLS)))
    claims, outputs, adverts = ([getattr(one, name) for one in found or ()] for name in ("overhead", "output", "advert"))
    is_timely = median(claims) <= 1 and p95(claims) <= 1 and min(claims) >= 0 if claims else None
    is_open = max(outputs) <= 50 and max(adverts) <= 50 if outputs else None
    return [
        Row("N:M takeover: claim past T", spread(claims), "within 1 ms", "-", is_timely),
        Row("N:M takeover, 100 kB: claim to the first datagram", spread(outputs), "<= 50 ms", "-", is_open),
        Row("N:M takeover, 100 kB: claim to the advert", spread(adverts), "<= 50 ms", "-", is_open),
        Row("N:M takeover: phases as the unit says them, median", phases_of(found), "-", "-", None),
    ]


def phases_of(found: list[Takeover] | None) -> str:
    def middle(name: str) -> str:
        values = [one.phases[name] for one in found or () if name in one.phases]
        return f"{name.removesuffix('_ms')} {median(values):.1f}" if values else f"{name.removesuffix('_ms')} -"

    return ", ".join(map(middle, PHASES)) + " ms" if found else "-"


FIGURE = Figure("pool", "20 kills of an N:M master: the claim past T, and the stream, with a document of 100 kB", run)
