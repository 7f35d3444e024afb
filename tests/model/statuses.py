"""What core and the handover process say of a unit, as Memory has it: a quiet pair, and what a test wants otherwise."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
OWN, OTHER = "00ff00ff00ff00ff", "0000000000000005"
HERE: Json = {"name": "rx-a", "unit_id": OWN, "priority": 254, "age_ms": 0.0, "address": "", "gone": False}
THERE: Json = {"name": "rx-b", "unit_id": OTHER, "priority": 253, "age_ms": 12.5, "address": "10.0.0.2", "gone": False}


def peer(**more: Any) -> Json:
    """rx-b, a reserve that could take over."""
    quiet: Json = {
        "name": "rx-b",
        "unit_id": OTHER,
        "address": "10.0.0.2",
        "priority": 253,
        "designation": "reserve",
        "advertisement_interval_ms": 1000,
        "readiness": 255,
        "able": True,
        "age_ms": 210.4,
        "acting_for": None,
        "busy_for_ms": None,
        "config_revision": 12,
        "in_sync": True,
    }
    return quiet | more


def master(group: int = 7, **more: Any) -> Json:
    """On air as the main, with rx-b standing by."""
    quiet: Json = {
        "group": group,
        "device_type": 1,
        "device": f"rx{group}",
        "designation": "main",
        "role": "master",
        "state": "master",
        "priority": 254,
        "preempt": False,
        "parked": False,
        "advertisement_interval_ms": 1000,
        "takeover_timeout_us": 1_200_000,
        "takeover_in_ms": None,
        "lease_remaining_ms": 2200.0,
        "able": True,
        "fenced": True,
        "seat": "ordinary",
        "n_to_m": False,
        "acting_for": None,
        "returned": False,
        "busy": None,
        "withheld": None,
        "configuration": configuration(),
        "protection": {"state": "protected", "able": ["rx-b"], "busy": []},
        "last_takeover": {"detect_ms": 1200.5, "claim_ms": 6.0, "load_ms": None, "open_ms": 1.0, "lock_ms": None, "at_ns": 9},
        "master": HERE,
        "operation": None,
        "last_transition": _last("output_open", "claiming", "master"),
        "transitions": 3,
        "split_brains": 0,
        "overlap_ms": 0.0,
        "alarms": [],
        "peers": [peer()],
        "packets": {"sent": {"advert": 90}, "received": {"beacon": 9}, "rejected": {"bad_mac": 1}, "send_failures": 0},
    }
    return quiet | more


def backup(group: int = 7, **more: Any) -> Json:
    """The reserve that stands by; rx-b is the main, on air."""
    quiet: Json = {
        "designation": "reserve",
        "role": "backup",
        "state": "backup",
        "priority": 253,
        "lease_remaining_ms": 0.0,
        "takeover_in_ms": 1188.0,
        "protection": None,
        "master": THERE,
        "last_transition": _last("ready", "init", "backup"),
        "peers": [peer(designation="main", priority=254, able=False)],
    }
    return master(group) | quiet | more


def _last(reason: str, before: str, after: str) -> Json:
    at: Json = {"at_ns": 5, "time": "2026-01-02T03:04:05.678Z"}
    return {"reason": reason, "text": "because", "before": before, "after": after} | at


def configuration(**more: Any) -> Json:
    quiet = {"revision": 12, "digest": "ab" * 32, "held": True, "readiness": 255, "reasons": [], "rank": 1, "capacity": 8}
    return quiet | more


def alarm(name: str = "not_ready", severity: str = "critical", **more: Any) -> Json:
    said = {"text": "look at it", "raised_at_ns": 7, "raised_at": "2026-01-02T03:04:05.678Z"}
    return {"name": name, "severity": severity} | said | more


def unit(**more: Any) -> Json:
    quiet: Json = {
        "name": "rx-a",
        "unit_id": OWN,
        "boot": 42,
        "software": "0.1.0",
        "authenticated": True,
        "link": {"up": True, "detail": ""},
        "devices": {"rx7": "ready"},
        "rejected": {},
        "peers": 1,
        "real_time": True,
        "lan_error": None,
    }
    return quiet | more


def status(members: Sequence[Json] = (), **more: Any) -> Json:
    """Of one whole snapshot, just taken."""
    listed = list(members) or [master()]
    devices = {"rx7": {"fenced": True, "muted": False, "input_present": True, "datagrams_out": 99}}
    return {"stale": False, "age_ms": 0, "unit": unit(), "members": listed, "devices": devices} | more


def tracked(group: int = 7, **more: Any) -> Json:
    """The handover process's word on a group."""
    tracking = {"state": "synced", "master": "rx-b", "address": "10.0.0.2", "lag_ms": 41.7, "text": ""}
    return {"group": group, "tracking": tracking, "paired": True, "partners": [OTHER], "pending": None} | more
