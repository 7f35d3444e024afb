"""The engine's state as plain data: what every face shows. Times stay on the monotonic clock; faces turn them into UTC."""

from typing import cast

from agent.engine.agenda import Timer
from agent.engine.config import MemberConfig
from agent.engine.member import Member
from agent.engine.reasons import ROLE_OF
from agent.engine.snapshot_pool import peer_pool_snapshot, pool_snapshot
from agent.engine.snapshot_timing import timing_snapshot
from agent.engine.speech import readiness
from agent.engine.timing import MS
from agent.engine.unit import Unit
from agent.wire.message import DESIGNATION_WORDS

MAX_PEERS_TOLD = 64
"""Those heard last: a snapshot stays far below the channel's 64 KiB, whatever the LAN brings."""


def unit_snapshot(unit: Unit, now_ns: int) -> dict[str, object]:
    """Identity, link, peers."""
    identity = unit.identity
    return {
        "name": identity.name,
        "unit_id": f"{identity.unit_id:016x}",
        "boot": identity.boot,
        "software": identity.software,
        "revision": unit.revision,
        "now_ns": now_ns,
        "started_at_ns": unit.started_at_ns,
        "authenticated": unit.rules.is_authenticated,
        "link": {"up": unit.is_link_up, "detail": unit.link_detail},
        "devices": dict.fromkeys(sorted(unit.ready_devices), "ready") | unit.device_errors,
        "rejected": dict(unit.rejected),
        "peers": len(unit.peers.by_id),
    }


def member_snapshot(member: Member, unit: Unit, now_ns: int) -> dict[str, object]:
    """One seat in one group."""
    config = member.config
    return {
        "revision": unit.revision,
        "group": config.group,
        "device_type": config.device_type,
        "device": member.device,
        "designation": DESIGNATION_WORDS[config.designation],
        "role": ROLE_OF[member.state].value,
        "state": member.state.value,
        "priority": config.priority,
        "preempt": config.is_preempting,
        "parked": member.is_parked,
        "controls": _controls(config),
        "advertisement_interval_ms": config.interval_ms,
        "takeover_timeout_us": unit.timeout_ns(member) // 1000,
        "takeover_in_ms": _until_ms(unit.agenda.get(member.group, Timer.TAKEOVER), now_ns),
        "lease_remaining_ms": max(0.0, (member.lease_until_ns - now_ns) / MS) if member.lease_until_ns else 0.0,
        "able": unit.can_serve(member),
        "readiness": readiness(member, unit),
        **pool_snapshot(member, unit, now_ns),
        "master": _master(member, unit, now_ns),
        "operation": _operation(member, now_ns),
        "last_transition": _last(member),
        "transitions": member.transitions,
        "split_brains": member.split_brains,
        "overlap_ms": member.overlap_ns / MS,
        "alarms": _alarms(member),
        "peers": _peers(member, unit, now_ns),
        "packets": _packets(member, unit),
        "timing": timing_snapshot(member, now_ns),
    }


def _controls(config: MemberConfig) -> dict[str, object]:
    """The whole set, by the names of the message `adjust`."""
    hold_ns = config.return_hold_ns
    return {
        "priority": config.priority,
        "preempt": config.is_preempting,
        "interval_ms": config.interval_ms,
        "return_hold_ms": None if hold_ns is None else hold_ns // MS,
        "attended": config.is_attended,
        "maintenance": config.is_in_maintenance,
        "maintenance_until_ns": config.maintenance_until_ns,
        "locked": config.is_locked,
        "off": config.is_off,
    }


def _until_ms(at_ns: int | None, now_ns: int) -> float | None:
    return None if at_ns is None else (at_ns - now_ns) / MS


def _master(member: Member, unit: Unit, now_ns: int) -> dict[str, object] | None:
    identity = unit.identity
    if member.master_since_ns is not None:
        return {
            "name": identity.name,
            "unit_id": f"{identity.unit_id:016x}",
            "priority": member.config.priority,
            "age_ms": 0.0,
            "address": "",
            "gone": False,
        }
    master = member.master
    if master is None:
        return None
    return {
        "name": master.name,
        "unit_id": f"{master.unit_id:016x}",
        "priority": master.priority,
        "age_ms": (now_ns - master.heard_at_ns) / MS,
        "address": master.address,
        "gone": master.is_gone,
    }


def _operation(member: Member, now_ns: int) -> dict[str, object] | None:
    running = member.operation
    if running is None:
        return None
    age_ms = (now_ns - running.started_at_ns) / MS
    return {"number": running.number, "verb": running.verb.value, "author": running.author, "age_ms": age_ms}


def _last(member: Member) -> dict[str, object] | None:
    last = member.last
    if last is None:
        return None
    return {
        "reason": last.reason.value,
        "text": last.text,
        "before": last.before.value,
        "after": last.after.value,
        "at_ns": last.at_ns,
    }


def _alarms(member: Member) -> list[dict[str, object]]:
    return [
        {"name": name, "severity": alarm.severity.value, "text": alarm.text, "raised_at_ns": alarm.raised_at_ns}
        for name, alarm in member.alarms.items()
    ]


def _peers(member: Member, unit: Unit, now_ns: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for peer in unit.peers.by_id.values():
        seat = peer.seats.get(member.group)
        if seat is not None:
            found.append(
                {
                    "name": peer.name,
                    "unit_id": f"{peer.unit_id:016x}",
                    "address": peer.address,
                    "priority": seat.priority,
                    "designation": DESIGNATION_WORDS[seat.designation],
                    "advertisement_interval_ms": seat.interval_ms,
                    "readiness": seat.readiness,
                    "able": seat.is_able(now_ns, peer),
                    "attended": seat.is_attended,
                    "age_ms": (now_ns - seat.heard_at_ns) / MS,
                    **peer_pool_snapshot(member, seat, now_ns),
                }
            )
    found.sort(key=lambda peer: cast(float, peer["age_ms"]))
    return found[:MAX_PEERS_TOLD]


def _packets(member: Member, unit: Unit) -> dict[str, object]:
    reasons = sorted(unit.rejected.keys() | member.rejected.keys())
    return {
        "sent": {kind.name.lower(): count for kind, count in member.sent.items()},
        "received": {kind.name.lower(): count for kind, count in member.received.items()},
        "rejected": {reason: unit.rejected.get(reason, 0) + member.rejected.get(reason, 0) for reason in reasons},
        "send_failures": member.send_failures,
    }
