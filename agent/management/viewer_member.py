"""One member of the status, and what management adds, as a row of the model. Pure."""

from agent.management.viewer_member_history import (
    configuration_columns,
    history_columns,
    operation_columns,
    takeover_columns,
)
from agent.management.viewer_read import count, numbered, older, table, text, whole
from agent.management.viewer_said import overlaid
from agent.management.viewer_telling import Telling, number_of
from agent.management.viewer_timing import timing_columns
from agent.model import words
from agent.model.kinds import Value

MANUAL_HOLD_MS = 30_000
Columns = dict[str, Value]


def member_columns(telling: Telling) -> Columns:
    """All but colour, states and alarms, which need more than the member itself."""
    row = {
        **_identity(telling),
        **_settings(telling),
        **_ability(telling),
        **_master(telling),
        **_pool(telling),
        **history_columns(telling),
        **takeover_columns(telling.member),
        **configuration_columns(telling),
        **operation_columns(telling),
        **_moving(telling),
    }
    return overlaid("member", row, telling.said, _OVERLAID)


def moving_columns(telling: Telling) -> Columns:
    """Those that are others a moment later while nothing happens; for a member without a running operation (viewer_calm.py)."""
    return {**_moving(telling), "operation_age_ms": whole(telling.said.get("operation_age_ms"))}


_OVERLAID = frozenset(
    [
        "priority",
        "preempt",
        "advertisement_interval_ms",
        "return_policy",
        "return_hold_ms",
        "standby_mode",
        "locked",
        "auto_lock",
        "maintenance",
        "maintenance_owner",
        "maintenance_reason",
        "maintenance_until",
        "maintenance_minutes",
        "command_reason",
    ]
)


def _identity(telling: Telling) -> Columns:
    member = telling.member
    return {
        "device_type": count(member.get("device_type")),
        "device": text(member.get("device"), 64),
        "designation": numbered(words.DESIGNATION, member.get("designation"), "main"),
        "role": numbered(words.ROLE, member.get("role"), "init"),
        "state": numbered(words.STATE, member.get("state"), "init"),
    }


def _settings(telling: Telling) -> Columns:
    member, controls = telling.member, table(telling.member.get("controls"))
    hold_ms = whole(controls.get("return_hold_ms"))
    return {
        "priority": whole(member.get("priority")),
        "preempt": member.get("preempt") is True,
        "advertisement_interval_ms": whole(member.get("advertisement_interval_ms")),
        "return_policy": words.RETURN_POLICY.words["manual" if hold_ms is None else "after_hold"],
        "return_hold_ms": MANUAL_HOLD_MS if hold_ms is None else hold_ms,
        "standby_mode": words.STANDBY_MODE.words["attended" if telling.is_attended else "automatic"],
        "locked": controls.get("locked") is True,
        "auto_lock": False,
        "maintenance": telling.is_in_maintenance,
        "maintenance_owner": "",
        "maintenance_reason": "",
        "maintenance_until": None,
        "maintenance_minutes": 120,
    }


def _moving(telling: Telling) -> Columns:
    """Deadlines come nearer, and ages grow, while nothing new is told."""
    member, takeover_ms = telling.member, whole(telling.member.get("takeover_in_ms"))
    master = table(member.get("master"))
    return {
        "takeover_in_ms": None if takeover_ms is None else max(0, takeover_ms - telling.by_ms),
        "lease_remaining_ms": max(0, count(member.get("lease_remaining_ms")) - telling.by_ms),
        "master_age_ms": 0 if master and telling.is_master else older(master.get("age_ms"), telling.by_ms),
        "send_failures": count(table(member.get("packets")).get("send_failures")),
        **timing_columns(member),
    }


def _ability(telling: Telling) -> Columns:
    member = telling.member
    return {
        "takeover_timeout_us": count(member.get("takeover_timeout_us")),
        "able": member.get("able") is True,
        "fenced": member.get("fenced") is True,
        "readiness": number_of(telling),
        "parked": member.get("parked") is True,
        "withheld": text(member.get("withheld")),
    }


def _master(telling: Telling) -> Columns:
    master = table(telling.member.get("master"))
    return {
        "master_name": text(master.get("name"), 64),
        "master_unit_id": text(master.get("unit_id"), 16),
        "master_priority": whole(master.get("priority")),
        "master_address": text(master.get("address"), 64),
        "master_gone": master.get("gone") is True,
    }


def _pool(telling: Telling) -> Columns:
    member, busy = telling.member, table(telling.member.get("busy"))
    return {
        "acting_for": whole(member.get("acting_for")),
        "returned": member.get("returned") is True,
        "seat": numbered(words.SEAT, member.get("seat"), "ordinary"),
        "busy_with": whole(busy.get("group")),
        "busy_since_ms": older(busy.get("since_ms"), telling.by_ms),
        "protection": numbered(words.PROTECTION, table(member.get("protection")).get("state"), "unknown"),
    }
