"""What happened to a member, which configuration it holds, and what is being done with it."""

from agent.model import words
from agent.model.answers import MAX_REASON_BYTES
from agent.model.kinds import Number, Octets, Text
from agent.model.managed import Access, Managed
from agent.model.objects.making import COUNT, COUNTER, FLAG, MAYBE_MS, MAYBE_US, MOMENT
from agent.model.objects.member import OF_MEMBER as _of  # noqa: N811

HISTORY: tuple[Managed, ...] = (
    _of(60, "transitions", COUNTER, "Changes of state since the discontinuity time.", metric="member_state_changes_total"),
    _of(61, "last_reason", words.REASON, "Why the state changed last; none: it has not."),
    _of(62, "last_text", Text(255), "The same in a sentence."),
    _of(63, "last_before", words.LAST_STATE, "State before it."),
    _of(64, "last_after", words.LAST_STATE, "State after it."),
    _of(
        65,
        "last_at",
        MOMENT,
        "When; a zero date: it has not changed.",
        metric="member_last_transition_timestamp_seconds",
    ),
    _of(66, "split_brains", COUNTER, "How often two units were master together.", metric="member_split_brains_total"),
    _of(67, "overlap_ms", COUNTER, "For how long in all, in ms.", metric="member_overlap_seconds_total"),
    _of(
        68,
        "detect_us",
        MAYBE_US,
        "Of the last takeover here: from the master's last word to the decision; -1: not known.",
        metric="member_takeover_detect_seconds",
        requirement="F-7",
    ),
    _of(69, "claim_us", MAYBE_US, "Then until the claim was settled; -1: not known.", metric="member_takeover_claim_seconds"),
    _of(70, "load_us", MAYBE_US, "Then until the device had loaded; -1: not known.", metric="member_takeover_load_seconds"),
    _of(71, "lock_us", MAYBE_US, "Then until the input had sync; -1: not known.", metric="member_takeover_lock_seconds"),
    _of(72, "open_us", MAYBE_US, "Then until the output was open; -1: not known.", metric="member_takeover_open_seconds"),
    _of(73, "send_failures", COUNTER, "Packets that could not be sent.", metric="member_send_failures_total"),
)
CONFIGURATION: tuple[Managed, ...] = (
    _of(80, "config_revision", COUNT, "Revision of the group's configuration in force here; 0: none.", metric="config_revision"),
    _of(81, "config_digest", Octets(32), "Its digest, SHA-256; empty: none."),
    _of(82, "config_held", FLAG, "Is a complete verified copy here?", metric="config_held"),
    _of(
        83,
        "config_readiness",
        Number(-1, 255),
        "How well this unit could serve it: 0 cannot, 255 in sync; -1: nothing keeps a configuration here.",
        metric="config_readiness",
        requirement="C-14",
    ),
    _of(84, "config_rank", COUNT, "Rank of its most important service, 1 first; 0: none.", requirement="C-16"),
    _of(
        85,
        "config_capacity",
        COUNT,
        "Services that this unit can carry of it; 0: not stated.",
        metric="config_capacity",
        requirement="Z-11",
    ),
    _of(
        86,
        "tracking_state",
        words.TRACKING,
        "How following the master's configuration stands; none: not set up.",
        metric="config_tracking_state",
        requirement="Z-40",
    ),
    _of(
        87,
        "tracking_lag_ms",
        MAYBE_MS,
        "From hearing of the last revision to its being in force here; -1: not known.",
        metric="config_tracking_lag_seconds",
    ),
    _of(
        88,
        "pending_decision",
        Text(64),
        "Question about two configurations that waits for a person; empty: none.",
        metric="config_pending_decision",
    ),
)
COMMAND: tuple[Managed, ...] = (
    _of(
        90,
        "command",
        words.COMMAND,
        "Writing it gives the command; it always reads no_action. set_master: air the group here; set_backup: leave the air to "
        "the backup; force_master: air it whatever others say; off, on: take no part, take part again; arm_standby: take over "
        "by itself again; acknowledge: the alarms are known. The outcome is in the operation columns.",
        access=Access.WRITE,
        requirement="S-25",
    ),
    _of(
        91,
        "command_reason",
        Text(MAX_REASON_BYTES),
        "Why, in your words: kept in the audit with the next command or change.",
        access=Access.WRITE,
    ),
    _of(92, "operation_id", COUNT, "Number of the operation that runs or ran last; 0: none.", requirement="C-17"),
    _of(93, "operation_verb", words.OPERATION, "What it does.", requirement="D-26"),
    _of(94, "operation_phase", words.PHASE, "Whether it runs, and how it ended.", requirement="D-26"),
    _of(95, "operation_text", Text(255), "Its outcome in a sentence."),
    _of(96, "operation_author", Text(128), "Who began it, from which face and address."),
    _of(97, "operation_started_at", MOMENT, "When; a zero date: there is none."),
    _of(98, "operation_age_ms", MAYBE_MS, "Since its beginning, while it runs; -1: none runs."),
)
