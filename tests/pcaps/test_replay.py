"""Every capture of pcaps/, replayed through the engine: it must do what the rule says, and what the real unit did.

NAME.expected.json was computed by pcaps/make.py from the rule and the wire, never from a replay.
"""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from agent.engine.timing import lease_ns
from pcaps.scenarios import SCENARIOS, SETTLE_MS
from pcaps.wire import Wire
from tests import scapy_layer
from tests.pcaps.pcapfile import read_pcap
from tests.pcaps.replay import Json, Replay, Told

PLACE = Path(__file__).parents[2] / "pcaps"
NAMES = sorted(path.stem for path in PLACE.glob("*.pcap"))
EXACT_MS = 3.0
"""A moment that the rule gives is kept to this, in the replay and on the wire: 2 ms and the jitter of the recording host."""
NAMED_MS = 50.0
"""A claim so soon after a handover that names the claimer is the answer to it."""
MAX_BYTES = 200_000
HOSTS = {"10.77.0.1": "a", "10.77.0.2": "b", "10.77.0.3": "x"}


def expectation(name: str) -> Json:
    """What NAME must come to."""
    expected: Json = json.loads((PLACE / f"{name}.expected.json").read_text())
    return expected


@cache
def replayed(name: str) -> Replay:
    """NAME, run to its end; the tests only look at it."""
    replay = Replay(expectation(name), read_pcap(PLACE / f"{name}.pcap"))
    replay.run()
    return replay


def test_there_is_a_capture_of_every_scenario_and_of_nothing_else() -> None:
    """issue 2, Tests: recorded by a committed script, each with its expectation."""
    assert sorted(SCENARIOS) == NAMES == sorted(path.name.partition(".")[0] for path in PLACE.glob("*.expected.json"))


@pytest.mark.parametrize("name", NAMES)
def test_transitions_are_those_of_the_rule_at_its_moments(name: str) -> None:
    """S-07, S-08, S-12, S-15, C-02, C-04, C-06, C-21, C-24, F-8: each capture says which in its `rule`."""
    replay, wanted = replayed(name), expectation(name)["transitions"]
    told = [(step.before.value, step.after.value, step.reason.value) for step in replay.transitions]
    assert told == [(step["before"], step["after"], step["reason"]) for step in wanted]
    times = [replay.ms(step.at_ns) for step in replay.transitions]
    assert times == pytest.approx([step["at_ms"] for step in wanted], abs=EXACT_MS), [step["sum"] for step in wanted]


@pytest.mark.parametrize("name", NAMES)
def test_replay_sends_what_the_unit_sent(name: str) -> None:
    """docs/architecture.md: the same events always give the same packets, in kind, addressee, number and moment."""
    replay = replayed(name)
    assert [_content(told) for told in replay.sent] == [_content(told) for told in replay.truth]
    late = [
        (str(one), two.at_ms) for one, two in zip(replay.sent, replay.truth, strict=True) if abs(one.at_ms - two.at_ms) > EXACT_MS
    ]
    assert late == []


def _content(told: Told) -> tuple[object, ...]:
    """All of a packet but its clock readings."""
    return tuple(told.message._replace(sent_at_us=0, master_for_ms=0))


@pytest.mark.parametrize("name", NAMES)
def test_expectation_lists_the_packets_of_the_capture(name: str) -> None:
    """issue 2, Tests: the timeline has the packets as well."""
    replay = replayed(name)
    wanted = [(packet["kind"], packet["at_ms"]) for packet in expectation(name)["sent"]]
    assert [kind for kind, _ in wanted] == [scapy_layer.KINDS[told.message.kind] for told in replay.sent]
    assert [told.at_ms for told in replay.sent] == pytest.approx([at_ms for _, at_ms in wanted], abs=EXACT_MS)


@pytest.mark.parametrize("name", NAMES)
def test_rejections_are_counted_as_the_unit_counted_them(name: str) -> None:
    """docs/protocol.md, Refusals: a refused packet changes its counter, and nothing else."""
    assert replayed(name).rejected() == expectation(name)["rejected"]


@pytest.mark.parametrize("name", NAMES)
def test_alarms_are_raised(name: str) -> None:
    """C-02, C-03, C-21."""
    assert set(expectation(name)["alarms"]) == set(replayed(name).alarms) - {"not_ready"}


@pytest.mark.parametrize("name", NAMES)
def test_expectation_is_the_rules_sum_over_the_capture(name: str) -> None:
    """S-12, C-06, F-8: counted again from the committed capture, with the scapy layer and docs/protocol.md alone."""
    frames, expected = read_pcap(PLACE / f"{name}.pcap"), expectation(name)
    steps = SCENARIOS[name].expect(Wire(frames, HOSTS, SCENARIOS[name].observer))
    assert [{**step._asdict(), "at_ms": round(step.at_ms, 3)} for step in steps] == expected["transitions"]


@pytest.mark.parametrize("name", NAMES)
def test_claims_on_the_wire_keep_the_rules_sums(name: str) -> None:
    """S-12, C-06: the real unit's claim, in the capture itself, comes when the rule says; nothing is replayed here."""
    expected = expectation(name)
    claims = [packet["at_ms"] for packet in expected["sent"] if packet["kind"] == "claim"][:1]
    wanted = [step["at_ms"] for step in expected["transitions"] if step["after"] == "claiming"]
    assert claims == pytest.approx(wanted, abs=EXACT_MS)


@pytest.mark.parametrize("name", NAMES)
def test_output_opens_when_the_claim_has_settled_or_at_once_when_named(name: str) -> None:
    """docs/protocol.md, claim: in the capture itself; of every host that claims, the observer or another."""
    wire = Wire(read_pcap(PLACE / f"{name}.pcap"), HOSTS, SCENARIOS[name].observer)
    for claim in (word for host in "ab" for word in wire.of(host, "claim")):
        adverts = wire.of(claim.host, "advert", claim.at_ms)
        naming = [word for word in wire.words if word.kind == "handover" and word.fields["target"] == claim.fields["unit_id"]]
        if any(0 < claim.at_ms - word.at_ms < NAMED_MS for word in naming):
            assert adverts[0].at_ms - claim.at_ms < SETTLE_MS
        else:
            assert SETTLE_MS <= adverts[0].at_ms - claim.at_ms < SETTLE_MS + EXACT_MS


@pytest.mark.parametrize("name", NAMES)
def test_no_advert_comes_later_than_the_lease_of_the_one_before(name: str) -> None:
    """F-8: within one reign, so that the output never was open without a lease."""
    expected = expectation(name)
    reign: list[float] = []
    for packet in expected["sent"]:
        if packet["kind"] == "claim":
            reign = []
        if packet["kind"] == "advert":
            if reign:
                assert packet["at_ms"] - reign[-1] < lease_ns(expected["observer"]["interval_ms"]) / 1e6
            reign.append(packet["at_ms"])


@pytest.mark.parametrize("name", NAMES)
def test_agents_packets_keep_the_protocol(name: str) -> None:
    """issue 2, Tests: every packet that an agent sent, judged by the scapy layer; the stranger's are judged by the counters."""
    key = expectation(name)["observer"]["key"]
    secret = bytes.fromhex(key) if key else None
    own = [frame for frame in read_pcap(PLACE / f"{name}.pcap") if HOSTS[frame.source] != "x"]
    assert own
    assert [scapy_layer.check(frame.payload, secret, frame.ttl) for frame in own] == [[]] * len(own)


@pytest.mark.parametrize("name", NAMES)
def test_capture_is_small(name: str) -> None:
    """issue 2, Tests: they are committed."""
    assert (PLACE / f"{name}.pcap").stat().st_size < MAX_BYTES


@pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark (Debian: apt-get install tshark)")
@pytest.mark.parametrize("name", NAMES)
def test_tshark_reads_the_capture_alike(name: str) -> None:
    """issue 2, Tests: UDP to port 7420 and nothing else, with nanoseconds; by a program that is not ours."""
    path = PLACE / f"{name}.pcap"
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "udp.dstport", "-e", "ip.ttl", "-e", "udp.payload"]
    words = ["tshark", "-n", "-r", str(path), "-o", "ip.check_checksum:FALSE", *fields]
    rows = [line.split("\t") for line in subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()]
    frames = read_pcap(path)
    assert [row[1] for row in rows] == ["7420"] * len(frames)
    assert [int(row[2]) for row in rows] == [frame.ttl for frame in frames]
    assert [row[3] for row in rows] == [frame.payload.hex() for frame in frames]
    assert [row[0] for row in rows] == [f"{frame.time_ns // 10**9}.{frame.time_ns % 10**9:09d}" for frame in frames]
