"""The arithmetic of the redundancy LAN (docs/protocol.md, Timers). Integers; units in the names."""

MS = 1_000_000
SECOND = 1_000_000_000

SKEW_STEP_NS = 100 * MS
"""One priority step: S-12."""

LEASE_GUARD_NS = 20 * MS
"""What the lease leaves for the packet's way to the backup."""

GIVE_UP_REPEATS = 3
REPEAT_NS = 20 * MS
"""Give-up and handover: three times, 20 ms apart (C-04)."""

BEATS_TO_RAISE = 3
"""Adverts that say a longer interval before it counts: a backup that has heard none of them for so long is a partition."""

HELD_LEASE_NS = 500 * MS
HOLD_EVERY_NS = 100 * MS
"""Of an output that was left on the air by a forced OFF: the longest for which a process that is frozen just then keeps it open
beside a unit that takes the group."""
DOUBT_NS = 100 * MS
"""So long such an output is silent when somebody claims who has yet to prove that it lives: it may be a recording."""

REQUEST_REPEAT_NS = 50 * MS
CHANGEOVER_LIMIT_NS = 2 * SECOND
"""After this an operation that nobody answers is called failed."""

CLAIM_LIMIT_NS = 5 * SECOND
"""A device that has not opened by then is at fault, and the claim is given up."""

CLAIM_SETTLE_NS = 5 * MS
"""A claim that no master asked for is left on the LAN so long before the output opens: a crossing one is heard in time."""

UNREAD_LIMIT_NS = 100 * MS
"""In a flood a claimer's socket is never empty; what arrived so long ago has been read all the same."""

CHALLENGE_REPEATS = 5
CHALLENGE_REPEAT_NS = 30 * MS

START_LIMIT_NS = 5 * SECOND
"""A unit that is not ready by then says why."""

FLAP_REST_NS = 30 * SECOND
"""After its device failed on the air, a unit does not preempt for so long."""

BEACON_MIN_NS = 1 * SECOND
BEACON_PACE_NS = 40 * MS
"""A unit with many seats lets its beacons take turns: at most 25 a second."""
POOL_NEWS_NS = 100 * MS
"""All seats of a pool speak out of turn at most so often."""
PEER_LIFE_BEACONS = 3.5
"""A unit that was silent for this many beacons is no longer counted on."""
SEAT_LIFE_NS = 60 * SECOND
"""What a unit said of one of its seats is believed for so long, while the unit itself is heard."""


def skew_ns(priority: int) -> int:
    """(256-P)*100_000 us, as ns; P 1..255 (S-12)."""
    return (256 - priority) * SKEW_STEP_NS


def takeover_timeout_ns(interval_ms: int, priority: int) -> int:
    """T = A*1_000_000 + (256-P)*100_000 us, as ns (S-12). A in ms 10..40950, P 1..255."""
    return interval_ms * MS + skew_ns(priority)


def lease_ns(interval_ms: int) -> int:
    """How long a master may keep its output open after its last sent advert (F-8).

    The fastest possible backup (P = 255) waits A + 0.1 s. The lease is that, less 0.1 % for two clocks
    500 ppm off in opposite directions, less the guard.
    """
    return (interval_ms * MS + SKEW_STEP_NS) * 999 // 1000 - LEASE_GUARD_NS


def beacon_interval_ns(interval_ms: int, seats: int = 1) -> int:
    """A backup speaks every max(A, 1 s); one with many seats more seldom for each, never for all together."""
    return max(interval_ms * MS, BEACON_MIN_NS, seats * BEACON_PACE_NS)


def is_tie(interval_ms: int, priority: int) -> bool:
    """Does the timer run out in the very moment in which a later advert is due (F-2: P=246 at A=1)?"""
    return skew_ns(priority) % (interval_ms * MS) == 0
