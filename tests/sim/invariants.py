"""What must hold after every step. Each names its requirement; none uses the engine's own arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.engine.effects import Reply, Transition
from agent.engine.reasons import Reason, State
from agent.wire.message import Kind, Message

if TYPE_CHECKING:
    from tests.sim.unit import SimUnit
    from tests.sim.watch import Watch
    from tests.sim.world import World

ORPHAN_BOUND_NS = 1_500_000_000
"""What a takeover may cost beyond T and a lease: a worker that is silent for 1 s before core calls it failed, a refused request,

latencies. The lease is that of a frozen worker: only after it the successor is named, and that one may have died (seed 5007778).
"""


HELD_NS = 500_000_000
FLAP_REST_NS = 31_000_000_000


class Violation(AssertionError):  # noqa: N818
    """An invariant does not hold."""


def require(holds: bool, requirement: str, text: str) -> None:
    """Or raise, naming the requirement."""
    if not holds:
        raise Violation(f"{requirement}: {text}")


def timeout_ns(interval_ms: int, priority: int) -> int:
    """S-12, written a second time: T[us] = A*1,000,000 + (256-P)*100,000."""
    return (interval_ms * 1_000 + (256 - priority) * 100_000) * 1_000


def lease_limit_ns(interval_ms: int) -> int:
    """F-8, written a second time: (A + 0.1 s) * 0.999 - 20 ms."""
    return interval_ms * 999_000 + 99_900_000 - 20_000_000


def longest_timeout_ns(world: World) -> int:
    """The largest T in this LAN, whoever is believed about A."""
    interval_ms = max(unit.config.interval_ms for unit in world.units)
    return max(timeout_ns(interval_ms, unit.config.priority) for unit in world.units)


def outputs_never_overlap_without_a_partition(watch: Watch) -> None:
    """C-02, F-8: claims that cross included. What excuses it is a fault of the LAN, or a person's --force (see faults.py)."""
    watch.overlaps += 1
    is_excused = watch.world.now_ns <= watch.excused_until_ns or any(_is_left_alone(unit) for unit in watch.open)
    require(is_excused, "C-02, F-8", f"two outputs are open without a partition: {_names(watch.open)}")


def _is_left_alone(unit: SimUnit) -> bool:
    """C-12: its output was left on the air by a forced OFF, and nobody is there to hear another unit: for half a second."""
    is_deaf = unit.engine is None or unit.is_core_stalled or unit.is_flooded or unit.member.state in (State.INIT, State.OFF)
    return is_deaf and unit.device.lease_until_ns == unit.held_until_ns


def no_group_is_orphaned(watch: Watch) -> None:
    """C-07, F-5: with an able unit on the LAN somebody opens within the largest T and a bound."""
    world = watch.world
    since_ns = max(watch.covered_at_ns, watch.disturbed_at_ns)
    slowest_ns = max(sum(unit.device.latency) for unit in world.units)
    lease_ns = max(lease_limit_ns(unit.config.interval_ms) for unit in world.units)
    if world.now_ns - since_ns <= longest_timeout_ns(world) + lease_ns + ORPHAN_BOUND_NS + 3 * slowest_ns:
        return
    able = [unit for unit in world.units if is_able(unit)]
    require(not able, "C-07", f"no output is open for {(world.now_ns - since_ns) / 1e6:.0f} ms, and able are: {_names(able)}")


def is_able(unit: SimUnit) -> bool:
    """It runs, has a link and a working device, and nobody has switched it off."""
    if unit.engine is None or unit.is_core_stalled or unit.is_flooded or unit.index in unit.world.lan.no_carrier:
        return False
    is_by_hand = unit.config.is_attended or unit.config.is_in_maintenance
    is_off = unit.member.state in (State.OFF, State.INIT, State.OFF_ON_AIR)
    return unit.device.is_alive and not unit.device.is_stalled and not is_off and not is_by_hand


def only_a_master_is_open(unit: SimUnit) -> None:
    """S-27: an open output belongs to a master, a claimer, or a core so new that its worker does not know.

    C-12: or it was left on the air by a forced OFF.
    """
    if unit.engine is not None and unit.device.is_open():
        state, is_new = unit.member.state, unit.member.transitions == 0
        is_right = state in (State.MASTER, State.CLAIMING, State.INIT, State.OFF_ON_AIR) or is_new
        require(is_right, "S-27", f"{unit.name} is {state} and its output is open")


def lease_counts_from_the_last_packet_that_left(unit: SimUnit, until_ns: int) -> None:
    """F-8: from before the system call, never from when it was reported. By the shortest interval that the last three said: no

    backup that has heard one of them goes by less. C-12: an output that was left on the air has half a second.
    """
    if unit.member.state is State.OFF_ON_AIR:
        require(until_ns <= unit.now_ns() + HELD_NS, "C-12", f"{unit.name} holds its output for too long")
        return
    limit_ns = unit.last_sent_at_ns + lease_limit_ns(min(unit.said_ms, default=unit.config.interval_ms))
    require(until_ns <= limit_ns, "F-8", f"{unit.name} has a lease {(until_ns - limit_ns) / 1e6:.3f} ms too long")


def claim_leaves_before_anything_is_loaded(watch: Watch, unit: SimUnit) -> None:
    """F-5, C-26. With a frozen send, or without carrier, it may not have left; it was said all the same."""
    is_excused = unit.index in watch.world.lan.no_carrier
    require(is_excused or watch.has_claim_left.get(unit.index, False), "C-26", f"{unit.name} loads before it has claimed")


def output_is_muted_before_the_farewell(unit: SimUnit) -> None:
    """S-07, C-04: mute first, then speak. Silence is a fact of the device, not an order to it."""
    device = unit.device
    is_muted = not device.is_alive or not device.is_ordered_open or unit.now_ns() >= device.granted_until_ns
    require(is_muted, "S-07", f"{unit.name} says goodbye before its output is muted")


def packet_is_in_order(unit: SimUnit, message: Message) -> None:
    """C-04, S-07: priority 0 in farewells and only there; stamped with this unit's clock; the sequence grows."""
    is_farewell = message.kind in (Kind.GIVE_UP, Kind.HANDOVER)
    require(
        (message.priority == 0) == is_farewell, "C-04", f"{unit.name} sends {message.kind.name} with priority {message.priority}"
    )
    require(message.sent_at_us <= unit.now_ns() // 1000, "protocol", f"{unit.name} stamps a packet with the future")


def answer_is_the_only_one(watch: Watch, reply: Reply) -> None:
    """C-17: each command of a running unit is answered once. Scenarios do not number theirs."""
    is_asked = watch.commands == 0 or reply.command_id in watch.unanswered
    require(is_asked, "C-17", f"{reply.command_id} is answered, and nobody waits for it: {reply.text}")


def every_command_is_answered(watch: Watch) -> None:
    """C-17, D-26: never silently ignored. One that came late to a process that was stopped included."""
    waiting = {command: unit.name for command, unit in watch.unanswered.items() if not unit.is_core_stalled}
    require(not waiting, "C-17", f"without an answer: {waiting}")


def unit_without_link_never_claims(unit: SimUnit, change: Transition) -> None:
    """C-02: a unit whose own link is down cannot know."""
    require(unit.engine is None or unit.engine.unit.is_link_up, "C-02", f"{unit.name} claims without a link: {change.text}")


def nobody_is_preempted_when_preempt_is_off(watch: Watch, change: Transition) -> None:
    """S-10."""
    if change.reason is Reason.PREEMPTED:
        require(watch.has_preempting, "S-10", f"preempted, and preempt is off everywhere: {change.text}")


def takeover_is_exactly_at_t_after_the_last_advert(watch: Watch, unit: SimUnit, change: Transition) -> None:
    """S-12, S-13, S-14: on the backup's own clock, from the kernel's receive time; only a stall makes it later.

    A fast clock skips a nanosecond now and then: one tick.
    """
    if change.reason is Reason.NO_MASTER_AT_START:
        return
    if change.reason is not Reason.MASTER_SILENT or watch.has_false_silence:
        return
    now_ns, master = unit.now_ns(), unit.member.master
    assert master is not None
    interval_ms = unit.config.interval_ms
    if watch.world.is_authenticated:
        interval_ms = max(interval_ms, master.interval_ms)
    t_ns = timeout_ns(interval_ms, unit.config.priority)
    heard = watch.heard.get((unit.index, master.unit_id))
    last_ns = heard.last_ns if heard else -(1 << 62)
    if watch.is_clean:
        require(now_ns - last_ns >= t_ns, "S-12", f"{unit.name} claims {(now_ns - last_ns) / 1e6:.3f} ms after the last advert")
    if _was_just_stalled(unit, now_ns):
        return
    if unit.adjusted_at_ns == now_ns:  # its T became so short that it is over; the silence has lasted for T, as said above
        return
    times = {last_ns} if watch.is_clean else set(watch.times[unit.index])
    require(
        (now_ns - t_ns) in times or (now_ns - t_ns - 1) in times,
        "S-12",
        f"{unit.name} claims {(now_ns - last_ns) / 1e6:.6f} ms after the last advert, T is {t_ns / 1e6}",
    )


def _was_just_stalled(unit: SimUnit, now_ns: int) -> bool:
    """Thawed at this moment, or a skew ago."""
    skew_ns = (256 - unit.config.priority) * 100_000_000
    return not {now_ns, now_ns - skew_ns, now_ns - skew_ns - 1}.isdisjoint(unit.thaws_ns)


def one_output_per_component_once_settled(watch: Watch) -> None:
    """C-02, C-22: after quiet there is one master with an open output in every connected part that has an able unit."""
    for component in components(watch.world):
        able = [unit for unit in component if is_able(unit)]
        is_open = [unit for unit in component if unit.device.is_open()]
        masters = [unit for unit in component if unit.engine and unit.member.state is State.MASTER]
        require(len(is_open) == min(1, len(able)), "C-02", f"settled, but open are {_names(is_open)} of able {_names(able)}")
        require(masters == is_open, "C-02", f"settled, but master are {_names(masters)} and open {_names(is_open)}")
        for master in masters:
            followers_follow(component, master)
            preemption_has_done_its_work(watch, component, master)


def followers_follow(component: list[SimUnit], master: SimUnit) -> None:
    """Every able backup knows its master."""
    for unit in component:
        if unit is not master and is_able(unit) and unit.member.state is State.BACKUP:
            tracked = unit.member.master
            is_right = tracked is not None and tracked.unit_id == master.unit_id and not tracked.is_gone
            require(is_right, "S-08", f"{unit.name} does not follow {master.name}")


def preemption_has_done_its_work(watch: Watch, component: list[SimUnit], master: SimUnit) -> None:
    """S-09: no able unit that preempts is left waiting under a weaker master, but for 30 s after its device failed on the air."""
    for unit in component:
        rests = watch.world.now_ns - watch.failed_on_air_at_ns.get(unit.index, -(1 << 62)) < FLAP_REST_NS
        wants = (unit.config.is_preempting or unit.config.priority == 255) and not rests
        if unit is not master and is_able(unit) and unit.member.state is State.BACKUP and wants and not unit.member.is_parked:
            is_higher = unit.config.priority > master.config.priority
            require(not is_higher, "S-09", f"{unit.name} preempts, and waits under {master.name}")


def components(world: World) -> list[list[SimUnit]]:
    """Connected parts of the LAN: a unit without carrier is alone, one that is gone belongs nowhere."""
    rest = [unit for unit in world.units if unit.engine is not None]
    found: list[list[SimUnit]] = []
    while rest:
        part = [rest.pop(0)]
        for unit in part:
            near = [
                other for other in rest if world.lan.hears(unit.index, other.index) and world.lan.hears(other.index, unit.index)
            ]
            part.extend(near)
            rest = [other for other in rest if other not in near]
        found.append(part)
    return found


def _names(units: list[SimUnit]) -> str:
    return ", ".join(f"{unit.name} ({unit.config.priority})" for unit in units) or "none"
