"""The loop of a real core: stalls, floods, lost links and orderly ends, seen from the wire and from the lease page."""

import signal
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from tests.core.bystander import Bystander, kinds, ms
from tests.core.process import JITTER_NS, MS, CoreProcess, FakeWorker, Moment, connect, receive, wait_until
from tests.netns.harness import Flood, Lan
from tests.netns.harness.namespaces import ip_batch

pytestmark = pytest.mark.netns


def settle_as_backup(other: Bystander) -> None:
    """The core under test has said that it is a backup; what came before is forgotten."""
    other.hear("beacon")
    other.forget()


def test_backup_that_was_frozen_while_adverts_went_on_stays_quiet(core: CoreProcess, other: Bystander) -> None:
    """S-15, S-16: it finds the adverts in its socket before it looks at the clock; 0.8 s is twice T."""
    with FakeWorker(core.socket_path) as worker, other.advertising():
        settle_as_backup(other)
        core.freeze()
        other.listen(0.8)
        core.thaw()
        assert "claim" not in kinds(other.listen(0.3))
        assert worker.lease_until_ns == 0
        assert [order.what for order in worker.orders] == []


def test_backup_that_was_frozen_while_the_master_died_asks_first_and_waits_its_skew(core: CoreProcess, other: Bystander) -> None:
    """docs/architecture.md, guarantee 1: the silence might be its own; so a question, the skew, and then the claim."""
    with FakeWorker(core.socket_path):
        with other.advertising():
            settle_as_backup(other)
            core.freeze()
        other.listen(0.7)
        thawed = core.thaw()
        asked, claimed = other.hear("question"), other.hear("claim")
    assert thawed.is_followed_by(asked.at_ns, 0)
    assert -MS < claimed.at_ns - asked.at_ns - core.skew_ns < JITTER_NS


def stop_before_the_claim(core: CoreProcess, other: Bystander, early_ms: int, stop_ms: int) -> tuple[Moment, Moment]:
    """A master dies; its backup is stopped so long before T, for so long. The master's last advert, and the end of the stop."""
    with other.advertising() as times:
        settle_as_backup(other)
    stop_ns = times[-1].after_ns + core.timeout_ns - early_ms * MS
    sleep_until(stop_ns)
    core.freeze()
    sleep_until(stop_ns + stop_ms * MS)
    return times[-1], core.thaw()


def sleep_until(at_ns: int) -> None:
    """On the monotonic clock."""
    time.sleep(max(0, at_ns - time.monotonic_ns()) / 1e9)


def test_stop_that_ends_before_the_deadline_moves_no_claim(core: CoreProcess, other: Bystander) -> None:
    """S-12: 60 ms, over 70 ms before T. A `select` with a timeout would sleep on for what was left of it, until T + 60 ms."""
    with FakeWorker(core.socket_path):
        last, _ = stop_before_the_claim(core, other, early_ms=130, stop_ms=60)
        heard_before = len(other.heard)
        claimed = other.hear("claim")
    assert last.is_followed_by(claimed.at_ns, core.timeout_ns)
    assert "question" not in kinds(other.heard[heard_before:])


def test_short_stop_over_the_deadline_is_followed_by_the_claim_at_once(core: CoreProcess, other: Bystander) -> None:
    """S-12: 60 ms, of which 50 before T; under 100 ms late is no reason to doubt the silence. With a timeout: 50 ms after it."""
    with FakeWorker(core.socket_path):
        _, thawed = stop_before_the_claim(core, other, early_ms=50, stop_ms=60)
        first = other.hear("claim", "question")
    assert first.kind == "claim"
    assert thawed.is_followed_by(first.at_ns, 0)


def test_long_stop_over_the_deadline_is_followed_by_the_question_at_once(core: CoreProcess, other: Bystander) -> None:
    """docs/architecture.md, guarantee 1: 500 ms, of which 100 before T; the question comes now, the claim a skew later."""
    with FakeWorker(core.socket_path):
        _, thawed = stop_before_the_claim(core, other, early_ms=100, stop_ms=500)
        first, claimed = other.hear("claim", "question"), other.hear("claim")
    assert first.kind == "question"
    assert thawed.is_followed_by(first.at_ns, 0)
    assert -MS < claimed.at_ns - first.at_ns - core.skew_ns < JITTER_NS


def test_frozen_backup_believes_a_master_that_answers_its_question(core: CoreProcess, other: Bystander) -> None:
    """docs/architecture.md, guarantee 1: the answer keeps it quiet."""
    with FakeWorker(core.socket_path):
        with other.advertising():
            settle_as_backup(other)
            core.freeze()
        time.sleep(0.7)
        core.thaw()
        asked = other.hear("question")
        other.say("advert", target=asked.fields["unit_id"], nonce=asked.fields["nonce"], master_for_ms=1)
        with other.advertising():
            assert "claim" not in kinds(other.listen(core.skew_ns / 1e9 + 0.2))


def test_takeover_comes_at_the_kernels_time_of_the_last_advert_plus_timeout(core: CoreProcess, other: Bystander) -> None:
    """S-12, guarantee 1: T = 0.1 s + 3 * 0.1 s after the last advert."""
    with FakeWorker(core.socket_path):
        with other.advertising() as times:
            settle_as_backup(other)
        claimed = other.hear("claim")
    assert times[-1].is_followed_by(claimed.at_ns, core.timeout_ns)


def test_give_up_of_the_master_is_followed_after_the_skew(core: CoreProcess, other: Bystander) -> None:
    """C-06: not a whole T; its repetitions move nothing."""
    with FakeWorker(core.socket_path):
        with other.advertising():
            settle_as_backup(other)
        gave_up = other.say("give-up", reason=2)
        for _ in range(2):
            other.say("give-up", reason=2)
        claimed = other.hear("claim")
    assert gave_up.is_followed_by(claimed.at_ns, core.skew_ns)


def test_master_that_was_frozen_for_longer_than_its_lease_does_not_go_on(core: CoreProcess, other: Bystander) -> None:
    """F-8, C-24: the lease ran out while it was frozen; thawed, it mutes before it says anything, and listens."""
    with FakeWorker(core.socket_path) as worker:
        other.hear("advert")
        core.freeze()
        granted = worker.lease_until_ns
        wait_until(lambda: time.monotonic_ns() > granted + 50 * MS, "the end of the lease")
        other.forget()
        core.thaw()
        first = other.hear("advert", "question", "beacon", "claim")
        assert first.kind == "question"
        assert worker.wait_for("mute").lease_until_ns == 0


def test_flood_of_garbage_delays_no_advert_and_changes_no_role(core: CoreProcess, other: Bystander) -> None:
    """S-12: docs/architecture.md, `Tick.is_drained`."""
    with FakeWorker(core.socket_path) as worker:
        other.hear("advert")
        flood = Flood(core.lan, "x", [b"garbage" * 20, other.datagram("advert", group=9), b""], 0.7, 10_000)
        flood.start()
        adverts = [heard for heard in other.listen(0.7) if heard.kind == "advert" and heard.fields["unit_id"] != other.unit_id]
        assert flood.wait().sent > 2000
        gaps = [ms(later.at_ns - earlier.at_ns) for earlier, later in pairwise(adverts)]
        assert len(gaps) >= 4
        assert max(gaps) < core.interval_ms + ms(JITTER_NS), gaps
        assert [order.what for order in worker.orders] == ["load", "open"]


def test_orderly_stop_says_give_up_three_times_and_exits_with_0(core: CoreProcess, other: Bystander) -> None:
    """S-07, C-04: by the supervisor's SIGTERM; the last word is the third give-up."""
    with FakeWorker(core.socket_path) as worker:
        other.hear("advert")
        core.signal(signal.SIGTERM)
        assert core.process.wait(2) == 0
        said = other.listen(0.1)
        assert worker.lease_until_ns == 0
    assert kinds(said)[-3:] == ["give-up"] * 3
    assert core.said() == ""


def test_backup_that_stops_says_that_it_is_no_successor_any_more(core: CoreProcess, other: Bystander) -> None:
    """C-07: a beacon with LEAVING; exit code 0, at once."""
    with FakeWorker(core.socket_path), other.advertising():
        settle_as_backup(other)
        core.signal(signal.SIGINT)
        assert core.process.wait(1) == 0
        assert other.hear("beacon").fields["flags"] & 0x10


def test_stop_before_anything_has_come_up_ends_at_once(core: CoreProcess) -> None:
    """C-22: without worker and role there is nothing to hand over."""
    core.signal(signal.SIGTERM)
    assert core.process.wait(1) == 0


def test_backup_without_carrier_never_claims(core: CoreProcess, other: Bystander) -> None:
    """C-02: it cannot know; the cable is told to management."""
    with FakeWorker(core.socket_path) as worker, closing(connect(core.socket_path, {"hello": "management"})) as client:
        with other.advertising():
            settle_as_backup(other)
            core.lan.unplug("a")
        told = receive(client)
        while told.get("journal", {}).get("reason") != "link_lost":
            told = receive(client)
        time.sleep(2 * core.timeout_ns / 1e9)
        assert worker.orders == []
        core.lan.plug("a")
        asked, claimed = other.hear("question"), other.hear("claim")
        assert -MS < claimed.at_ns - asked.at_ns - core.timeout_ns < JITTER_NS


def test_interface_that_is_deleted_and_made_again_is_joined_again(core: CoreProcess, other: Bystander) -> None:
    """C-02: with another index; no restart."""
    with FakeWorker(core.socket_path), other.advertising():
        settle_as_backup(other)
        ip_batch(core.lan.namespace("a"), ["link del red0", "link add pad0 type veth peer name pad1"])
        remade = f"link add red-a type veth peer name red0 netns {core.lan.namespace('a')}"
        ip_batch(core.lan.switch, [remade, "link set red-a master red up"])
        ip_batch(core.lan.namespace("a"), [f"addr add {core.lan.address('a')}/24 dev red0", "link set red0 up"])
        assert other.hear("question", "beacon").fields["unit_id"] != other.unit_id
        assert "claim" not in kinds(other.listen(core.timeout_ns / 1e9 + 0.2))


def test_master_whose_cable_is_pulled_for_less_than_its_lease_goes_on(lan: Lan, tmp_path: Path, other: Bystander) -> None:
    """C-02: if the link is back before the lease ends, nothing has happened. A = 0.4 s leaves time for that."""
    with CoreProcess(lan, tmp_path, priority=255, interval_ms=400) as core, FakeWorker(core.socket_path) as worker:
        other.hear("advert")
        lan.unplug("a")
        lan.plug("a")
        other.hear("advert")
        assert [order.what for order in worker.orders] == ["load", "open"]


@pytest.mark.parametrize("text", ["", "garbage", "[unit]\nname = 7\n"])
def test_wrong_settings_end_with_2_and_a_sentence(tmp_path: Path, text: str) -> None:
    """issue 2: a clear error; no traceback."""
    words = [sys.executable, "-m", "agent.core", "--settings-path", str(tmp_path / "unit.toml")]
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("understudy core: ")
    assert "Traceback" not in done.stderr


def test_missing_interface_is_waited_for(lan: Lan, tmp_path: Path, other: Bystander) -> None:
    """C-02, C-22: a unit that boots before its LAN adapter listens as soon as that is there."""
    ip_batch(lan.namespace("a"), ["link set red0 down", "link set red0 name late0"])
    with CoreProcess(lan, tmp_path, priority=253) as core, FakeWorker(core.socket_path):
        assert other.listen(0.3) == []
        up_ns = time.monotonic_ns()
        ip_batch(lan.namespace("a"), ["link set late0 name red0", "link set red0 up"])
        claimed = other.hear("claim")  # the switch may swallow what is said before its port forwards
    assert claimed.at_ns - up_ns >= core.timeout_ns
