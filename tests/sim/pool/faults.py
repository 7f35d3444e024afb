"""What can be done to a pool beyond what the 1:1 simulator does to any unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent.engine.events import Command, Verb
from tests.sim import faults as single
from tests.sim.faults import HEALING_NS, Fault
from tests.sim.pool.device import PoolDevice
from tests.sim.pool.site import Site, digest_of
from tests.sim.pool.unit import PoolUnit
from tests.sim.world import SECOND

_VERBS = (Verb.SET_MASTER, Verb.SET_MASTER, Verb.SET_BACKUP)


def inflict(site: Site, fault: Fault) -> None:
    """Do it now, and plan its end."""
    deed = DEEDS.get(fault.verb)
    if deed is None:
        single.inflict(site.world, fault)
        return
    site.world.note("fault", str(fault))
    site.world.watch.disturbed()
    deed(site, site.world.pool[fault.unit], fault)


def _device(unit: PoolUnit, fault: Fault) -> PoolDevice:
    devices = list(unit.devices.values())
    return devices[fault.amount % len(devices)]


def _break_one(site: Site, unit: PoolUnit, fault: Fault) -> None:
    device = _device(unit, fault)
    if device.is_alive:
        device.die()
        site.world.after(max(1, fault.for_ns), device.reconnect, device.connection)


def _stall_one(site: Site, unit: PoolUnit, fault: Fault) -> None:
    device = _device(unit, fault)
    if device.is_alive and not device.is_stalled:
        device.freeze()
        site.world.after(max(1, fault.for_ns), device.thaw)


def _command(site: Site, unit: PoolUnit, fault: Fault, *, is_forced: bool = False) -> None:
    """On a home, or on a pool member for one of the groups."""
    group = _seat(site, unit, fault)
    if group is None:
        return
    verb = _VERBS[fault.other % len(_VERBS)]
    unit.report(Command(site.world.watch.ordered(unit), verb, group, is_forced, author="sim"))


def _force(site: Site, unit: PoolUnit, fault: Fault) -> None:
    site.world.watch.excuse(site.world.now_ns + HEALING_NS)  # a person said so
    _command(site, unit, fault, is_forced=True)


def _unhold(site: Site, unit: PoolUnit, fault: Fault) -> None:
    """A backup loses its snapshot of a group, or finds that it cannot serve it; and gets the next one later."""
    if unit.is_backup_unit:
        group = site.groups[fault.amount % len(site.groups)]
        unit.hold(group, digest_of(group), rank=site.ranks[group], readiness=255 * (fault.other % 2), held=fault.other % 2 > 0)
        later = (group, digest_of(group, 2), site.ranks[group])
        site.world.after(max(1, fault.for_ns), _hold_again, unit, *later)


def _hold_again(unit: PoolUnit, group: int, digest: bytes, rank: int) -> None:
    unit.hold(group, digest, rank=rank)


def _restart_all(site: Site, _unit: PoolUnit, fault: Fault) -> None:
    """A power cut (C-22)."""
    off = [unit for unit in site.world.pool if unit.engine is not None]
    for unit in off:
        unit.kill()
    site.world.after(max(1, fault.for_ns % SECOND), _start_all, [(unit, unit.boot) for unit in off])


def _start_all(units: Iterable[tuple[PoolUnit, int]]) -> None:
    for unit, boot in units:
        if unit.boot == boot:
            unit.start()


def _switch_off(site: Site, unit: PoolUnit, fault: Fault) -> None:
    """And on again later; every other time by force."""
    group = _seat(site, unit, fault)
    if group is None:
        return
    unit.report(Command(site.world.watch.ordered(unit), Verb.OFF, group, bool(fault.other % 2), author="sim"))
    site.world.after(max(1, fault.for_ns), _switch_on, site, unit, group)


def _switch_on(site: Site, unit: PoolUnit, group: int) -> None:
    site.world.watch.disturbed()
    if unit.engine is not None and group in unit.members:
        unit.report(Command(site.world.watch.ordered(unit), Verb.ON, group, author="sim"))


def _seat(site: Site, unit: PoolUnit, fault: Fault) -> int | None:
    """A home's own, or one of a backup's."""
    group = site.groups[fault.amount % len(site.groups)] if unit.is_backup_unit else unit.configs[0].group
    return group if unit.engine is not None and group in unit.members else None


def _set_priority(site: Site, unit: PoolUnit, fault: Fault) -> None:
    """Of a home above all backups; of a backup's seat anything below, alike or not."""
    group = _seat(site, unit, fault)
    if group is not None:
        unit.adjust_seat(group, priority=238 + fault.other % 13 if unit.is_backup_unit else 251 + fault.other % 4)


def _for_a_while(control: str) -> Callable[[Site, PoolUnit, Fault], None]:
    def switch(site: Site, unit: PoolUnit, fault: Fault) -> None:
        group = _seat(site, unit, fault)
        if group is not None:
            unit.adjust_seat(group, **{control: True})
            site.world.after(max(1, fault.for_ns), _end, site, unit, group, control)

    return switch


def _end(site: Site, unit: PoolUnit, group: int, control: str) -> None:
    site.world.watch.disturbed()
    unit.adjust_seat(group, **{control: False})


DEEDS: dict[str, Callable[[Site, PoolUnit, Fault], None]] = {
    "break_one": _break_one,
    "stall_one": _stall_one,
    "command": _command,
    "force": _force,
    "unhold": _unhold,
    "restart_all": _restart_all,
    "switch_off": _switch_off,
    "set_priority": _set_priority,
    "maintain": _for_a_while("is_in_maintenance"),
    "lock": _for_a_while("is_locked"),
}
