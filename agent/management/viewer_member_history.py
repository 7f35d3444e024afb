"""What happened to a member, which configuration it holds, what is being done with it: columns of the member table. Pure."""

from agent.management.viewer_read import Object, count, digest, moment, numbered, older, table, text, whole
from agent.management.viewer_said import overlaid
from agent.management.viewer_telling import NO_RANK, Telling
from agent.model import words
from agent.model.kinds import Value

Columns = dict[str, Value]


def history_columns(telling: Telling) -> Columns:
    """Transitions and what was lost by two masters."""
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
    }


def takeover_columns(member: Object) -> Columns:
    """The phases of the last one (F-7)."""
    last = table(member.get("last_takeover"))
    return {f"{phase}_us": whole(last.get(f"{phase}_ms"), 1000) for phase in ("detect", "claim", "load", "lock", "open")}


def configuration_columns(telling: Telling) -> Columns:
    """What is in force here, and how following the master's stands."""
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


def operation_columns(telling: Telling) -> Columns:
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
