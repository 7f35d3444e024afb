"""One member of the status, and what management adds, as a row of the model. Pure."""

from dataclasses import dataclass

from agent.management.viewer_read import (
    Object,
    count,
    digest,
    moment,
    numbered,
    older,
    table,
    tables,
    text,
    whole,
)
from agent.management.viewer_said import overlaid
from agent.model import words
from agent.model.kinds import Value

MANUAL_HOLD_MS = 30_000
_ABLE_ROLES = frozenset({"backup", "claiming", "master"})
Columns = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Telling:
    """One member being told. `by_ms`: how long ago core told it. `tracking`: the handover process's entry of the group."""

    member: Object
    said: Object
    tracking: Object
    by_ms: int

    @property
    def role(self) -> str:
        """As a word."""
        return str(self.member.get("role"))

    @property
    def is_master(self) -> bool:
        """Of this group, leaving it maybe."""
        return self.role == "master"

    @property
    def is_on_air(self) -> bool:
        """Master, or switched off with its output left as it was (C-12)."""
        return self.is_master or self.member.get("state") == "off_on_air"

    @property
    def is_attended(self) -> bool:
        """Does it wait for a person (D-31)? Said by management, else by core."""
        mode = self.said.get("standby_mode")
        if mode is None:
            return table(self.member.get("controls")).get("attended") is True
        return mode in ("attended", words.STANDBY_MODE.words["attended"])

    @property
    def is_in_maintenance(self) -> bool:
        """Is automatic takeover suspended (C-13)?"""
        value = self.said.get("maintenance")
        return (table(self.member.get("controls")).get("maintenance") if value is None else value) is True


def number_of(telling: Telling) -> int:
    """Readiness as its packets say it, 0..255 (C-14, C-15); in maintenance nobody is to name it (C-13)."""
    member = telling.member
    told = whole(member.get("readiness"))
    if told is not None:
        return min(max(told, 0), 255)
    if telling.role not in _ABLE_ROLES or member.get("able") is not True:
        return 0
    if telling.role != "backup":
        return 255
    if member.get("withheld") or (telling.is_in_maintenance and not member.get("operation")):
        return 0
    held = whole(table(member.get("configuration")).get("readiness"))
    return 255 if held is None else held


def member_columns(telling: Telling) -> Columns:
    """All but colour, states and alarms, which need more than the member itself."""
    row = {
        **_identity(telling),
        **_settings(telling),
        **_deadlines(telling),
        **_master(telling),
        **_pool(telling),
        **_history(telling),
        **_takeover(telling.member),
        **_configuration(telling),
        **_operation(telling),
    }
    return overlaid("member", row, telling.said, _OVERLAID)


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


def _deadlines(telling: Telling) -> Columns:
    """Deadlines come nearer while nothing new is told."""
    member, takeover_ms = telling.member, whole(telling.member.get("takeover_in_ms"))
    return {
        "takeover_timeout_us": count(member.get("takeover_timeout_us")),
        "takeover_in_ms": None if takeover_ms is None else max(0, takeover_ms - telling.by_ms),
        "lease_remaining_ms": max(0, count(member.get("lease_remaining_ms")) - telling.by_ms),
        "able": member.get("able") is True,
        "fenced": member.get("fenced") is True,
        "readiness": number_of(telling),
        "parked": member.get("parked") is True,
        "withheld": text(member.get("withheld")),
    }


def _master(telling: Telling) -> Columns:
    master = table(telling.member.get("master"))
    age_ms = 0 if master and telling.is_master else older(master.get("age_ms"), telling.by_ms)
    return {
        "master_name": text(master.get("name"), 64),
        "master_unit_id": text(master.get("unit_id"), 16),
        "master_priority": whole(master.get("priority")),
        "master_age_ms": age_ms,
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


def _history(telling: Telling) -> Columns:
    member, last = telling.member, table(telling.member.get("last_transition"))
    return {
        "transitions": count(member.get("transitions")),
        "last_reason": numbered(words.REASON, last.get("reason"), "none"),
        "last_text": text(last.get("text")),
        "last_before": numbered(words.LAST_STATE, last.get("before"), "none"),
        "last_after": numbered(words.LAST_STATE, last.get("after"), "none"),
        "last_at": moment(last.get("time")),
        "split_brains": count(member.get("split_brains")),
        "overlap_ms": count(member.get("overlap_ms")),
        "send_failures": count(table(member.get("packets")).get("send_failures")),
    }


def _takeover(member: Object) -> Columns:
    """The phases of the last one (F-7)."""
    last = table(member.get("last_takeover"))
    return {f"{phase}_us": whole(last.get(f"{phase}_ms"), 1000) for phase in ("detect", "claim", "load", "lock", "open")}


def _configuration(telling: Telling) -> Columns:
    held, entry = table(telling.member.get("configuration")), telling.tracking
    tracking = table(entry.get("tracking"))
    rank = count(held.get("rank"))
    return {
        "config_revision": count(held.get("revision")),
        "config_digest": digest(held.get("digest")),
        "config_held": held.get("held") is True,
        "config_readiness": whole(held.get("readiness")),
        "config_rank": rank if rank < NO_RANK else 0,
        "config_capacity": count(held.get("capacity")),
        "tracking_state": numbered(words.TRACKING, tracking.get("state"), "local" if tracking else "none"),
        "tracking_lag_ms": whole(tracking.get("lag_ms")),
        "pending_decision": text(entry.get("pending"), 64),
    }


NO_RANK = 1000


def _operation(telling: Telling) -> Columns:
    """What runs in core, whoever began it; else what management remembers as the last one."""
    running = table(telling.member.get("operation"))
    row: Columns = {
        "command": words.COMMAND.words["no_action"],
        "command_reason": "",
        "operation_id": 0,
        "operation_verb": words.OPERATION.words["none"],
        "operation_phase": words.PHASE.words["idle"],
        "operation_text": "",
        "operation_author": "",
        "operation_started_at": None,
        "operation_age_ms": None,
    }
    said = overlaid("member", row, telling.said, frozenset(row) - {"command", "command_reason"})
    if not running or said["operation_phase"] == words.PHASE.words["running"]:
        return said
    verb = str(running.get("verb")).replace("-", "_")
    return said | {
        "operation_verb": numbered(words.OPERATION, verb, "none"),
        "operation_phase": words.PHASE.words["running"],
        "operation_text": f"{verb} has been running",
        "operation_author": text(running.get("author"), 128),
        "operation_age_ms": older(running.get("age_ms"), telling.by_ms),
    }


def alarms_of(member: Object) -> list[Object]:
    """As core tells them."""
    return list(tables(member.get("alarms")))
