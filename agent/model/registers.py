"""Where Modbus clients find what the model holds: places that never move. Addresses are 0-based.

Each of the four banks has the unit at 0 and group G at 1000 + 64 * G, whatever groups this unit has a seat in.
"""

from agent.model.managed import Bank, Register

MARKER = (0x5553, 0x4459)
"""`USDY`, at 0 of the input and of the holding registers."""
MAP_VERSION = 1
END = 0xFFFF
"""In the place of a model id: no more blocks. 0 follows."""
GROUP_BASE = 1000
GROUP_STRIDE = 64
GROUPS = 256

UNIT_INPUT_MODEL = 1
SEATS_MODEL = 2
UNIT_HOLDING_MODEL = 51
GROUP_INPUT_MODEL = 100
GROUP_HOLDING_MODEL = 101

UNIT_INPUT_WORDS = 83
"""5..87 of the input registers."""
SEATS_OFFSET = 88
"""Model id, length 16, then one bit a group: group G is bit G % 16 (1: lowest) of word G / 16; set: it has a seat there."""
INPUT_END_OFFSET = 106
UNIT_HOLDING_WORDS = 95
"""5..99 of the holding registers; the command block follows."""
HOLDING_END_OFFSET = 120
"""After the command block."""
GROUP_WORDS = 62
"""After model id and length."""

MISSING_UNSIGNED = 0xFFFF
"""In every word of a number that is not known now, or of a place that nothing has."""
MISSING_SIGNED = 0x8000
"""In the first word of a number that may be negative; 0 in those after it."""


def group_address(group: int) -> int:
    """0-based, in each bank."""
    return GROUP_BASE + GROUP_STRIDE * group


def _input(offset: int, words: int = 1) -> Register:
    return Register(Bank.INPUT, offset, words)


def _holding(offset: int, words: int = 1) -> Register:
    return Register(Bank.HOLDING, offset, words)


_UNIT = {
    "stale": _input(6),
    "members": _input(7),
    "peers": _input(8),
    "alarms": _input(9),
    "worst_severity": _input(10),
    "link_up": _input(11),
    "authenticated": _input(12),
    "real_time": _input(13),
    "view_revision": _input(14, 2),
    "view_age_ms": _input(16, 2),
    "boot": _input(18, 2),
    "events_dropped": _input(20, 2),
    "name": _input(32, 32),
    "software": _input(64, 16),
    "unit_id": _input(80, 8),
    "write_semaphore": _holding(5, 2),
    "notifications_enabled": _holding(7),
    "notification_min_interval_ms": _holding(8, 2),
}
_MEMBER = {
    "role": _input(2),
    "state": _input(3),
    "designation": _input(4),
    "common_state": _input(5),
    "link_state": _input(6),
    "indicator": _input(7),
    "readiness": _input(8),
    "readiness_colour": _input(9),
    "master_priority": _input(10),
    "acting_for": _input(11),
    "busy_with": _input(12),
    "protection": _input(13),
    "seat": _input(14),
    "tracking_state": _input(15),
    "last_reason": _input(16),
    "last_before": _input(17),
    "last_after": _input(18),
    "worst_severity": _input(19),
    "alarms": _input(20),
    "alarm_mask": _input(21, 2),
    "takeover_timeout_us": _input(23, 2),
    "takeover_in_ms": _input(25, 2),
    "lease_remaining_ms": _input(27, 2),
    "master_age_ms": _input(29, 2),
    "transitions": _input(31, 2),
    "overlap_ms": _input(33, 2),
    "split_brains": _input(35, 2),
    "detect_us": _input(37, 2),
    "claim_us": _input(39, 2),
    "load_us": _input(41, 2),
    "lock_us": _input(43, 2),
    "open_us": _input(45, 2),
    "config_revision": _input(47, 2),
    "config_readiness": _input(49),
    "tracking_lag_ms": _input(50, 2),
    "operation_phase": _input(58),
    "operation_verb": _input(59),
    "operation_age_ms": _input(60, 2),
    "priority": _holding(2),
    "preempt": _holding(3),
    "advertisement_interval_ms": _holding(4),
    "return_policy": _holding(5),
    "return_hold_ms": _holding(6, 2),
    "standby_mode": _holding(8),
    "locked": _holding(9),
    "auto_lock": _holding(10),
    "maintenance": _holding(11),
    "maintenance_minutes": _holding(12),
}
_COVERAGE = {"covered_by": _input(62), "rank": _input(63)}
REGISTERS: dict[tuple[str, str], Register] = {
    **{("unit", name): register for name, register in _UNIT.items()},
    **{("member", name): register for name, register in _MEMBER.items()},
    **{("coverage", name): register for name, register in _COVERAGE.items()},
}
"""By table and column. Of tables indexed by group: from the group's block; of the unit: from 0."""
