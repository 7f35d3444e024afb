"""This unit's seat in a group: who it is, what it does now, and who is master."""

from agent.model import words
from agent.model.kinds import Number, Text
from agent.model.managed import Access, Managed
from agent.model.objects.making import (
    COUNT,
    FLAG,
    GROUP,
    LEVEL,
    MAYBE_GROUP,
    MAYBE_MS,
    MS,
    maker,
)

OF_MEMBER = maker("member", "usMember")
_of = OF_MEMBER

GROUP_INDEX = _of(1, "group", GROUP, "The identity that is protected, 0..255.", access=Access.INDEX)
IDENTITY: tuple[Managed, ...] = (
    _of(2, "device_type", LEVEL, "Units of different device types never back up one another.", requirement="S-02"),
    _of(3, "device", Text(64), "Name of the device that holds the output.", metric="member_info"),
    _of(
        4,
        "designation",
        words.DESIGNATION,
        "What this unit is for: main, reserve, or backup of several masters.",
        requirement="C-01",
    ),
    _of(5, "role", words.ROLE, "What this unit is now.", metric="member_role", requirement="C-01"),
    _of(
        6,
        "state",
        words.STATE,
        "As role, and `yielding` for a master that mutes in order to leave.",
        metric="member_state",
        requirement="D-55",
    ),
    _of(
        7,
        "common_state",
        words.COMMON_STATE,
        "Of the pair, the same on both units: who airs; off: switched off; none: nobody airs, or it is not known.",
        metric="member_common_state",
        requirement="D-09",
    ),
    _of(
        8,
        "link_state",
        words.LINK_STATE,
        "Of the watch connection. connecting: it listens since its start; connected: ready for changeover; error: no partner is "
        "heard, or none that could take over; changing_over: commands are answered busy; busy: the backup airs another group; "
        "off: switched off.",
        metric="member_link_state",
        requirement="D-23",
    ),
    _of(
        9,
        "indicator",
        words.INDICATOR,
        "Colour of the standby's button. green: changeover by itself; yellow: by hand, or not fully ready; red: nobody could "
        "take over; grey: nobody airs yet; off: switched off.",
        metric="member_indicator",
        requirement="D-30",
    ),
    _of(
        10,
        "backup_lamp",
        FLAG,
        "The lamp named Backup: the backup feature is in use here, in either role.",
        requirement="Z-45",
    ),
)
NOW: tuple[Managed, ...] = (
    _of(
        30,
        "takeover_timeout_us",
        Number(0, 0xFFFF_FFFF, "µs"),
        "A backup takes over after so long without a word from its master.",
        metric="member_takeover_timeout_seconds",
        requirement="S-12",
    ),
    _of(31, "takeover_in_ms", MAYBE_MS, "Left of it; -1: no deadline runs."),
    _of(
        32,
        "lease_remaining_ms",
        MS,
        "The output closes by itself after so long without renewal; 0: not open.",
        metric="member_lease_remaining_seconds",
    ),
    _of(33, "able", FLAG, "Are link and device there?", metric="member_able"),
    _of(34, "fenced", FLAG, "Does a living dead-man hold the output?", metric="member_fenced", requirement="C-24"),
    _of(
        35,
        "readiness",
        LEVEL,
        "How ready this unit is to serve the group: 0 cannot, 255 in every way.",
        metric="member_readiness",
        requirement="C-16",
    ),
    _of(
        36,
        "readiness_colour",
        words.COLOUR,
        "The same as a colour; automatic and complete: green; attended: yellow.",
        metric="member_readiness_colour",
    ),
    _of(37, "readiness_reasons", COUNT, "How many reasons the reason table gives for it under peer 0."),
    _of(38, "master_name", Text(64), "Name of the unit that airs the group; empty: none is heard."),
    _of(39, "master_unit_id", Text(16), "Its identity; empty: none is heard."),
    _of(40, "master_priority", Number(-1, 255), "Its priority; -1: none is heard."),
    _of(41, "master_age_ms", MAYBE_MS, "Since its last word; 0: this unit itself; -1: none is heard."),
    _of(42, "master_address", Text(64), "Its address; empty: this unit itself, or none."),
    _of(43, "master_gone", FLAG, "It gave up or handed over, and its successor is awaited."),
    _of(44, "acting_for", MAYBE_GROUP, "The group that this backup airs for its master; -1: none.", requirement="C-01"),
    _of(
        45,
        "returned",
        FLAG,
        "A repaired master that finds its group aired by a backup, and waits for an order.",
        metric="member_returned",
        requirement="Z-38",
    ),
    _of(46, "seat", words.SEAT, "In N:M: ordinary, a backup's seat in a group it protects, or a backup's own group."),
    _of(47, "withheld", Text(255), "What keeps this backup from taking over now; empty: nothing."),
    _of(48, "busy_with", MAYBE_GROUP, "This backup airs that other group now; -1: none.", requirement="D-27"),
    _of(49, "busy_since_ms", MAYBE_MS, "For so long; -1: not busy."),
    _of(
        50,
        "protection",
        words.PROTECTION,
        "Of a master: protected: somebody could take over; busy: they air other groups; unprotected: nobody could.",
        metric="member_protection",
        requirement="D-38",
    ),
    _of(51, "parked", FLAG, "It left the air by command: no preemption until a person says so."),
    _of(52, "alarms", COUNT, "Alarms raised in this group."),
    _of(53, "alarm_mask", COUNT, "The same as bits: bit n - 1 for the alarm name with number n."),
    _of(54, "worst_severity", words.SEVERITY, "The worst of them.", metric="member_worst_severity"),
)
