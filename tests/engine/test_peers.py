"""Authentic is not fresh, fresh is not new (docs/protocol.md, Authentication)."""

from __future__ import annotations

import pytest

from agent.engine.effects import HeardMaster, RaiseAlarm, Send, Transition
from agent.engine.events import DeviceReport, DeviceReported, LinkChanged, PacketReceived, PacketRejected, Tick, Verb
from agent.engine.peers import MAX_PEERS, Peers
from agent.engine.reasons import AlarmName, State
from agent.wire.errors import Rejection
from agent.wire.message import Flag, Kind, Message
from tests.engine.desk import GROUP, MS, OWN_ID, PEER_ID, SECOND, Desk

LEASE_NS = 1_078_900_000
"""Of A = 1 s: 1.1 s less 0.1 %, less 20 ms."""
T_NS = 6_600 * MS
"""Of P = 200 at A = 1 s."""


def keyed() -> Desk:
    """A backup on an authenticated LAN that has proven its master."""
    desk = Desk(key=True).able()
    [question] = desk.sent(Kind.QUESTION)
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=question.nonce)
    assert desk.member.master is not None
    return desk


def deadline(desk: Desk) -> object:
    """When it would take over."""
    snapshot = desk.engine.snapshot(desk.now_ns)
    members = snapshot["members"]
    assert isinstance(members, list)
    return members[0]["takeover_in_ms"]


def test_packet_of_an_unproven_unit_changes_nothing_but_a_counter_and_is_challenged() -> None:
    """Until it has carried back a fresh nonce, nobody believes it."""
    desk = Desk(key=True).able()
    before = deadline(desk)
    effects = desk.hear(Kind.ADVERT)
    assert desk.member.rejected == {"unproven": 1}
    assert desk.member.master is None
    assert deadline(desk) == before
    [send] = [effect for effect in effects if isinstance(effect, Send)]
    assert (send.message.kind, send.message.target) == (Kind.QUESTION, PEER_ID)


def test_packet_that_carries_the_nonce_back_proves_its_sender() -> None:
    """The challenge to one unit."""
    desk = Desk(key=True).able()
    desk.hear(Kind.ADVERT)
    challenge = desk.sent(Kind.QUESTION)[-1]
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=challenge.nonce)
    assert desk.member.master is not None
    assert desk.member.master.unit_id == PEER_ID


def test_claim_that_carries_the_nonce_back_proves_the_claimer_and_is_followed() -> None:
    """S-12: a unit that had never spoken claims; the next backup, which would claim in 8 ms, believes its second word."""
    desk = Desk(key=True).able()
    desk.hear(Kind.CLAIM)
    assert desk.member.master is None
    desk.hear(Kind.CLAIM, target=OWN_ID, nonce=desk.sent(Kind.QUESTION)[-1].nonce)
    assert desk.member.master is not None
    assert (desk.member.master.unit_id, desk.member.master.is_claiming) == (PEER_ID, True)


def test_claimer_answers_who_asks_for_proof_with_its_claim() -> None:
    """docs/protocol.md, Authentication: at once, whether it knows the asker or not; 'who is master?' is no question to it."""
    desk = Desk(key=True)
    desk.is_prompt = False
    desk.able().command(Verb.SET_MASTER, forced=True)
    assert desk.state is State.CLAIMING
    desk.effects.clear()
    desk.hear(Kind.QUESTION, nonce=9)
    assert not desk.sent(Kind.CLAIM)
    desk.hear(Kind.QUESTION, target=OWN_ID, nonce=10)
    [claim] = desk.sent(Kind.CLAIM)
    assert (claim.target, claim.nonce) == (PEER_ID, 10)


@pytest.mark.parametrize("kind", [Kind.QUESTION, Kind.REQUEST])
def test_only_adverts_claims_and_beacons_prove(kind: Kind) -> None:
    """Nothing else answers a question."""
    desk = Desk(key=True).able()
    desk.hear(Kind.ADVERT)
    nonce = desk.sent(Kind.QUESTION)[-1].nonce
    desk.hear(kind, target=OWN_ID, nonce=nonce)
    desk.hear(Kind.ADVERT)
    assert desk.member.master is None


def test_challenges_go_out_at_most_once_in_20_ms() -> None:
    """A flood of unproven packets makes no flood of questions."""
    desk = Desk(key=True).able()
    asked = len(desk.sent(Kind.QUESTION))
    for _ in range(100):
        desk.hear(Kind.ADVERT)
        desk.pass_time(0.001)
    assert len(desk.sent(Kind.QUESTION)) - asked == 4, "now, and again every 30 ms"


def test_a_unit_whose_socket_is_never_empty_goes_on_asking() -> None:
    """The rounds of questions wait for an empty socket; a unit that is behind for long must not stay deaf to a living master."""
    desk = Desk(key=True).able()
    desk.hear(Kind.ADVERT)
    asked = len(desk.sent(Kind.QUESTION))
    desk.now_ns += SECOND
    desk.feed(Tick(is_drained=False))
    desk.hear(Kind.ADVERT)
    assert len(desk.sent(Kind.QUESTION)) == asked + 1


def test_repeated_packet_is_refused() -> None:
    """A sequence that does not exceed the last one."""
    desk = keyed()
    said = desk.packet(Kind.ADVERT)
    desk.feed(PacketReceived(said, desk.now_ns))
    desk.now_ns += 100 * MS
    before = deadline(desk)
    desk.feed(PacketReceived(said, desk.now_ns))
    desk.feed(PacketReceived(said._replace(sequence=1), desk.now_ns))
    assert desk.member.rejected == {"replayed": 2}
    assert deadline(desk) == before


def test_packet_of_another_boot_changes_nothing_until_it_is_proven() -> None:
    """Lower: an old recording. Higher: perhaps a restart."""
    desk = keyed()
    before = deadline(desk)
    desk.hear(Kind.GIVE_UP, 0, boot=8)
    desk.now_ns += 25 * MS
    desk.hear(Kind.GIVE_UP, 0, boot=10)
    assert sum(desk.member.rejected.values()) == 2
    assert deadline(desk) != before  # only the clock moved on
    assert desk.member.master is not None
    assert not desk.member.master.is_gone


def test_proven_packet_may_lower_the_boot() -> None:
    """The sender lost its data directory."""
    desk = keyed()
    desk.hear(Kind.BEACON, boot=3)
    challenge = desk.sent(Kind.QUESTION)[-1]
    assert challenge.target == PEER_ID
    desk.sequence = 0
    desk.hear(Kind.ADVERT, boot=3, target=OWN_ID, nonce=challenge.nonce)
    assert desk.engine.unit.peers.by_id[PEER_ID].boot == 3


def test_answer_to_a_question_of_long_ago_proves_nothing() -> None:
    """Else a recording of an earlier boot would be alive again."""
    desk = Desk(key=True).able()
    [question] = desk.sent(Kind.QUESTION)
    desk.now_ns += 2 * SECOND
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=question.nonce)
    assert desk.member.rejected == {"unproven": 1}


def test_without_a_key_everybody_is_believed_and_a_new_boot_is_a_restart() -> None:
    """Nothing can be proven there."""
    desk = Desk().following()
    desk.sequence = 0
    desk.hear(Kind.ADVERT, boot=3)
    assert desk.member.rejected == {}


@pytest.mark.parametrize(
    ("kind", "limit_ns"), [(Kind.GIVE_UP, LEASE_NS), (Kind.HANDOVER, LEASE_NS), (Kind.ADVERT, T_NS), (Kind.CLAIM, T_NS)]
)
def test_backup_refuses_farewells_later_than_a_lease_and_adverts_later_than_its_timeout(kind: Kind, limit_ns: int) -> None:
    """F-1; a frozen sender's last word; 1 ms a second is left to the drift of clocks."""
    for late_ns, is_stale in ((limit_ns - MS, False), (limit_ns + limit_ns // 900, True)):
        desk = keyed()
        said = desk.packet(kind, 0 if limit_ns == LEASE_NS else 100)
        desk.now_ns += late_ns
        desk.feed(PacketReceived(said, desk.now_ns))
        assert desk.member.rejected == ({"stale": 1} if is_stale else {})


def test_master_refuses_what_is_later_than_a_lease() -> None:
    """Whoever decides on a rival does not listen to history."""
    desk = prove_backup(Desk(key=True).as_master())
    for late_ns in (LEASE_NS - MS, LEASE_NS + 3 * MS):
        said = desk.packet(Kind.ADVERT, 50)
        desk.pass_time(late_ns / SECOND)
        desk.feed(PacketReceived(said, desk.now_ns))
    assert desk.member.rejected == {"unproven": 1, "stale": 1}


def prove_backup(desk: Desk) -> Desk:
    """The peer answers a challenge."""
    desk.hear(Kind.BEACON)
    desk.hear(Kind.BEACON, target=OWN_ID, nonce=desk.sent(Kind.QUESTION)[-1].nonce)
    return desk


def test_question_is_repeated_with_the_same_nonce_while_no_answer_comes() -> None:
    """Six questions, 30 ms apart; the answer to any of them counts, for 1 s."""
    desk = Desk(key=True).able()
    desk.effects.clear()
    desk.hear(Kind.ADVERT)
    first_ns = desk.now_ns
    desk.pass_time(0.5)
    asked = desk.sent(Kind.QUESTION)
    assert [question.sent_at_us - first_ns // 1000 for question in asked] == [0, 30_000, 60_000, 90_000, 150_000, 210_000]
    assert len({question.nonce for question in asked}) == 1
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=asked[0].nonce)
    assert desk.member.master is not None


def test_question_is_not_repeated_once_it_is_answered() -> None:
    """The answer ends it."""
    desk = Desk(key=True).able()
    desk.hear(Kind.ADVERT)
    asked = len(desk.sent(Kind.QUESTION))
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=desk.sent(Kind.QUESTION)[-1].nonce)
    desk.pass_time(0.5)
    assert len(desk.sent(Kind.QUESTION)) == asked


def late_answer(late_s: float) -> Desk:
    """A master is asked to prove itself, and its answer takes so long."""
    desk = Desk(key=True).able()
    desk.hear(Kind.ADVERT)
    nonce = desk.sent(Kind.QUESTION)[-1].nonce
    desk.pass_time(late_s)
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=nonce)
    return desk


def test_late_answer_proves_a_boot_and_is_as_old_as_its_question() -> None:
    """A drowning master lives all the same. Not later than T: an advert that was late on its way (F-1)."""
    desk = late_answer(1.09)
    assert desk.member.master is not None
    assert desk.engine.unit.peers.by_id[PEER_ID].is_late


def test_answer_later_than_the_timeout_proves_a_boot_and_says_nothing() -> None:
    """Whoever holds answers back gains nothing; whoever is only slow is asked again, and believed when it answers in time."""
    desk = late_answer(1.5 + T_NS / SECOND)
    assert desk.member.master is None
    assert desk.member.rejected["stale"] == 1
    assert desk.engine.unit.peers.by_id[PEER_ID].is_proven
    question = desk.sent(Kind.QUESTION)[-1]
    assert question.target == PEER_ID
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=question.nonce)
    assert desk.member.received == {Kind.ADVERT: 1}


def test_answer_to_a_challenge_of_long_ago_proves_nothing() -> None:
    """Ten seconds: then it is history."""
    desk = late_answer(10.1)
    assert not desk.engine.unit.peers.by_id[PEER_ID].is_proven


def test_one_that_never_answers_is_asked_less_and_less() -> None:
    """A LAN too slow for its load is not loaded with questions: 24 to a boot in the first five seconds, then one a second."""
    desk = Desk(key=True).able()
    desk.effects.clear()
    asked = []
    for _ in range(1000):
        desk.hear(Kind.ADVERT)
        desk.pass_time(0.01)
        asked.append(sum(question.target == PEER_ID for question in desk.sent(Kind.QUESTION)))
    assert 8 <= asked[50] <= 14
    assert asked[-1] <= 32


def test_late_advert_that_counts_is_asked_about_and_its_answer_sets_the_measure() -> None:
    """The way has become longer: a handover would be stale on it, unless the answer says that it is the way."""
    desk = keyed()
    way_ns = 2 * SECOND
    desk.pass_time(3)
    desk.hear(Kind.ADVERT, sent_at_us=(desk.now_ns - way_ns) // 1000)
    assert desk.member.rejected == {}
    question = desk.sent(Kind.QUESTION)[-1]
    assert question.target == PEER_ID
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=question.nonce, sent_at_us=(desk.now_ns - way_ns) // 1000)
    desk.hear(Kind.HANDOVER, 0, target=OWN_ID, sent_at_us=(desk.now_ns - way_ns) // 1000)
    assert desk.member.rejected == {}
    assert desk.state is State.MASTER


def test_stale_question_is_answered_all_the_same() -> None:
    """Else two units that find each other's words stale would stay deaf for good."""
    desk = keyed()
    said = desk.packet(Kind.QUESTION, target=OWN_ID, nonce=5)
    desk.now_ns += 10 * SECOND
    desk.feed(PacketReceived(said, desk.now_ns))
    assert desk.member.rejected == {"stale": 1}
    assert desk.sent(Kind.BEACON)[-1].nonce == 5


def test_drift_of_two_clocks_is_no_delay() -> None:
    """1,000 ppm for an hour is 3.6 s; no packet is stale."""
    desk = keyed()
    for _ in range(720):
        desk.now_ns += 5 * SECOND
        desk.hear(Kind.ADVERT, sent_at_us=desk.now_ns // 1000 * 999 // 1000)
    assert desk.member.rejected == {}


def test_question_is_answered_at_once_and_at_most_once_in_10_ms() -> None:
    """By the unit that it addresses; one to everybody by the master."""
    master = Desk().as_master()
    adverts = len(master.sent(Kind.ADVERT))
    for _ in range(3):
        master.hear(Kind.QUESTION, nonce=77)
    answer = master.sent(Kind.ADVERT)[-1]
    assert (answer.nonce, answer.target) == (77, PEER_ID)
    assert len(master.sent(Kind.ADVERT)) == adverts + 1
    backup = Desk().following()
    backup.hear(Kind.QUESTION, nonce=77)
    backup.now_ns += 2 * MS
    assert all(beacon.nonce == 0 for beacon in backup.sent(Kind.BEACON))
    backup.hear(Kind.QUESTION, nonce=78, target=OWN_ID)
    assert backup.sent(Kind.BEACON)[-1].nonce == 78


def test_question_of_an_unproven_unit_is_answered_and_believed_in_nothing_else() -> None:
    """An answer tells nothing that adverts do not."""
    desk = keyed()
    desk.hear(Kind.QUESTION, unit_id=60, nonce=5, target=OWN_ID)
    assert desk.sent(Kind.BEACON)[-1].target == 60
    assert desk.member.rejected == {"unproven": 1}


def test_table_of_peers_is_bounded_and_forgets_the_unproven_first() -> None:
    """256 are remembered."""
    peers = Peers(True, bytes(16))
    desk = Desk()
    for number in range(MAX_PEERS + 20):
        peers.admit(desk.packet(Kind.ADVERT, unit_id=1000 + number), 0, "", SECOND)
    assert len(peers.by_id) == MAX_PEERS
    for peer in peers.by_id.values():
        peer.is_proven = True
    stranger, reason = peers.admit(desk.packet(Kind.ADVERT, unit_id=5000), 0, "", SECOND)
    assert stranger is None
    assert reason is Rejection.TOO_MANY_PEERS


def test_nonces_are_never_zero_and_never_repeated() -> None:
    """And differ from those of another start."""
    one, other = Peers(True, bytes(16)), Peers(True, bytes(15) + b"\1")
    nonces = [peers.fresh_nonce() for peers in (one, other) for _ in range(2000)]
    assert len(set(nonces)) == 4000
    assert 0 not in nonces


@pytest.mark.parametrize(
    ("fields", "counter"),
    [({"device_type": 2}, "other_type"), ({"group": 8}, "other_group"), ({"group": 8, "device_type": 2}, "other_type")],
)
def test_other_types_and_groups_are_counted_and_no_peers(fields: dict[str, int], counter: str) -> None:
    """S-01, S-02, Z-09: a unit that runs as another type is no peer, whatever it is made of."""
    desk = Desk().able()
    desk.hear(Kind.ADVERT, 255, **fields)
    assert desk.engine.unit.rejected == {counter: 1}
    assert desk.member.master is None
    assert not desk.engine.unit.peers.by_id


def test_own_packets_are_dropped_and_a_clone_is_counted() -> None:
    """A unit hears its own multicast; a cloned data directory has the same id and another boot."""
    desk = Desk().able()
    own: Message = desk.sent(Kind.QUESTION)[0]
    desk.feed(PacketReceived(own, desk.now_ns))
    assert desk.engine.unit.rejected == {}
    desk.feed(PacketReceived(own._replace(boot=6), desk.now_ns))
    desk.feed(PacketReceived(own._replace(sequence=10_000), desk.now_ns))
    assert desk.engine.unit.rejected == {"own_unit_id": 2}


def test_rejected_packet_changes_a_counter_only() -> None:
    """House rule 6: whatever the reason, the deadline stays; a stranger is told of, once."""
    desk = keyed()
    before = deadline(desk)
    told = [effect for reason in Rejection for effect in desk.feed(PacketRejected(reason))]
    assert {type(effect) for effect in told} == {RaiseAlarm}
    assert not [effect for reason in Rejection for effect in desk.feed(PacketRejected(reason))]
    assert desk.engine.unit.rejected == {reason.value: 2 for reason in Rejection}
    assert desk.state is State.BACKUP
    assert deadline(desk) == before


def test_alarm_of_strangers_lasts_while_they_come_and_ends_after_one_or_two_quiet_minutes() -> None:
    """Two units that refuse one another are two masters: a person must know, as long as it lasts."""
    desk = Desk().as_master()
    for _ in range(3):
        desk.feed(PacketRejected(Rejection.UNEXPECTED_MAC))
        desk.pass_time(50)
        assert AlarmName.STRANGERS in desk.member.alarms
    desk.pass_time(70)
    assert AlarmName.STRANGERS not in desk.member.alarms
    assert desk.state is State.MASTER


def test_unit_that_could_not_save_its_boot_proves_itself_with_lower_numbers() -> None:
    """The same boot again, sequences from 1: refused as replayed until it carries a fresh nonce back."""
    desk = keyed()
    for _ in range(10):
        desk.hear(Kind.ADVERT)
    desk.now_ns += 2 * SECOND
    desk.sequence = 0
    desk.hear(Kind.ADVERT)
    assert desk.member.rejected == {"replayed": 1}
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=desk.sent(Kind.QUESTION)[-1].nonce)
    desk.hear(Kind.ADVERT)
    assert desk.member.rejected == {"replayed": 1}


def test_answer_that_a_give_up_has_overtaken_does_not_revive_the_master() -> None:
    """C-06: whatever arrives in the wrong order, the skew runs from the give-up."""
    desk = keyed()
    desk.hear(Kind.ADVERT)
    stale = desk.packet(Kind.ADVERT)._replace(boot=8)
    desk.feed(PacketReceived(stale, desk.now_ns, "10.0.0.2"))  # makes it ask
    nonce = desk.sent(Kind.QUESTION)[-1].nonce
    answer = desk.packet(Kind.ADVERT, target=OWN_ID, nonce=nonce)
    desk.hear(Kind.GIVE_UP, 0)
    by_skew = deadline(desk)
    desk.feed(PacketReceived(answer, desk.now_ns, "10.0.0.2"))
    assert deadline(desk) == by_skew
    assert desk.member.rejected["replayed"] == 2


@pytest.mark.parametrize("kind", [Kind.GIVE_UP, Kind.HANDOVER])
def test_farewell_is_believed_from_the_tracked_master_alone(kind: Kind) -> None:
    """C-04."""
    desk = Desk().following()
    desk.hear(kind, 0, unit_id=60, target=OWN_ID)
    assert desk.member.rejected == {"not_from_master": 1}
    assert desk.state is State.BACKUP
    desk.hear(kind, 0, target=OWN_ID)
    assert desk.member.rejected == {"not_from_master": 1}


def test_backup_that_leaves_is_forgotten_as_a_successor() -> None:
    """Flag LEAVING, readiness 0, silence: not able."""
    desk = Desk().as_master()
    peers = desk.engine.unit.peers
    desk.hear(Kind.BEACON)
    assert len(peers.able(GROUP, desk.now_ns)) == 1
    desk.hear(Kind.BEACON, readiness=0)
    assert not peers.able(GROUP, desk.now_ns)
    desk.hear(Kind.BEACON)
    desk.hear(Kind.BEACON, flags=Flag.LEAVING)
    assert not peers.able(GROUP, desk.now_ns)
    desk.hear(Kind.BEACON)
    assert not peers.able(GROUP, desk.now_ns + 4 * SECOND)


def test_best_successor_comes_first() -> None:
    """S-08: the higher priority, then the higher unit id."""
    desk = Desk().as_master()
    for unit_id, priority in ((60, 90), (61, 120), (62, 120), (63, 110)):
        desk.hear(Kind.BEACON, priority, unit_id=unit_id)
    assert [peer.unit_id for _, peer in desk.engine.unit.peers.able(GROUP, desk.now_ns)] == [62, 61, 63, 60]


def test_silence_is_not_believed_before_the_socket_is_empty() -> None:
    """Tick.is_drained: adverts go out all the same."""
    desk = Desk().following()
    desk.now_ns += 60 * SECOND
    desk.feed(Tick(is_drained=False))
    assert desk.state is State.BACKUP
    desk.feed(Tick())
    desk.now_ns += 60 * MS
    desk.feed(Tick(is_drained=False))
    assert desk.all(Transition)[-1].after is State.CLAIMING, "nor is the silence of other claimers"
    desk.feed(Tick())
    assert desk.all(Transition)[-1].after is State.MASTER


def test_a_unit_that_cannot_serve_yet_is_told_of_masters_and_of_their_new_configurations() -> None:
    """Z-18: a new unit has no configuration, so its device has nothing to do; it is by hearing a master that it gets one."""
    desk = Desk()
    first = [effect for effect in desk.hear(Kind.ADVERT) if isinstance(effect, HeardMaster)]
    again = [effect for effect in desk.hear(Kind.ADVERT) if isinstance(effect, HeardMaster)]
    newer = [effect for effect in desk.hear(Kind.ADVERT, config_revision=2) if isinstance(effect, HeardMaster)]
    assert (desk.state, len(first), len(again), len(newer)) == (State.INIT, 1, 0, 1)


def test_a_master_that_was_heard_before_is_told_of_again_when_it_has_taken_the_group_back() -> None:
    """S-28: first its claim, which makes nobody master, then its advert with the configuration that it had before."""
    desk = Desk().able()
    desk.hear(Kind.ADVERT)
    told = [desk.hear(kind) for kind in (Kind.CLAIM, Kind.ADVERT, Kind.ADVERT)]
    kinds = [[effect.message.kind for effect in effects if isinstance(effect, HeardMaster)] for effects in told]
    assert kinds == [[], [Kind.ADVERT], []]


@pytest.mark.parametrize("how", ["link", "device", "off"])
def test_who_listens_anew_counts_by_the_interval_of_a_master_that_may_be_frozen(how: str) -> None:
    """C-21, F-8: its lease runs by its own interval, whatever has happened to this unit since it was heard."""
    desk = Desk(key=True, interval_ms=100).able()
    [question] = desk.sent(Kind.QUESTION)
    desk.hear(Kind.ADVERT, target=OWN_ID, nonce=question.nonce, interval_ms=3000)
    away_and_back(desk, how)
    assert deadline(desk) == pytest.approx(3000 + 5600)
    desk.pass_time(8.5)
    assert desk.state is State.BACKUP


def away_and_back(desk: Desk, how: str) -> None:
    """It cannot serve for a moment."""
    if how == "link":
        desk.feed(LinkChanged(False))
        desk.feed(LinkChanged(True))
    elif how == "device":
        desk.feed(DeviceReported("rx", DeviceReport.FAILED, error="gone"))
        desk.feed(DeviceReported("rx", DeviceReport.READY))
    else:
        desk.command(Verb.OFF)
        desk.command(Verb.ON)
