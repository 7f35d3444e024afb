"""Every master of a fleet is killed once, one after another, taken over, and brought home again."""

import os
import time
from typing import NamedTuple

from bench.figure import Figure, Options, Row, say, spread
from tests.netns.harness.fleet_scene import FleetScene
from tests.netns.harness.packets import Kind, Said

MASTERS, BACKUPS = 64, 8
QUICK_MASTERS, QUICK_BACKUPS = 6, 2
INTERVALS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
PACKET_COST_S = 0.0002
"""Of processor, for each packet that a unit hears, and every unit hears all (measured with 18 units, all their processes)."""
SHARE = 0.5
"""Of the machine, for a fleet at rest: what is killed and started again needs some too, and an overloaded LAN partitions."""
STREAM_RATE = 10
PATIENCE_S = 60.0


def interval_for(masters: int, backups: int) -> float:
    """The shortest advertisement interval at which this machine carries so many units."""

    def cores(interval: float) -> float:
        beacon_s = max(interval, 1.0, 0.04 * (masters + 1))  # docs/protocol.md: 40 ms for each seat of the unit
        packets_a_second = masters / interval + backups * (masters + 1) / beacon_s
        return (masters + backups) * packets_a_second * PACKET_COST_S

    return next((interval for interval in INTERVALS if cores(interval) <= SHARE * (os.cpu_count() or 1)), INTERVALS[-1])


def size(options: Options) -> tuple[int, int, float]:
    """Masters, backups, interval. FLEET=32+4 in the environment asks for other numbers, FLEET=32+4@2 for another interval."""
    numbers, _, interval = os.environ.get("FLEET", f"{MASTERS}+{BACKUPS}").partition("@")
    masters, _, backups = numbers.partition("+")
    if options.is_quick:
        return QUICK_MASTERS, QUICK_BACKUPS, interval_for(QUICK_MASTERS, QUICK_BACKUPS)
    return int(masters), int(backups), float(interval or interval_for(int(masters), int(backups)))


class Failure(NamedTuple):
    """One master's: who took over, ms past T, and what was wrong. `doubles`: turns of the output that no change explains."""

    group: int
    heir: str
    overhead_ms: float
    wrong: tuple[str, ...]
    doubles: int


class Result(NamedTuple):
    found: list[Failure]
    masters: int
    backups: int
    gibibytes: float
    settled_s: float
    killed_s: float


def fail(scene: FleetScene, host: str) -> Failure:
    """Kill it, look at its heir, start it again, bring the group home, look at it."""
    group, killed = scene.homes[host], time.time_ns()
    last = next(said for said in reversed(scene.tap.said(killed - int((scene.interval + 2) * 1e9))) if is_advert(said, group))
    scene.units[host].kill()
    acting = scene.tap.wait_for(lambda said: is_advert(said, group) and said.host != host, PATIENCE_S, killed)
    claim = next(said for said in scene.tap.said(killed) if said.group == group and said.kind == Kind.CLAIM)
    unit = scene.units[acting.host]
    wrong = [*judged(scene, acting, group, unit.priority), *carries(scene, acting.host, group, claim.time_ns)]
    home = come_home(scene, host, group)
    wrong += [*judged(scene, home, None, 254), *carries(scene, host, group, home.time_ns)]
    turns = scene.turns(group, killed)
    doubles = max(0, len(turns) - 2 - (turns[0] == host))
    late_ms = (claim.time_ns - last.time_ns) / 1e6 - unit.takeover_timeout_us / 1e3
    return Failure(group, acting.host, late_ms, tuple(wrong), doubles)


def is_advert(said: Said, group: int) -> bool:
    return said.group == group and said.kind == Kind.ADVERT


def judged(scene: FleetScene, advert: Said, acting_for: int | None, priority: int) -> list[str]:
    """What is wrong about whoever is master now, by its advert."""
    wanted = (scene.digests[advert.group], acting_for, priority)
    seen = (advert.digest, advert.acting_for, advert.priority)
    return [f"{advert.host} advertises {seen}, not {wanted}"] if seen != wanted else []


def carries(scene: FleetScene, host: str, group: int, since_ns: int) -> list[str]:
    """What is wrong about its output."""
    limit, wanted = time.monotonic() + 5, {(host, 100 * group)}
    while not (seen := {one for one in scene.carried(group, since_ns) if one[0] == host}) and time.monotonic() < limit:
        time.sleep(0.05)
    return [] if seen == wanted else [f"{host} carries {seen}, not {wanted}"]


def come_home(scene: FleetScene, host: str, group: int) -> Said:
    """The master returns, and an operator asks for the group. Its advert."""
    unit = scene.units[host]
    scene.start(host)
    unit.wait_for_seat(group, "returned", lambda seat: seat.get("returned"), PATIENCE_S)
    asked = time.time_ns()
    done = unit.command("set-master", group)
    if done.exit_code:
        raise RuntimeError(done.output)
    home = scene.tap.wait_for(lambda said: is_advert(said, group) and said.host == host, PATIENCE_S, asked)
    for backup in scene.backups:
        scene.units[backup].wait_for("ready", lambda backup=backup: group not in scene.untracked(backup), PATIENCE_S)  # type: ignore[misc]
    return home


def seats_of(scene: FleetScene, group: int) -> list[str]:
    """What every unit that answers says of its seat in a group."""
    keys = ("role", "takeover_in_ms", "withheld", "returned", "master", "operation", "last_transition", "packets", "peers")
    said = []
    for name in (next(host for host, home in scene.homes.items() if home == group), *scene.backups):
        seat = scene.units[name].member(group)
        said.append(f"{name}: { {key: seat.get(key) for key in keys} }")
    return said


def measure(masters: int, backups: int, interval: float) -> Result:
    began = time.monotonic()
    with FleetScene(masters, backups, interval, STREAM_RATE, say) as scene:
        settled, memory = time.monotonic(), scene.memory_bytes() / 2**30
        found = []
        for number, host in enumerate(scene.homes, 1):
            try:
                found.append(fail(scene, host))
            except TimeoutError as error:
                raise TimeoutError(f"master {number}, {host}: {error}; {seats_of(scene, scene.homes[host])}") from error
            scene.output.clear()
            say(f"  {number} of {masters}, {time.monotonic() - settled:.0f} s: {found[-1]}")
        return Result(found, masters, backups, memory, settled - began, time.monotonic() - settled)


def run(options: Options) -> list[Row]:
    masters, backups, interval = size(options)
    result = options.measure("ours", "fleet", lambda: measure(masters, backups, interval))
    name = f"{masters} masters, {backups} backups, A = {interval:g} s, each master killed once"
    if result is None:
        return [Row(name, "-", "0 wrong configurations, 0 double outputs", "-", None)]
    wrong, doubles = sum(bool(one.wrong) for one in result.found), sum(one.doubles for one in result.found)
    times = f"{result.settled_s:.0f} s until all is tracked, {result.killed_s:.0f} s of kills, {result.gibibytes:.1f} GiB"
    late = [one.overhead_ms for one in result.found]
    return [
        Row(f"{name}: wrong configurations", f"{wrong} of {2 * len(result.found)} ({times})", "0", "-", wrong == 0),
        Row(f"{name}: double outputs", str(doubles), "0", "-", doubles == 0),
        Row(f"{name}: claim past T", spread(late), "-", "-", None),
    ]


FIGURE = Figure("fleet", f"{MASTERS} masters and {BACKUPS} backups: every master killed once, and brought home", run)
