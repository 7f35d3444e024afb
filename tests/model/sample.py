"""A plausible whole view: a quiet pair, main on air here, reserve standing by. Every table of the model has rows."""

from collections.abc import Sequence
from typing import Any

from agent.model.kinds import Value
from agent.model.view import Index, View
from agent.model.words import PACKET, REJECTION

NOW_NS = 1_767_323_045_678_000_000
"""2026-01-02T03:04:05.678Z"""
Rows = dict[Index, dict[str, Value]]


def sample_view(groups: Sequence[int] = (7,), peers: int = 1, *, revision: int = 1, is_stale: bool = False) -> View:
    """Of a unit rx-a with a seat in each group, master of all; `peers`: backups heard in each."""
    tables: dict[str, Rows] = {
        "unit": {(): unit_row(len(groups), peers, revision, is_stale)},
        "member": {(group,): member_row(group) for group in groups},
        "peer": {(group, peer): peer_row(peer) for group in groups for peer in range(1, peers + 1)},
        "reason": {(group, 1, 1): {"text": "the LAN has one path only", "word": 9} for group in groups if peers},
        "packets": {(group, kind): packets_row(kind) for group in groups for kind in PACKET.words.values()},
        "rejected": {(group, number): rejected_row(number) for group in groups for number in REJECTION.words.values()},
        "device": {(1,): device_row()},
        "coverage": {(group,): coverage_row(peers) for group in groups},
        "decision": {(group,): decision_row() for group in groups[:1]},
        "event": {(number,): event_row(number, groups[0]) for number in range(1, 4)} if groups else {},
        "alarm": {(1,): alarm_row(groups[0])} if groups else {},
    }
    return View(revision, 1_000_000_000 + revision, is_stale, tables)


def unit_row(members: int, peers: int, revision: int, is_stale: bool) -> dict[str, Value]:
    return {
        "name": "rx-a",
        "unit_id": "00ff00ff00ff00ff",
        "software": "0.1.0",
        "boot": 42,
        "description": "Understudy 0.1.0 on rx-a",
        "started_at": NOW_NS - 86_400_000_000_000,
        "discontinuity_at": NOW_NS - 86_400_000_000_000,
        "authenticated": True,
        "real_time": True,
        "link_up": True,
        "link_detail": "",
        "lan_error": "",
        "view_revision": revision,
        "view_age_ms": 12,
        "stale": is_stale,
        "members": members,
        "peers": peers,
        "alarms": 1,
        "worst_severity": 2,
        "lock_available": True,
        "event_limit": 1000,
        "events_dropped": 0,
        "notifications_enabled": True,
        "notification_min_interval_ms": 1000,
        "notifications_sent": 5,
        "notifications_suppressed": 0,
        "write_semaphore": 1,
        "recorder_enabled": True,
        "recorder_up": True,
        "recorder_notes": 4000,
        "recorder_dropped": 0,
        "recorder_kib": 1200,
        "recorder_oldest": NOW_NS - 3_600_000_000_000,
        "recorder_fault": "",
    }


def member_row(group: int, **more: Value) -> dict[str, Value]:
    """On air."""
    return {**_identity(group), **_settings(), **_state(), **_history(), **_configuration(), **_command(), **more}


def _identity(group: int) -> dict[str, Value]:
    return {
        "device_type": 1,
        "device": f"rx{group}",
        "designation": 1,
        "role": 5,
        "state": 5,
        "common_state": 2,
        "link_state": 3,
        "indicator": 3,
        "backup_lamp": True,
    }


def _settings() -> dict[str, Value]:
    return {
        "priority": 254,
        "preempt": False,
        "advertisement_interval_ms": 1000,
        "return_policy": 1,
        "return_hold_ms": 30_000,
        "standby_mode": 1,
        "locked": False,
        "auto_lock": False,
        "maintenance": False,
        "maintenance_owner": "",
        "maintenance_reason": "",
        "maintenance_until": None,
        "maintenance_minutes": 120,
    }


def _state() -> dict[str, Value]:
    return {
        "takeover_timeout_us": 3_007_812,
        "takeover_in_ms": None,
        "lease_remaining_ms": 2200,
        "able": True,
        "fenced": True,
        "readiness": 255,
        "readiness_colour": 3,
        "master_name": "rx-a",
        "master_unit_id": "00ff00ff00ff00ff",
        "master_priority": 254,
        "master_age_ms": 0,
        "master_address": "",
        "master_gone": False,
        "acting_for": None,
        "returned": False,
        "seat": 1,
        "withheld": "",
        "busy_with": None,
        "busy_since_ms": None,
        "protection": 4,
        "readiness_reasons": 0,
        "parked": False,
        "alarms": 1,
        "alarm_mask": 1 << 2,
        "worst_severity": 2,
    }


def _history() -> dict[str, Value]:
    return {
        "transitions": 3,
        "last_reason": 8,
        "last_text": "the output is open",
        "last_before": 4,
        "last_after": 5,
        "last_at": NOW_NS - 3_600_000_000_000,
        "split_brains": 0,
        "overlap_ms": 0,
        "detect_us": 3_007_812,
        "claim_us": 1_200,
        "load_us": 5_000,
        "lock_us": 700_000,
        "open_us": 800,
        "send_failures": 0,
    }


def _configuration() -> dict[str, Value]:
    return {
        "config_revision": 12,
        "config_digest": bytes(range(32)),
        "config_held": True,
        "config_readiness": 255,
        "config_rank": 1,
        "config_capacity": 8,
        "tracking_state": 2,
        "tracking_lag_ms": 40,
        "pending_decision": "",
    }


def _command() -> dict[str, Value]:
    return {
        "command": 1,
        "command_reason": "",
        "operation_id": 0,
        "operation_verb": 1,
        "operation_phase": 1,
        "operation_text": "",
        "operation_author": "",
        "operation_started_at": None,
        "operation_age_ms": None,
        "margin_least_us": 199_200,
        "false_takeover_ppm": 3,
    }


def peer_row(peer: int, **more: Value) -> dict[str, Value]:
    """A backup that could take over."""
    row: dict[str, Value] = {
        "name": f"rx-{chr(ord('a') + peer % 26)}",
        "unit_id": f"{peer:016x}",
        "address": f"10.0.0.{peer % 254 + 1}",
        "priority": 254 - peer % 254,
        "designation": 2,
        "advertisement_interval_ms": 1000,
        "readiness": 255,
        "readiness_colour": 2,
        "able": True,
        "age_ms": 120,
        "last_known": False,
        "acting_for": None,
        "busy_for_ms": None,
        "config_revision": 12,
        "in_sync": True,
        "loss_ppm": None,
    }
    return {**row, **more}


def packets_row(kind: int) -> dict[str, Value]:
    return {"word": PACKET.word(kind), "sent": 100 * kind, "received": 10 * kind}


def rejected_row(number: int) -> dict[str, Value]:
    return {"word": REJECTION.word(number), "count": number}


def device_row() -> dict[str, Value]:
    return {
        "name": "rx",
        "driver": "udp",
        "ready": True,
        "fenced": True,
        "error": "",
        "datagrams": 123_456,
        "state": "open, input present",
        "muted": False,
        "continuity_errors": 0,
        "input_continuity_errors": 2,
        "input_datagrams": 123_460,
        "input_present": True,
        "send_errors": 0,
    }


def coverage_row(able: int) -> dict[str, Value]:
    return {
        "rank": 1,
        "covered_by": able,
        "best_name": "rx-b" if able else "",
        "lost_services": "",
        "state": 4 if able else 2,
    }


def decision_row() -> dict[str, Value]:
    return {
        "id": "d1",
        "since": NOW_NS - 60_000_000_000,
        "master_name": "rx-a",
        "master_revision": 12,
        "backup_name": "rx-b",
        "backup_revision": 13,
        "text": "both have changed since their common ancestor",
    }


def event_row(number: int, group: int, **more: Value) -> dict[str, Value]:
    row: dict[str, Value] = {
        "at": NOW_NS - number * 1_000_000_000,
        "group": group,
        "what": 2,
        "reason": 8,
        "severity": 1,
        "text": "the output is open",
        "before": "claiming",
        "after": "master",
        "author": "",
    }
    return {**row, **more}


def alarm_row(group: int) -> dict[str, Value]:
    return {
        "group": group,
        "name": 3,
        "severity": 2,
        "since": NOW_NS - 60_000_000_000,
        "text": "rx-b advertises every 500 ms, this unit every 1000 ms",
        "acknowledged": False,
    }


def with_row(view: View, table: str, index: Index, **changes: Any) -> View:
    """The next view, in which a row says something else."""
    rows = dict(view.tables[table])
    rows[index] = {**rows.get(index, {}), **changes}
    return View(view.revision + 1, view.made_at_ns + 1, view.is_stale, {**view.tables, table: rows})
