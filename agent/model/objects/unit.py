"""Scalars: the unit as a whole."""

from agent.model import words
from agent.model.kinds import Number, Text
from agent.model.managed import Access, Table
from agent.model.objects.making import COUNT, COUNTER, FLAG, MAYBE_MS, MOMENT, MOST, maker

_of = maker("unit", "usUnit")

UNIT = Table(
    "unit",
    "This unit: who it is, how it is, and what concerns all of its groups.",
    1,
    (),
    (
        _of(1, "name", Text(64), "Name of the unit, as set in [unit] name.", metric="unit_info", requirement="Z-19"),
        _of(2, "unit_id", Text(16), "Identity on the redundancy LAN: 16 hexadecimal digits, made once, kept for ever."),
        _of(3, "software", Text(32), "Version of this software.", metric="build_info", requirement="C-14"),
        _of(4, "boot", COUNT, "Grows with every start of core; never goes back.", metric="unit_boot"),
        _of(5, "description", Text(255), "Software and name in one line, as in sysDescr."),
        _of(6, "started_at", MOMENT, "When core started.", metric="unit_start_timestamp_seconds"),
        _of(
            7,
            "discontinuity_at",
            MOMENT,
            "When counters last began at 0: the start of core. A counter that is smaller than before is explained by this.",
        ),
        _of(8, "authenticated", FLAG, "Are packets on the redundancy LAN signed?", metric="authenticated"),
        _of(9, "real_time", FLAG, "Does the machine let core be punctual under load?", metric="real_time"),
        _of(10, "link_up", FLAG, "Has the redundancy LAN carrier?", metric="link_up"),
        _of(11, "link_detail", Text(255), "What is known of the carrier, in words."),
        _of(12, "lan_error", Text(255), "The last error in sending or receiving on the LAN; empty: none."),
        _of(
            13,
            "view_revision",
            COUNT,
            "Grows by one with each new state of this model. Equal before and after several reads: they are of one state.",
            requirement="D-28",
        ),
        _of(
            14,
            "view_age_ms",
            MAYBE_MS,
            "Age of what is shown; -1: nothing has been heard from core yet.",
            metric="core_age_seconds",
            requirement="C-18",
        ),
        _of(15, "stale", FLAG, "Core does not answer: what is shown is the last known.", metric="unit_stale", requirement="C-18"),
        _of(16, "members", COUNT, "Groups in which this unit has a seat.", metric="unit_members"),
        _of(17, "peers", COUNT, "Other units heard on the redundancy LAN.", metric="peers"),
        _of(18, "alarms", COUNT, "Alarms raised now, in all groups.", metric="unit_alarms"),
        _of(19, "worst_severity", words.SEVERITY, "The worst of them; none: no alarm."),
        _of(
            20,
            "lock_available",
            FLAG,
            "Do the settings offer the lock ([management] lock)? If not, commands are never locked.",
            requirement="D-53",
        ),
        _of(21, "event_limit", COUNT, "Events kept in the event table at most."),
        _of(22, "events_dropped", COUNTER, "Older events that made room for newer ones.", metric="events_dropped_total"),
        _of(
            23,
            "notifications_enabled",
            FLAG,
            "Are notifications (traps, informs) sent?",
            access=Access.WRITE,
        ),
        _of(
            24,
            "notification_min_interval_ms",
            Number(0, 3_600_000, "ms"),
            "Least time between two notifications of one kind and group; those in between are counted as suppressed.",
            access=Access.WRITE,
        ),
        _of(25, "notifications_sent", COUNTER, "Notifications handed to the network.", metric="notifications_sent_total"),
        _of(
            26,
            "notifications_suppressed",
            COUNTER,
            "Notifications not sent because of the least interval.",
            metric="notifications_suppressed_total",
        ),
        _of(
            27,
            "write_semaphore",
            Number(0, MOST),
            "Against two writers at once: read it, and write what was read together with the change; it then moves by one. "
            "Refused when another has moved it.",
            access=Access.WRITE,
        ),
        _of(28, "recorder_enabled", FLAG, "Do the settings want a flight recorder?", metric="recorder_enabled"),
        _of(29, "recorder_up", FLAG, "Does the flight recorder write down what happens now?", metric="recorder_up"),
        _of(30, "recorder_notes", COUNTER, "Notes handed to the flight recorder.", metric="recorder_notes_total"),
        _of(
            31,
            "recorder_dropped",
            COUNTER,
            "Notes missing from the record, because the flight recorder did not take them in time: core never waits for it.",
            metric="recorder_dropped_total",
        ),
        _of(32, "recorder_kib", Number(0, MOST, "KiB"), "Size of the flight recorder's files.", metric="recorder_bytes"),
        _of(33, "recorder_oldest", MOMENT, "Beginning of the oldest of them.", metric="recorder_oldest_timestamp_seconds"),
        _of(34, "recorder_fault", Text(255), "Why nothing is recorded although it should be; empty: all is well."),
    ),
)
