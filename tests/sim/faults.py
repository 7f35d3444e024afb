"""What can be done to units and LAN, as values: a history is a plan and a list of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agent.engine.events import Command, Verb
from tests.sim.unit import GROUP
from tests.sim.world import MS, SECOND, World

HEALING_NS = 8 * SECOND
"""After a partition, what may excuse two masters: they have to hear each other once, and the loser to mute."""

INTERVALS_MS = (100, 200, 500, 1000)
FLOOD_LAG_NS = 15 * MS


class Fault(NamedTuple):
    """`verb` at `at_ns`, to `unit` (and `other`), for `for_ns`; `amount` in per mille, or a choice."""

    at_ns: int
    verb: str
    unit: int = 0
    other: int = 0
    for_ns: int = 0
    amount: int = 0

    def __str__(self) -> str:
        whom = f"unit-{self.unit} other {self.other}"
        return f"{self.at_ns / MS:12.3f} ms  {self.verb} {whom} for {self.for_ns / MS:.3f} ms, {self.amount}"


def inflict(world: World, fault: Fault) -> None:
    """Do it now, and plan its end."""
    world.note("fault", str(fault))
    world.watch.disturbed()
    DEEDS[fault.verb](world, fault)


def _later(world: World, fault: Fault, action: Callable[[], None]) -> None:
    """The end of a fault disturbs as its beginning did."""

    def end() -> None:
        world.note("fault", f"{fault.verb} unit-{fault.unit} is over")
        world.watch.disturbed()
        action()
        world.watch.disturbed()

    world.after(max(1, fault.for_ns), end)


def _kill(world: World, fault: Fault) -> None:
    unit = world.units[fault.unit]
    if unit.engine is not None:
        unit.kill()
        boot = unit.boot
        _later(world, fault, lambda: unit.start() if unit.boot == boot else None)


def _kill_core(world: World, fault: Fault) -> None:
    unit = world.units[fault.unit]
    if unit.engine is not None:
        unit.kill_core()
        boot = unit.boot
        _later(world, fault, lambda: unit.start() if unit.boot == boot else None)


def _break_device(world: World, fault: Fault) -> None:
    device = world.units[fault.unit].device
    if device.is_alive:
        device.die()
        connection = device.connection
        _later(world, fault, lambda: device.reconnect(connection))


def _stall_core(world: World, fault: Fault) -> None:
    unit = world.units[fault.unit]
    unit.stall_core(fault.for_ns)
    _later(world, fault, lambda: None)


def _stall_device(world: World, fault: Fault) -> None:
    device = world.units[fault.unit].device
    if device.is_alive and not device.is_stalled:
        device.freeze()
        _later(world, fault, device.thaw)


def _stall_unit(world: World, fault: Fault) -> None:
    _stall_device(world, fault)
    _stall_core(world, fault)


def _freeze_in_send(world: World, fault: Fault) -> None:
    """The next packet is stamped, and leaves so much later. Without a key nobody can tell that it is old."""
    world.units[fault.unit].freeze_in_send_ns = fault.for_ns
    world.watch.has_false_silence = True
    for second in range(1, 6):
        world.after(second * SECOND + fault.for_ns, world.watch.disturbed)


def _flood(world: World, fault: Fault) -> None:
    unit = world.units[fault.unit]
    if unit.engine is not None and not unit.is_flooded:
        unit.flood_began(fault.other * FLOOD_LAG_NS)
        world.watch.has_false_silence = world.watch.has_false_silence or not world.watch.is_clean
        _later(world, fault, unit.flood_ended)


def _unplug(world: World, fault: Fault) -> None:
    unit, none = world.units[fault.unit], world.lan.no_carrier
    if unit.index in none:
        return
    none.add(unit.index)
    unit.carrier_changed()

    def plug() -> None:
        none.discard(unit.index)
        unit.carrier_changed()

    _later(world, fault, plug)


def _partition(world: World, fault: Fault) -> None:
    """`amount` is a bit set: units with a 1 cannot be heard by, and do not hear, those with a 0."""
    count = len(world.units)
    sides = [fault.amount >> index & 1 for index in range(count)]
    links = {(one, two) for one in range(count) for two in range(count) if sides[one] != sides[two]}
    _block(world, fault, links - world.lan.blocked)


def _deafen(world: World, fault: Fault) -> None:
    """One direction only."""
    _block(world, fault, {(fault.unit, fault.other)} - world.lan.blocked)


def _block(world: World, fault: Fault, links: set[tuple[int, int]]) -> None:
    world.lan.blocked |= links
    world.watch.excuse(world.now_ns + fault.for_ns + HEALING_NS)

    def heal() -> None:
        world.lan.blocked -= links

    _later(world, fault, heal)


def _lose(world: World, fault: Fault) -> None:
    lan = world.lan
    lan.loss = fault.amount / 1000
    world.watch.excuse(world.now_ns + fault.for_ns + HEALING_NS)
    _disturb_all_along(world, fault)

    def mend() -> None:
        lan.loss = 0.0

    _later(world, fault, mend)


def _delay(world: World, fault: Fault) -> None:
    """A queue in a switch: nothing of this link arrives for a while, and then all at once."""
    world.lan.held[fault.unit, fault.other] = world.now_ns + fault.for_ns
    world.watch.excuse(world.now_ns + fault.for_ns + HEALING_NS)
    world.watch.has_false_silence = True
    _later(world, fault, lambda: None)


def _slow(world: World, fault: Fault) -> None:
    """The way from one unit to another is `amount` ms longer for a while, perhaps longer than a lease, or than T."""
    lan, link = world.lan, (fault.unit, fault.other)
    lan.slower_ns[link] = fault.amount * MS
    world.watch.excuse(world.now_ns + fault.for_ns + HEALING_NS)
    world.watch.has_false_silence = True
    _disturb_all_along(world, fault)

    def mend() -> None:
        lan.slower_ns.pop(link, None)

    _later(world, fault, mend)


def _disturb_all_along(world: World, fault: Fault) -> None:
    for quarter_ns in range(0, fault.for_ns, SECOND // 4):
        world.after(quarter_ns, world.watch.disturbed)


def _shuffle(world: World, fault: Fault) -> None:
    """Duplicates and packets out of order, within 10 ms."""
    lan = world.lan
    lan.duplication, lan.reordering_ns = fault.amount / 1000, 10 * MS
    world.watch.excuse(world.now_ns + fault.for_ns + HEALING_NS)

    def mend() -> None:
        lan.duplication, lan.reordering_ns = 0.0, 0

    _later(world, fault, mend)


def _replay(world: World, fault: Fault) -> None:
    """An attacker sends old packets again, to one unit. Only a LAN with a key can tell."""
    unit, recorded = world.units[fault.unit], world.lan.recorded
    for number in range(fault.amount):
        if recorded:
            message = recorded[(fault.other * 7 + number) % len(recorded)]
            if message.unit_id != unit.unit_id:
                unit.receive(message, None, is_replay=True)


def _forge(world: World, fault: Fault) -> None:
    """A packet of an attacker without the key: it does not decode."""
    world.units[fault.unit].receive(world.lan.recorded[0], b"US" + bytes(150)) if world.lan.recorded else None


def _command(verb: Verb, *, is_forced: bool = False) -> Callable[[World, Fault], None]:
    def order(world: World, fault: Fault) -> None:
        unit = world.units[fault.unit]
        if is_forced and verb is Verb.SET_MASTER:
            world.watch.excuse(world.now_ns + HEALING_NS)  # a person said so
        unit.report(Command(world.watch.ordered(unit), verb, GROUP, is_forced, bool(fault.amount % 2), "sim"))

    return order


def _switch_off(*, is_forced: bool = False) -> Callable[[World, Fault], None]:
    """And on again later."""

    def order(world: World, fault: Fault) -> None:
        _command(Verb.OFF, is_forced=is_forced)(world, fault)
        _later(world, fault, lambda: _command(Verb.ON)(world, fault))

    return order


def _set_priority(world: World, fault: Fault) -> None:
    """No lower than the lowest that there is, so that the history is long enough; seldom 255."""
    lowest = min(unit.saved.priority for unit in world.units)
    priority = 255 if fault.amount % 20 == 0 else lowest + fault.amount % (255 - lowest)
    unit = world.units[fault.unit]
    unit.adjust(priority=priority, is_preempting=unit.saved.is_preempting and priority < 255)


def _set_preempt(world: World, fault: Fault) -> None:
    unit = world.units[fault.unit]
    unit.adjust(is_preempting=bool(fault.amount % 2) and unit.saved.priority != 255)


def _set_interval(world: World, fault: Fault) -> None:
    """At all units within 40 ms. Only where it can be believed: without a key that is no safe thing (C-21)."""
    if not world.is_authenticated:
        return
    interval_ms = INTERVALS_MS[fault.amount % len(INTERVALS_MS)]
    for number, unit in enumerate(world.units):
        at_ns = (fault.amount * 7 + number * fault.other) % 40 * MS
        world.after(at_ns, lambda unit=unit: unit.adjust(interval_ms=interval_ms))


def _for_a_while(control: str) -> Callable[[World, Fault], None]:
    def switch(world: World, fault: Fault) -> None:
        unit = world.units[fault.unit]
        unit.adjust(**{control: True})
        _later(world, fault, lambda: unit.adjust(**{control: False}))

    return switch


def _stop(world: World, fault: Fault) -> None:
    """An orderly stop, and a start later."""
    unit = world.units[fault.unit]
    if unit.engine is not None:
        _command(Verb.STOP)(world, fault)
        engine = unit.engine

        def restart() -> None:
            if unit.engine is engine:
                unit.kill()
                unit.start()

        _later(world, fault, restart)


DEEDS: dict[str, Callable[[World, Fault], None]] = {
    "kill": _kill,
    "kill_core": _kill_core,
    "break_device": _break_device,
    "stall_core": _stall_core,
    "stall_device": _stall_device,
    "stall_unit": _stall_unit,
    "freeze_in_send": _freeze_in_send,
    "flood": _flood,
    "unplug": _unplug,
    "set_master": _command(Verb.SET_MASTER),
    "set_backup": _command(Verb.SET_BACKUP),
    "force_backup": _command(Verb.SET_BACKUP, is_forced=True),
    "stop": _stop,
    "set_priority": _set_priority,
    "set_preempt": _set_preempt,
    "set_interval": _set_interval,
    "attend": _for_a_while("is_attended"),
    "maintain": _for_a_while("is_in_maintenance"),
    "lock": _for_a_while("is_locked"),
    "switch_off": _switch_off(),
    "force_off": _switch_off(is_forced=True),
    "acknowledge": _command(Verb.ACKNOWLEDGE),
    "replay": _replay,
    "forge": _forge,
    "shuffle": _shuffle,
    "partition": _partition,
    "deafen": _deafen,
    "lose": _lose,
    "delay": _delay,
    "slow": _slow,
    "force_master": _command(Verb.SET_MASTER, is_forced=True),
}
ATTACKS = ["replay", "forge"]
DIRTY = ["partition", "deafen", "lose", "delay", "slow", "shuffle", "force_master"]
CLEAN = [verb for verb in DEEDS if verb not in (*DIRTY, *ATTACKS)]
"""None of these excuses two open outputs (C-02)."""
