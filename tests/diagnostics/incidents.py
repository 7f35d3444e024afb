"""Incidents of ten kinds in the simulator, recorded: `./dev soak incidents [COUNT]` runs 1,000.

Each must replay identically in every unit's record, and `explain`, given the record of the unit that took over, must name what
was done. What was done is not in the record: the sentence is found from packets and events alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from agent.diagnostics.causes import Cause
from agent.diagnostics.explain import Explanation, choose, explain
from agent.diagnostics.notes import Note
from agent.diagnostics.replay import replay
from agent.diagnostics.timeline import timeline_of
from agent.engine.config import LanRules, MemberConfig
from agent.engine.events import PacketRejected
from agent.engine.timing import is_tie, takeover_timeout_ns
from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError
from agent.wire.keys import Keyring, make_key
from agent.wire.message import Message
from tests.diagnostics.judged import judged, shown
from tests.diagnostics.recorded import RecordedWorld, recorded
from tests.sim.clock import Clock
from tests.sim.device import NAME, Latency
from tests.sim.faults import Fault, inflict
from tests.sim.unit import GROUP, SimUnit
from tests.sim.world import MS, SECOND, World

OTHER_KEY = Keyring([make_key(bytes(32))])


class Setting(NamedTuple):
    """Unit 0 is master, unit 1 its backup, unit 2 (if there is one) a weaker backup."""

    rng: Random
    world: RecordedWorld
    interval_ms: int
    priority: int
    timeout_ns: int

    def inflict(self, verb: str, unit: int = 0, *, other: int = 1, for_ns: int = 0, amount: int = 0) -> None:
        """A fault, now."""
        inflict(self.world, Fault(self.world.now_ns, verb, unit, other, for_ns, amount))

    def run(self, for_ns: int) -> None:
        """Let time pass."""
        self.world.run_until(self.world.now_ns + for_ns)


class KeyedUnit(SimUnit):
    """Its packets may be signed with another key than those of the others."""

    is_mistaken = False

    def receive(self, message: Message, datagram: bytes | None, *, is_replay: bool = False) -> None:
        """As bytes, so that a record has them."""
        sender = next((unit for unit in self.world.units if unit.unit_id == message.unit_id), None)
        differs = isinstance(sender, KeyedUnit) and sender.is_mistaken != self.is_mistaken
        assert isinstance(self.world, RecordedWorld)
        if not differs:
            super().receive(message, datagram, is_replay=is_replay)
        elif self.engine is not None and not self.is_core_stalled:
            raw = encode(message, OTHER_KEY)
            try:
                decode(raw, self.world.lan.keyring)
            except DecodeError as error:
                event = PacketRejected(error.reason)
                self.world.note_datagram(self, event, raw, message)
                self.report(event)


@dataclass(frozen=True, slots=True)
class Result:
    """What was done, what was said of it."""

    kind: str
    seed: int
    explanation: Explanation | None
    is_identical: bool
    events: int

    @property
    def is_right(self) -> bool:
        """The named cause is the injected one."""
        return self.explanation is not None and self.explanation.cause in EXPECTED[self.kind]

    def __str__(self) -> str:
        said = self.explanation.sentence if self.explanation else "nothing has changed"
        return f"seed {self.seed} {self.kind}: {self.explanation.cause if self.explanation else '-'}: {said}"


def crash(at: Setting) -> None:
    """Killed, and started again later, or not at all."""
    at.inflict("kill", for_ns=at.timeout_ns + at.rng.choice([2 * SECOND, 8 * SECOND, 900 * SECOND]))


def stall(at: Setting) -> None:
    """The process is stopped for longer than T."""
    at.inflict(at.rng.choice(["stall_core", "stall_unit"]), for_ns=at.timeout_ns + at.rng.randrange(SECOND, 5 * SECOND))


def loss(at: Setting) -> None:
    """So many adverts in a row that T passes, and one more where that would be the tie of F-2."""
    count = (at.timeout_ns - 1) // (at.interval_ms * MS) + (1 if is_tie(at.interval_ms, at.priority) else 0)
    at.world.lan.to_drop[0, 1] = count


def delay(at: Setting) -> None:
    """A queue in a switch keeps everything, and lets it go at once."""
    at.inflict("delay", for_ns=at.timeout_ns + at.rng.randrange(at.interval_ms * MS, 2 * SECOND))


def partition(at: Setting) -> None:
    """Neither hears the other for seconds."""
    at.inflict("partition", for_ns=at.timeout_ns + at.rng.randrange(SECOND, 6 * SECOND), amount=1)


def command(at: Setting) -> None:
    """A person, at either unit."""
    verb, unit = at.rng.choice([("set_master", 1), ("set_backup", 0)])
    at.inflict(verb, unit=unit)


def give_up(at: Setting) -> None:
    """Stopped with no backup that is known to be able."""
    at.inflict("stop", for_ns=900 * SECOND)


def flap(at: Setting) -> None:
    """The stronger unit dies as often as it comes back, and preempts each time."""
    for _ in range(4):
        at.inflict("kill_core", for_ns=at.timeout_ns + SECOND // 2)
        at.run(4 * at.timeout_ns + 4 * SECOND)


def wrong_key(at: Setting) -> None:
    """Somebody gives the master another key."""
    master = at.world.units[0]
    assert isinstance(master, KeyedUnit)
    master.is_mistaken = True
    at.world.watch.excuse(at.world.now_ns + 900 * SECOND)


def tie(at: Setting) -> None:
    """F-2: T is a whole number of intervals; all adverts are lost but the one that comes then. The backup's clock is faster."""
    at.world.lan.to_drop[0, 1] = at.timeout_ns // (at.interval_ms * MS) - 1


KINDS: dict[str, Callable[[Setting], None]] = {
    "crash": crash,
    "stall": stall,
    "loss": loss,
    "delay": delay,
    "partition": partition,
    "command": command,
    "give-up": give_up,
    "flap": flap,
    "wrong key": wrong_key,
    "tie": tie,
}
EXPECTED = {kind: (Cause(kind),) for kind in KINDS}


def stage(kind: str, seed: int) -> tuple[Setting, RecordedWorld]:
    """Two or three units, the first of them master, nothing wrong yet."""
    rng = Random(f"{kind} {seed}")
    interval_ms, priority = _timing(rng, kind)
    world = recorded(
        World(
            seed,
            is_clean=False,
            delay_ns=rng.choice([50_000, 200_000, 1_000_000]),
            jitter_ns=rng.choice([0, 20_000]) * (kind != "tie"),
        )
    )
    world.watch.excuse(1 << 62)
    world.watch.has_false_silence = True
    priorities = [254, priority, priority - 10][: rng.choice([2, 2, 3]) if kind not in ("flap", "give-up") else 2]
    for index, own in enumerate(priorities):
        config = MemberConfig(GROUP, 1, own, interval_ms, NAME, is_preempting=kind == "flap")
        clock = Clock(rng.randrange(1 << 40), rng.randint(-50, 50) if kind != "tie" else (-50, 50, 0)[index])
        rules = LanRules(True, kind != "give-up")
        unit = KeyedUnit(world, index, config, rules, clock, Latency(MS, MS, MS), 1000 + index)
        unit.name = "abc"[index]
        world.units.append(unit)
    timeout_ns = takeover_timeout_ns(interval_ms, priority)
    setting = Setting(rng, world, interval_ms, priority, timeout_ns)
    for index, started in enumerate(world.units):
        world.at(index * SECOND, started.start)
    setting.run(takeover_timeout_ns(interval_ms, 254) + len(priorities) * SECOND + 5 * SECOND + rng.randrange(2 * SECOND))
    return setting, world


def _timing(rng: Random, kind: str) -> tuple[int, int]:
    """A tie only where it is wanted."""
    while True:
        interval_ms, priority = rng.choice([100, 200, 500, 1000]), rng.randint(236, 252)
        if kind == "flap":
            interval_ms, priority = rng.choice([100, 200]), rng.randint(248, 252)
        if (kind == "tie") == is_tie(interval_ms, priority) or kind not in ("tie", "loss"):
            return interval_ms, priority


def records(kind: str, seed: int) -> list[list[Note]]:
    """Of all units, of one incident."""
    setting, world = stage(kind, seed)
    KINDS[kind](setting)
    setting.run(setting.timeout_ns + 12 * SECOND)
    return [world.recordings[index].notes for index in sorted(world.recordings)]


def run(kind: str, seed: int) -> Result:
    """Record it, replay it, explain it from the second unit's record."""
    found = records(kind, seed)
    outcomes = [replay(notes) for notes in found]
    timeline = timeline_of(found[1])
    changes = [change for change in timeline.changes if change.after == "claiming"]
    wanted = None if not changes else changes[-1] if kind == "flap" else changes[0]
    change = choose(timeline, wanted.at_ns) if wanted else None
    explanation = explain(timeline, change) if change else None
    return Result(kind, seed, explanation, all(one.is_identical for one in outcomes), sum(one.events for one in outcomes))


def main(count: int) -> int:
    """The exit code: 0 when all replays are identical and 99 % of the causes are right."""
    seeds = count // len(KINDS)
    return judged(shown((run(kind, seed) for seed in range(seeds) for kind in KINDS), seeds * len(KINDS)))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
