"""Orders and leases, as a device worker and the wire see them; a real core on a real LAN."""

import time
from itertools import pairwise

import pytest

from tests import scapy_layer
from tests.core.bystander import Bystander, Heard, kinds, ms
from tests.core.process import JITTER_NS, MS, CoreProcess, FakeWorker, wait_until

pytestmark = pytest.mark.netns
SETTLE_NS = 5 * MS


def become_master(core: CoreProcess, other: Bystander) -> Heard:
    """Nobody else is there: it claims and opens. The first advert."""
    return other.hear("advert", patience_s=core.timeout_ns / 1e9 + 3)


def test_core_asks_and_listens_a_full_timeout_before_it_claims(core: CoreProcess, other: Bystander) -> None:
    """C-22, S-12: the question goes out at once, the claim T after the unit can serve."""
    with FakeWorker(core.socket_path) as worker:
        asked, claimed = other.hear("question"), other.hear("claim")
        other.hear("advert")
    assert -MS < claimed.at_ns - asked.at_ns - core.timeout_ns < JITTER_NS, ms(claimed.at_ns - asked.at_ns)
    assert [order.what for order in worker.orders][:2] == ["load", "open"]


def test_claim_is_on_the_wire_before_anything_is_loaded(core: CoreProcess, other: Bystander) -> None:
    """C-26, F-5: the others are told first."""
    with FakeWorker(core.socket_path) as worker:
        claimed, loaded = other.hear("claim"), worker.wait_for("load")
        assert claimed.at_ns < loaded.at_ns
        assert loaded.lease_until_ns == 0


def test_claim_settles_before_the_output_opens(core: CoreProcess, other: Bystander) -> None:
    """docs/protocol.md, claim: opened 5 ms after the claim at the earliest, so that one that crosses is heard."""
    with FakeWorker(core.socket_path) as worker:
        claimed, opened = other.hear("claim"), worker.wait_for("open")
    assert SETTLE_NS - MS <= opened.at_ns - claimed.at_ns < SETTLE_NS + JITTER_NS


def test_named_successor_opens_as_soon_as_it_is_loaded(core: CoreProcess, other: Bystander) -> None:
    """docs/protocol.md, claim: the master has muted, so nobody crosses. To the millisecond: the captures (tests/pcaps)."""
    with FakeWorker(core.socket_path) as worker:
        with other.advertising():
            named = other.hear("beacon").fields["unit_id"]
        told = other.say("handover", target=named)
        claimed = other.hear("claim")
        assert told.is_followed_by(claimed.at_ns, 0)
        assert worker.wait_for("open").at_ns - claimed.at_ns < JITTER_NS


def test_lease_is_counted_from_before_the_send(core: CoreProcess, other: Bystander) -> None:
    """F-8: the word in the page is the time before the system call plus the lease; never later than the wire allows."""
    with FakeWorker(core.socket_path) as worker:
        claimed = other.hear("claim")
        opened = worker.wait_for("open")
        before_ns = opened.lease_until_ns - core.lease_ns
        assert 0 <= claimed.at_ns - before_ns < 2 * MS
        adverts = [other.hear("advert") for _ in range(5)]
        wait_until(lambda: worker.lease_until_ns > adverts[-1].at_ns, "the lease of the last advert")
        sent_ns = worker.lease_until_ns - core.lease_ns
        assert 0 <= adverts[-1].at_ns - sent_ns < 2 * MS


def test_lease_word_is_zero_and_the_worker_has_answered_before_the_farewell(core: CoreProcess, other: Bystander) -> None:
    """S-07, C-04: told to stop, it mutes, waits for the answer, and only then says so; three times, 20 ms apart."""
    with FakeWorker(core.socket_path, {"load", "open"}) as worker:
        become_master(core, other)
        core.process.terminate()
        order = worker.wait_for("mute")
        assert order.lease_until_ns == 0
        assert "give-up" not in kinds(other.listen(0.05))
        worker.answer(order)
        told_ns = time.monotonic_ns()
        farewells = [other.hear("give-up") for _ in range(3)]
        assert core.process.wait(3) == 0
    assert farewells[0].at_ns >= told_ns - MS
    gaps = [ms(later.at_ns - earlier.at_ns) for earlier, later in pairwise(farewells)]
    assert gaps == pytest.approx([20, 20], abs=2)
    assert [farewell.fields["priority"] for farewell in farewells] == [0, 0, 0]
    assert other.listen(0.1) == []


def test_worker_that_never_answers_counts_as_muted_when_its_lease_is_over(core: CoreProcess, other: Bystander) -> None:
    """S-07, F-8: the farewell is not held up for ever by a dead worker, and never comes before the lease has ended."""
    with FakeWorker(core.socket_path, {"load", "open"}) as worker:
        become_master(core, other)
        wait_until(lambda: worker.lease_until_ns > time.monotonic_ns(), "a lease")
        seen_ns = worker.lease_until_ns
        core.process.terminate()
        worker.wait_for("mute")
        granted = max([seen_ns, *(until_ns for _, until_ns in worker.leases)])
        farewell = other.hear("give-up")
    assert farewell.at_ns >= granted - 2 * MS
    assert farewell.at_ns < granted + JITTER_NS


def test_failed_device_leads_to_the_farewell_at_once(core: CoreProcess, other: Bystander) -> None:
    """S-08: a master without its output lets the others take over; reason: device fault."""
    with FakeWorker(core.socket_path) as worker:
        become_master(core, other)
        worker.report("failed", error="no signal at the input stage")
        farewell = other.hear("give-up")
        assert scapy_layer.REASONS[farewell.fields["reason"]] == "device fault"
        wait_until(lambda: worker.lease_until_ns == 0, "the end of the lease")
        assert "advert" not in kinds(other.listen(0.3))


def test_failed_device_hands_over_to_an_able_backup(core: CoreProcess, other: Bystander) -> None:
    """S-08, C-07: the successor is named, so that it need not wait for its skew."""
    other.priority = 100
    with FakeWorker(core.socket_path) as worker:
        become_master(core, other)
        other.say("beacon", readiness=255)
        other.hear("advert")
        worker.report("failed", error="burnt")
        farewell = other.hear("handover", "give-up")
    assert (farewell.kind, farewell.fields["target"]) == ("handover", other.unit_id)


@pytest.mark.parametrize("way", ["killed", "frozen"])
def test_worker_that_dies_or_freezes_costs_the_role(core: CoreProcess, other: Bystander, way: str) -> None:
    """S-08, C-24: the end of the connection at once; no heartbeat for 1 to 1.5 s as well."""
    with FakeWorker(core.socket_path) as worker:
        become_master(core, other)
        since_ns = time.monotonic_ns()
        if way == "killed":
            worker.die()
        else:
            worker.has_heartbeat = False
        farewell = other.hear("give-up")
        silence_ms = ms(farewell.at_ns - since_ns)
        assert worker.lease_until_ns == 0
    assert silence_ms < ms(JITTER_NS) if way == "killed" else 900 < silence_ms < 1700


def test_worker_that_comes_back_gets_a_fresh_page_and_the_unit_listens_again(core: CoreProcess, other: Bystander) -> None:
    """C-22, S-27: muted, and a full T, before it claims again."""
    with FakeWorker(core.socket_path) as first:
        become_master(core, other)
        first.die()
        other.hear("give-up")
        with FakeWorker(core.socket_path) as second:
            assert second.lease_until_ns == 0
            asked, claimed = other.hear("question"), other.hear("claim")
            other.hear("advert")
            assert first.lease_until_ns == 0
    assert claimed.at_ns - asked.at_ns >= core.timeout_ns - MS
