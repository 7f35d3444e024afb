"""The list of issue 5, held to its families: who takes `metric=` off an object, or gives it other labels, fails here."""

import pytest

from agent.model.metrics import PREFIX, Family, Type, told
from agent.model.metrics_counted import EVERY, PHASES

COUNTER, GAUGE, HISTOGRAM, INFO = Type.COUNTER, Type.GAUGE, Type.HISTOGRAM, Type.INFO
OF_GROUP, OF_PEER, OF_DEVICE, OF_PROCESS = ("group",), ("group", "peer"), ("device",), ("process",)
Carrier = tuple[str, Type, tuple[str, ...]]
AT_LEAST: dict[str, tuple[Carrier, ...]] = {
    "role one-hot": (("member_role", GAUGE, ("group", "role")),),
    "priority": (("member_priority", GAUGE, OF_GROUP), ("peer_priority", GAUGE, OF_PEER)),
    "preempt": (("member_preempt", GAUGE, OF_GROUP),),
    "interval": (("member_advertisement_interval_seconds", GAUGE, OF_GROUP),),
    "takeover timeout": (("member_takeover_timeout_seconds", GAUGE, OF_GROUP),),
    "transitions by reason": (("member_transitions_total", COUNTER, ("group", "reason")),),
    "time of last transition": (("member_last_transition_timestamp_seconds", GAUGE, OF_GROUP),),
    "changeover duration": (("member_changeover_seconds", HISTOGRAM, OF_GROUP),),
    "takeover phase durations": (
        ("member_takeover_phase_seconds", HISTOGRAM, ("group", "phase")),
        *((f"member_takeover_{phase}_seconds", GAUGE, OF_GROUP) for phase in PHASES),
    ),
    "advert counters by kind": (
        ("packets_sent_total", COUNTER, ("group", "kind")),
        ("packets_received_total", COUNTER, ("group", "kind")),
    ),
    "and rejection reason": (("packets_rejected_total", COUNTER, ("group", "reason")),),
    "advert arrival distance": (("member_advert_distance_seconds", HISTOGRAM, OF_GROUP),),
    "margin left before a takeover": (
        ("member_advert_margin_seconds", HISTOGRAM, OF_GROUP),
        ("member_advert_margin_least_seconds", GAUGE, OF_GROUP),
    ),
    "peer age": (("peer_age_seconds", GAUGE, OF_PEER),),
    "readiness by reason": (("readiness_reason", GAUGE, ("group", "peer", "reason")), ("member_readiness", GAUGE, OF_GROUP)),
    "lease": (("member_lease_remaining_seconds", GAUGE, OF_GROUP),),
    "output packets": (("device_datagrams_total", COUNTER, OF_DEVICE),),
    "continuity errors": (
        ("device_continuity_errors_total", COUNTER, OF_DEVICE),
        ("device_input_continuity_errors_total", COUNTER, OF_DEVICE),
    ),
    "outage seconds by phase and cause": (("member_outage_seconds_total", COUNTER, ("group", "phase", "cause")),),
    "configuration revision": (("config_revision", GAUGE, OF_GROUP), ("config_held", GAUGE, OF_GROUP)),
    "tracking lag": (("config_tracking_lag_seconds", GAUGE, OF_GROUP),),
    "alarms": (("alarm", GAUGE, ("group", "alarm", "severity")),),
    "command counts by face and result": (("commands_total", COUNTER, ("face", "verb", "result")),),
    "recorder health": (
        ("recorder_up", GAUGE, ()),
        ("recorder_enabled", GAUGE, ()),
        ("recorder_dropped_total", COUNTER, ()),
        ("recorder_bytes", GAUGE, ()),
        ("recorder_oldest_timestamp_seconds", GAUGE, ()),
    ),
    "process health": (
        ("process_up", GAUGE, OF_PROCESS),
        ("process_restarts_total", COUNTER, OF_PROCESS),
        ("process_cpu_seconds_total", COUNTER, OF_PROCESS),
        ("process_resident_memory_bytes", GAUGE, OF_PROCESS),
    ),
    "build info": (("build_info", INFO, ("version", "python")),),
    "adapter up": (("up", GAUGE, ()), ("face_up", GAUGE, ("face", "part"))),
}
FAMILIES: dict[str, Family] = {family.name: family for family in (*(one.family for one in told()), *EVERY)}


@pytest.mark.parametrize("what", AT_LEAST)
def test_what_the_issue_names_has_its_family(what: str) -> None:
    """Issue 5, Metrics, "At least": name, type and labels, as dashboards and rules of others' sites rely on them."""
    for name, kind, labels in AT_LEAST[what]:
        family = FAMILIES[PREFIX + name]
        assert (family.type, family.labels) == (kind, labels), name


def test_no_family_is_named_twice() -> None:
    """Issue 5: one meaning a name."""
    assert len(FAMILIES) == len(told()) + len(EVERY)
