"""The closed lists of the model: word → number. Numbers never move and are never used again: a list only grows at its end.

Managers, PLC programs and dashboards keep these numbers for years, so they are written out here and not counted from the
engine's enumerations; a test holds that every word of the engine has its number.
"""

from agent.model.answers import Phase, Verb
from agent.model.kinds import Choice

ROLE = Choice({"off": 1, "init": 2, "backup": 3, "claiming": 4, "master": 5, "fault": 6})
STATE = Choice({"off": 1, "init": 2, "backup": 3, "claiming": 4, "master": 5, "fault": 6, "yielding": 7, "off_on_air": 8})
LAST_STATE = Choice({**STATE.words, "none": 99})
"""Before and after a change; none: nothing has changed yet."""
DESIGNATION = Choice({"main": 1, "reserve": 2, "nmBackup": 3})
COMMON_STATE = Choice({"none": 1, "main": 2, "reserve": 3, "off": 4})
LINK_STATE = Choice({"off": 1, "connecting": 2, "connected": 3, "error": 4, "changing_over": 5, "busy": 6})
INDICATOR = Choice({"off": 1, "grey": 2, "green": 3, "yellow": 4, "red": 5})
COLOUR = Choice({"red": 1, "yellow": 2, "green": 3})
RETURN_POLICY = Choice({"manual": 1, "after_hold": 2})
STANDBY_MODE = Choice({"automatic": 1, "attended": 2})
SEAT = Choice({"ordinary": 1, "pooled": 2, "resting": 3})
PROTECTION = Choice({"unknown": 1, "unprotected": 2, "busy": 3, "protected": 4})
COVERAGE = Choice({"unknown": 1, "uncovered": 2, "busy": 3, "covered": 4, "resting": 5})
TRACKING = Choice(
    {
        "none": 1,
        "local": 2,
        "synced": 3,
        "pulling": 4,
        "offering": 5,
        "pending": 6,
        "paused": 7,
        "unpaired": 8,
        "unreachable": 9,
    }
)
SEVERITY = Choice({"none": 1, "warning": 2, "critical": 3})
REASON = Choice(
    {
        "none": 1,
        "ready": 2,
        "master_silent": 3,
        "master_gave_up": 4,
        "no_master_at_start": 5,
        "named_successor": 6,
        "forced": 7,
        "output_open": 8,
        "master_heard": 9,
        "stronger_claim": 10,
        "rival_won": 11,
        "handed_over": 12,
        "gave_up": 13,
        "successor_silent": 14,
        "lease_ended": 15,
        "link_lost": 16,
        "link_back": 17,
        "device_failed": 18,
        "device_back": 19,
        "claim_timed_out": 20,
        "command": 21,
        "preempted": 22,
        "returned": 23,
        "stopping": 24,
    }
)
"""Why a role changed."""
REJECTION = Choice(
    {
        "ttl": 1,
        "not_understudy": 2,
        "oversize": 3,
        "major_version": 4,
        "unsigned": 5,
        "unexpected_mac": 6,
        "unknown_key": 7,
        "bad_mac": 8,
        "unknown_kind": 9,
        "malformed": 10,
        "other_type": 11,
        "other_group": 12,
        "own_unit_id": 13,
        "replayed": 14,
        "stale": 15,
        "unproven": 16,
        "too_many_peers": 17,
        "not_from_master": 18,
    }
)
PACKET = Choice({"advert": 1, "give_up": 2, "claim": 3, "handover": 4, "question": 5, "beacon": 6, "request": 7, "refusal": 8})
ALARM = Choice(
    {
        "other": 1,
        "not_ready": 2,
        "interval_mismatch": 3,
        "successor_silent": 4,
        "split_brain": 5,
        "two_priority_255": 6,
        "strangers": 7,
        "returned": 8,
        "pool_conflict": 9,
        "attended": 10,
        "maintenance": 11,
        "off": 12,
        "not_fenced": 13,
        "capacity_short": 14,
        "decision_pending": 15,
        "core_away": 16,
        "off_on_air": 17,
        "margin_thin": 18,
        "recorder": 19,
    }
)
"""Bit n - 1 of a member's alarm mask. `other`: a later core's, whose text says what it is."""
EVENT = Choice(
    {
        "other": 1,
        "transition": 2,
        "alarm": 3,
        "alarm_cleared": 4,
        "takeover": 5,
        "command": 6,
        "setting": 7,
        "lock": 8,
        "maintenance": 9,
        "fault": 10,
        "peer_lost": 11,
        "peer_back": 12,
        "readiness": 13,
        "configuration": 14,
    }
)
UNREADY = Choice(
    {
        "other": 1,
        "not_fenced": 2,
        "not_heard": 3,
        "busy": 4,
        "off": 5,
        "unable": 6,
        "attended": 7,
        "maintenance": 8,
        "one_path": 9,
        "no_copy": 10,
        "other_software": 11,
        "pulling": 12,
        "decision": 13,
        "paused": 14,
        "unpaired": 15,
        "capacity": 16,
        "own_values": 17,
        "licence": 18,
        "not_following": 19,
        "partial": 20,
        "cannot": 21,
        "withheld": 22,
    }
)
"""Why a backup is not fully ready, as one word for each kind of sentence."""
COMMAND = Choice({verb.name.lower(): verb.value for verb in Verb})
PHASE = Choice({phase.name.lower(): phase.value for phase in Phase})
OPERATION = Choice(
    {"none": 1, **{word: number for word, number in COMMAND.words.items() if number > 1}, "stop": 90, "preempt": 91}
)
"""What runs or ran last. From 90: what no person orders by this model."""
