"""What is counted over time: each thing once, with its reason, whatever management slept through."""

from pathlib import Path

from agent.management.events import Events
from agent.management.exposition.counts import Counts
from agent.management.exposition.page import Page
from agent.management.exposition.sources import Sources
from agent.management.exposition.text import PLAIN
from agent.management.memory import Memory
from agent.management.operations import Operations
from agent.management.viewer_events import event_of
from agent.model.answers import Denial, Order, Principal, Role, Verb
from tests.metrics.reading import value
from tests.model.sample import sample_view

ANN = Principal("ann", "snmp", "", Role.OPERATOR)
BOOT = 1_767_000_000


def transition(number: int, reason: str, after: str, group: int = 7) -> dict[str, object]:
    return {
        "what": "transition",
        "boot": BOOT,
        "number": number,
        "group": group,
        "before": "backup",
        "after": after,
        "reason": reason,
    }


def takeover(number: int, **phases_ms: float) -> dict[str, object]:
    return {
        "what": "takeover",
        "boot": BOOT,
        "number": number,
        "group": 7,
        **{f"{name}_ms": ms for name, ms in phases_ms.items()},
    }


FAILOVER = (
    transition(1, "master_silent", "claiming"),
    transition(2, "output_open", "master"),
    takeover(3, detect=182.0, claim=0.4, load=3.0, lock=12.5, open=0.9),
)


class Life:
    """One life of management, as unit_model.py puts it together: core's packets → memory → events → counts."""

    def __init__(self, directory: Path) -> None:
        self.counts, self.memory = Counts(), Memory()
        self._events = Events(directory / "events.jsonl", print)
        self.counts.recall(self._events.kept)
        self.memory.on_journal = self._take
        self._page = Page(Sources(counts=self.counts))

    def _take(self, entry: dict[str, object]) -> None:
        if self._events.note({**event_of(entry), **self.counts.times(entry)}):
            self.counts.journal(entry)

    def hears(self, *entries: dict[str, object]) -> None:
        for entry in entries:
            self.memory.take({"journal": entry})

    def says(self, name: str, **labels: str) -> float | None:
        return value(self._page.text(sample_view((7,)), PLAIN), name, **labels)


def test_a_failover_and_back_between_two_scrapes_is_seen(tmp_path: Path) -> None:
    """Issue 5: 200 ms of another master between two scrapes: both states look the same, the counters do not."""
    life = Life(tmp_path)
    before = life.says("member_transitions_total", group="7", reason="master_silent")
    life.hears(*FAILOVER, transition(4, "stronger_claim", "backup"))
    assert before == 0
    assert life.says("member_transitions_total", group="7", reason="master_silent") == 1
    assert life.says("member_transitions_total", group="7", reason="stronger_claim") == 1


def test_phases_and_outage_are_told_by_phase_and_cause(tmp_path: Path) -> None:
    """F-7: detection, load, carrier lock and un-mute each, with why it came to it."""
    life = Life(tmp_path)
    life.hears(*FAILOVER)
    told = {phase: life.says("member_outage_seconds_total", group="7", phase=phase, cause="master_silent") for phase in PHASES}
    assert told == PHASES
    assert life.says("member_outage_seconds_total", group="7", phase="detect", cause="forced") == 0
    bucket = {"group": "7", "phase": "detect"}
    assert life.says("member_takeover_phase_seconds_bucket", **bucket, le="0.1") == 0
    assert life.says("member_takeover_phase_seconds_bucket", **bucket, le="0.25") == 1
    assert life.says("member_takeover_phase_seconds_sum", **bucket) == 0.182
    assert life.says("member_takeover_phase_seconds_count", **bucket) == 1


PHASES = {"detect": 0.182, "claim": 0.0004, "load": 0.003, "lock": 0.0125, "open": 0.0009}


def test_a_handover_has_no_detection(tmp_path: Path) -> None:
    """F-7: the old master was on the air until it named its successor: only what came then is an outage."""
    life = Life(tmp_path)
    life.hears(transition(1, "named_successor", "claiming"), takeover(2, detect=860.0, claim=0.3, load=1.0, lock=1.0, open=0.5))
    outage = {
        phase: life.says("member_outage_seconds_total", group="7", phase=phase, cause="named_successor") for phase in PHASES
    }
    assert outage == {"detect": 0, "claim": 0.0003, "load": 0.001, "lock": 0.001, "open": 0.0005}
    assert life.says("member_takeover_phase_seconds_count", group="7", phase="detect") == 0
    assert life.says("member_takeover_phase_seconds_count", group="7", phase="open") == 1


def test_history_that_is_told_again_is_counted_once(tmp_path: Path) -> None:
    """Issue 5: core tells its last 200 entries to whoever connects."""
    life = Life(tmp_path)
    life.hears(*FAILOVER)
    life.hears(*FAILOVER)
    assert life.says("member_transitions_total", group="7", reason="master_silent") == 1
    assert life.says("member_takeover_phase_seconds_count", group="7", phase="open") == 1


def test_another_life_counts_what_happened_meanwhile_and_nothing_else(tmp_path: Path) -> None:
    """Issue 5: phases restart with management; what an earlier life has counted is not counted again."""
    Life(tmp_path).hears(*FAILOVER)
    life = Life(tmp_path)
    life.hears(*FAILOVER, transition(4, "link_lost", "fault"))
    assert life.says("member_takeover_phase_seconds_count", group="7", phase="open") == 0
    assert life.says("member_transitions_total", group="7", reason="master_silent") == 1
    assert life.says("member_transitions_total", group="7", reason="link_lost") == 1


def test_a_failover_while_management_was_away_is_one_more_than_before(tmp_path: Path) -> None:
    """Issue 5: 1, and after the next life's first scrape 1 again: nobody would be told (an adversary's finding)."""
    Life(tmp_path).hears(*FAILOVER)
    life = Life(tmp_path)
    life.hears(*FAILOVER, transition(4, "command", "backup"), transition(5, "master_silent", "claiming"))
    assert life.says("member_transitions_total", group="7", reason="master_silent") == 2


def test_counts_of_a_file_that_is_not_ours_are_left_out() -> None:
    """A number that no counter can have, a group that is none."""
    counts = Counts()
    odd = [{"group": 7, "reason": "master_silent", "times": times} for times in (-1, True, 1 << 60, "3", None)]
    counts.recall([*odd, {"group": 300, "reason": "master_silent", "times": 5}])
    assert not counts.transitions.values


def test_a_new_boot_of_core_begins_its_numbers_anew(tmp_path: Path) -> None:
    """Entry 1 of another boot is another entry."""
    life = Life(tmp_path)
    life.hears(FAILOVER[0], {**FAILOVER[0], "boot": BOOT + 1})
    assert life.says("member_transitions_total", group="7", reason="master_silent") == 2


def test_an_odd_journal_is_counted_as_far_as_it_makes_sense() -> None:
    """A later core's words and what is no group at all: nothing grows without bound."""
    counts = Counts()
    for odd in (
        {},
        {"group": "7"},
        {"group": 999, "what": "transition"},
        {"group": True},
        {"group": 7, "what": "takeover", "open_ms": "x"},
    ):
        counts.journal(odd)
    counts.journal(transition(1, "an unheard of reason", "claiming"))
    assert counts.transitions.values[("7", "none")] == 1
    assert sum(counts.transitions.values.values()) == 1
    assert sum(sum(seen) for seen, _total in counts.phases.values.values()) == 0


def test_orders_are_counted_by_face_verb_and_result() -> None:
    """D-26, C-17: every order has a definite end. A planned changeover that is done is in the histogram."""
    counts = Counts()
    book = Operations(0, counts.ended)
    for verb, denial in ((Verb.SET_MASTER, None), (Verb.SET_MASTER, Denial.BUSY), (Verb.OFF, None)):
        book.end(book.begin(Order(verb, 7), ANN, 1_000_000_000), denial, "", 1_012_000_000)
    page = Page(Sources(counts=counts)).text(sample_view((7,)), PLAIN)
    assert value(page, "commands_total", face="snmp", verb="set_master", result="done") == 1
    assert value(page, "commands_total", face="snmp", verb="set_master", result="busy") == 1
    assert value(page, "commands_total", face="snmp", verb="off", result="done") == 1
    assert value(page, "member_changeover_seconds_count", group="7") == 1
    assert value(page, "member_changeover_seconds_sum", group="7") == 0.012
