"""The text: in both formats, read by prometheus-client and promtool, from a view that changes."""

import pytest

from agent.management.exposition.counts import Counts
from agent.management.exposition.page import Page
from agent.management.exposition.scrape import form_of
from agent.management.exposition.sources import Sources
from agent.management.exposition.text import OPEN, PLAIN
from agent.model.metrics import told
from agent.model.metrics_counted import CHANGEOVER, OUTAGE, PHASE, TRANSITIONS
from agent.model.words import ROLE, UNREADY
from tests.metrics.reading import complaints, families, needs_promtool, one_hot, value, values
from tests.model.sample import sample_view, with_row

ODD = 'rx "B"\\Süd\n2'
"""Everything that has to be escaped, and a letter that is no ASCII."""


def page() -> Page:
    """With counts."""
    return Page(Sources(counts=Counts()))


def test_both_formats_say_the_same_and_are_read_by_prometheus_own_parsers() -> None:
    """Issue 5: text 0.0.4 and OpenMetrics; the latter ends with # EOF, knows info, and counters without their ending."""
    ours, view = page(), sample_view((7, 8))
    plain, opened = ours.text(view, PLAIN), ours.text(view, OPEN)
    assert values(plain) == values(opened, is_open=True)
    assert opened.endswith(b"\n# EOF\n")
    assert b"# EOF" not in plain
    found = families(opened, is_open=True)
    assert found["understudy_packets_sent"].type == "counter"
    assert found["understudy_build"].type == "info"
    assert found["understudy_member_takeover_phase_seconds"].type == "histogram"


@needs_promtool
def test_promtool_has_nothing_to_complain_of() -> None:
    """Issue 5: metric names pass `promtool check metrics`: base units, _total of counters alone, help everywhere."""
    assert complaints(page().text(sample_view((7,)), PLAIN)) == ""


def test_every_object_with_a_name_for_prometheus_is_there() -> None:
    """Issue 5: names derive from the one model. What the sample does not know is not told."""
    view = sample_view((7,))
    names = {series.name for series in values(page().text(view, PLAIN))}
    for one in told():
        rows = view.tables.get(one.table.name, {}).values()
        is_known = any(row.get(one.column.name) is not None for row in rows)
        assert (one.family.name in names) == is_known, one.family.name


def test_what_is_counted_has_its_series_from_the_start() -> None:
    """Issue 5: Prometheus sees a change, not a beginning: rate() of the first failover is one."""
    names = {series.name for series in values(page().text(sample_view((7,)), PLAIN))}
    assert {TRANSITIONS.name, OUTAGE.name, f"{PHASE.name}_bucket", f"{CHANGEOVER.name}_count"} <= names
    assert value(page().text(sample_view((7,)), PLAIN), "member_transitions_total", group="7", reason="master_silent") == 0


def test_words_are_one_hot() -> None:
    """D-55: each state has a series of its own, one is 1; the label is the object's name, never a StateSet."""
    text = page().text(sample_view((7,)), PLAIN)
    roles = one_hot(text, "member_role", "role", group="7")
    assert set(roles) == set(ROLE.words)
    assert [role for role, number in roles.items() if number] == ["master"]
    assert one_hot(text, "config_tracking_state", "state", group="7")["local"] == 1


def test_a_row_that_changes_changes_its_lines_alone() -> None:
    """Issue 5: written from the view; what is written anew is the same as if all were."""
    ours, view = page(), sample_view(range(20), peers=2)
    ours.text(view, PLAIN)
    later = with_row(with_row(view, "member", (7,), role=3, lease_remaining_ms=0), "packets", (7, 1), sent=4711)
    assert values(ours.text(later, PLAIN)) == values(page().text(later, PLAIN))
    assert value(ours.text(later, PLAIN), "packets_sent_total", group="7", kind="advert") == 4711


def test_rows_that_come_and_go_do_so_in_the_text() -> None:
    """Nothing is left of a group, a peer or a device that is there no more."""
    counts = Counts()
    ours = Page(Sources(counts=counts))
    for groups, peers in (((7,), 1), ((7, 9), 2), ((9,), 0), ((1, 9), 1)):
        view = sample_view(groups, peers)
        written_anew = Page(Sources(counts=counts))
        assert values(ours.text(view, PLAIN)) == values(written_anew.text(view, PLAIN))


@needs_promtool
def test_names_of_people_are_escaped() -> None:
    """Issue 5: quotes, backslashes, new lines and UTF-8 in labels come back from both parsers as they were."""
    view = with_row(sample_view((7,)), "peer", (7, 1), name=ODD)
    view = with_row(view, "device", (1,), name=ODD)
    for form in (PLAIN, OPEN):
        text = page().text(view, form)
        found = values(text, is_open=form == OPEN)
        assert [number for series, number in found.items() if ("device", ODD) in series.labels and "ready" in series.name] == [1]
        assert [number for series, number in found.items() if ("peer", ODD) in series.labels and "age" in series.name] == [0.12]
    assert complaints(page().text(view, PLAIN)) == ""


def test_half_a_letter_in_a_name_costs_no_scrape() -> None:
    """A name that is no UTF-8 was read with surrogates somewhere: the page stays readable."""
    view = with_row(sample_view((7,)), "device", (1,), name="rx-\udcff")
    assert value(page().text(view, PLAIN), "device_ready", device="rx-?") == 1


def test_two_units_of_one_name_are_told_apart() -> None:
    """Z-19: names are for people; a series that is there twice would cost the scrape."""
    view = sample_view((7,), peers=3)
    for peer, name in ((1, "rx-b"), (2, "rx-b"), (3, "rx-a")):
        view = with_row(view, "peer", (7, peer), name=name)
    ages = [
        dict(series.labels)["peer"] for series in values(page().text(view, PLAIN)) if series.name == "understudy_peer_age_seconds"
    ]
    assert sorted(ages) == ["rx-a 0000000000000003", "rx-b", "rx-b 0000000000000002"]


def test_a_peer_that_is_renamed_is_so_in_its_reasons_too() -> None:
    """The label of a reason is in another table's row."""
    ours, view = page(), sample_view((7,))
    ours.text(view, PLAIN)
    text = ours.text(with_row(view, "peer", (7, 1), name="rx-z"), PLAIN)
    assert value(text, "readiness_reason", group="7", peer="rx-z", reason="one_path") == 1
    assert value(text, "readiness_reason", group="7", peer="rx-b", reason="one_path") is None


def test_yellow_readiness_has_its_reason_as_a_word() -> None:
    """D-04, C-11: one path is yellow with its reason. C-24: not fenced. The words are a closed list."""
    view = with_row(sample_view((7,)), "reason", (7, 0, 1), text="not fenced: …", word=UNREADY.words["not_fenced"])
    text = page().text(view, PLAIN)
    assert one_hot(text, "readiness_reason", "reason", group="7", peer="rx-a") == {"not_fenced": 1}
    assert one_hot(text, "readiness_reason", "reason", group="7", peer="rx-b") == {"one_path": 1}
    assert one_hot(text, "peer_readiness_colour", "readiness_colour", group="7", peer="rx-b")["yellow"] == 1


def test_two_reasons_of_one_word_are_one_series() -> None:
    """A series that is there twice would cost the scrape."""
    view = with_row(sample_view((7,)), "reason", (7, 1, 2), text="another", word=UNREADY.words["one_path"])
    assert one_hot(page().text(view, PLAIN), "readiness_reason", "reason", group="7", peer="rx-b") == {"one_path": 1}


def test_no_partner_is_the_link_states_error() -> None:
    """D-25: system on and no partner connection."""
    view = with_row(sample_view((7,)), "member", (7,), link_state=4)
    assert one_hot(page().text(view, PLAIN), "member_link_state", "link_state", group="7")["error"] == 1


def test_returned_fenced_and_age_are_told() -> None:
    """Z-39: a repaired master waits. C-24: no dead-man holds the output. C-18: the age, and that core is away."""
    view = with_row(sample_view((7,), is_stale=True), "member", (7,), returned=True, fenced=False)
    text = page().text(with_row(view, "unit", (), view_age_ms=8200), PLAIN)
    assert value(text, "member_returned", group="7") == 1
    assert value(text, "member_fenced", group="7") == 0
    assert value(text, "core_age_seconds") == 8.2
    assert value(text, "up") == 0
    assert value(page().text(sample_view((7,)), PLAIN), "up") == 1


def test_two_masters_are_counted_with_their_overlap() -> None:
    """S-15: an advert that was late made two masters: how often, and for how long in all, in seconds."""
    text = page().text(with_row(sample_view((7,)), "member", (7,), split_brains=2, overlap_ms=37), PLAIN)
    assert value(text, "member_split_brains_total", group="7") == 2
    assert value(text, "member_overlap_seconds_total", group="7") == 0.037


def test_what_is_not_known_is_not_told() -> None:
    """A gauge of -1 or 0 would be a value."""
    view = with_row(sample_view((7,)), "member", (7,), last_at=None, detect_us=None, tracking_lag_ms=None)
    text = page().text(view, PLAIN)
    assert value(text, "member_last_transition_timestamp_seconds", group="7") is None
    assert value(text, "member_takeover_detect_seconds", group="7") is None
    assert value(text, "config_tracking_lag_seconds", group="7") is None
    assert value(text, "member_takeover_timeout_seconds", group="7") == 3.007812


def test_an_alarm_of_the_whole_unit_has_an_empty_group() -> None:
    """C-18: core_away belongs to no group."""
    view = with_row(sample_view((7,)), "alarm", (2,), group=-1, name=16, severity=3)
    text = page().text(view, PLAIN)
    assert value(text, "alarm", group="", alarm="core_away", severity="critical") == 1
    assert value(text, "alarm", group="7", alarm="interval_mismatch", severity="warning") == 1


def test_256_groups_are_all_there() -> None:
    """Issue 5: 256 groups."""
    text = page().text(sample_view(range(256)), PLAIN)
    assert [text.count(b'understudy_member_role{group="%d",role="master"} 1\n' % group) for group in range(256)] == [1] * 256


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/plain;version=0.0.4", PLAIN),
        ("application/openmetrics-text", OPEN),
        ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5", OPEN),
        ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.4", OPEN),
        ("application/openmetrics-text;version=x.y", PLAIN),
        ("application/openmetrics-text;version=" + "9" * 5000, PLAIN),
        (",;=,;;q=,", PLAIN),
    ],
)
def test_the_format_is_what_prometheus_client_makes_of_accept(accept: str, form: int) -> None:
    """Issue 5: negotiation by Accept; what cannot be read gets what everybody reads."""
    assert form_of(accept) == form
