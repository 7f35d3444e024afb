"""How near each advert came to a takeover: measured beside the rules, and an alarm when it was too near."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agent.engine.arrivals import DISTANCES_MS, LATENESS_MS, MARGINS_MS
from agent.engine.effects import ClearAlarm, RaiseAlarm
from agent.engine.events import PacketReceived, Stalled, Tick, Verb
from agent.engine.reasons import AlarmName, State
from agent.wire.message import Kind
from tests.engine.desk import MS, SECOND, Desk
from tests.engine.test_snapshot import seat

MASTER = 254


def timing(desk: Desk) -> dict[str, Any]:
    """As faces get it."""
    return seat(desk)["timing"]  # type: ignore[no-any-return]


def beats(desk: Desk, count: int, interval_s: float = 1.0, **fields: int) -> Desk:
    """So many punctual adverts."""
    for _ in range(count):
        desk.pass_time(interval_s)
        desk.hear(Kind.ADVERT, MASTER, **fields)
    return desk


def lose(desk: Desk, adverts: int = 1) -> None:
    """They leave, and never come."""
    desk.sequence += adverts


def place_of(bounds: tuple[int, ...], value_ms: float) -> int:
    """Of the bucket."""
    return sum(bound < value_ms for bound in bounds)


def alarms(desk: Desk) -> list[str]:
    """Sentences of all that were raised about margins."""
    return [effect.text for effect in desk.all(RaiseAlarm) if effect.name is AlarmName.MARGIN_THIN]


def test_distances_and_margins_are_counted_in_their_buckets() -> None:
    """F-1: a margin is T less the distance; P=253 at 1 s leaves 0.3 s."""
    desk = beats(Desk(253).following(MASTER), 20)
    shown = timing(desk)
    assert shown["distances"] == [0] * place_of(DISTANCES_MS, 1000) + [20]
    assert shown["margins"] == [0] * place_of(MARGINS_MS, 300) + [20]
    assert (shown["distances_sum_ms"], shown["margins_sum_ms"], shown["least_margin_ms"]) == (20_000.0, 6_000.0, 300.0)
    assert (shown["adverts"], shown["lost"], shown["interval_ms"], shown["master"]) == (20, 0, 1000, f"{50:016x}")


def test_what_is_counted_quickly_is_what_is_counted_one_by_one() -> None:
    """Issue 5: the usual advert takes a short way; it ends in the same places, whatever the jitter."""
    rng = random.Random(5)
    desk = Desk(247).following(MASTER)
    distances_ms, last_ns = [], desk.now_ns
    for beat in range(1, 400):
        jitter_ms = rng.choice([0.0, 0.1, 0.2, 0.9, 1.4, 30.0, 140.0])
        at_ns = 10 * SECOND + beat * SECOND + round(jitter_ms * MS)
        desk.pass_time((at_ns - desk.now_ns) / SECOND)
        desk.now_ns = at_ns
        desk.hear(Kind.ADVERT, MASTER)
        distances_ms.append((at_ns - last_ns) / MS)
        last_ns = at_ns
    shown, first = timing(desk), distances_ms
    for name, bounds, values in (
        ("distances", DISTANCES_MS, first),
        ("margins", MARGINS_MS, [1900 - one for one in first]),
        ("late", LATENESS_MS, [one - 1000 for one in first if one > 1001]),
    ):
        expected = [0] * (len(bounds) + 1)
        for value in values:
            expected[place_of(bounds, value)] += 1
        assert shown[name] + [0] * (len(bounds) + 1 - len(shown[name])) == expected, name
    assert shown["distances_sum_ms"] == pytest.approx(sum(first))
    assert shown["margins_sum_ms"] == pytest.approx(sum(1900 - one for one in first))
    assert shown["longest_ms"] == pytest.approx(max(first))
    assert shown["adverts"] == len(first)


def test_least_margin_is_of_the_last_ten_minutes() -> None:
    """Issue 5: an old near miss is forgotten, and no word of it is left when no master is heard."""
    desk = beats(Desk(250).following(MASTER), 60)
    desk.pass_time(1.4)
    desk.hear(Kind.ADVERT, MASTER)
    assert timing(desk)["least_margin_ms"] == 200.0
    beats(desk, 8 * 60)
    assert timing(desk)["least_margin_ms"] == 200.0
    beats(desk, 3 * 60)
    assert timing(desk)["least_margin_ms"] == 600.0
    desk.now_ns += 700 * SECOND
    assert timing(desk)["least_margin_ms"] is None


def test_one_advert_that_is_a_quarter_of_a_second_late_raises_the_alarm_and_switches_nothing() -> None:
    """S-15, F-1: at P=253 the skew is 0.3 s; a fifth of it is thin."""
    desk = beats(Desk(253).following(MASTER), 5)
    desk.pass_time(1.23)
    desk.hear(Kind.ADVERT, MASTER)
    assert alarms(desk) == []
    desk.pass_time(1.25)
    desk.hear(Kind.ADVERT, MASTER)
    [text] = alarms(desk)
    assert "an advert was 250 ms late, most of it at its sender (F-1)" in text
    assert "its next word came 50 ms before this unit would have taken group 7 over, T = 1.3 s: understudy advise 7" in text
    assert seat(desk)["alarms"][0]["severity"] == "warning"
    assert desk.state is State.BACKUP
    assert (timing(desk)["latest_ms"], timing(desk)["lost"]) == (250.0, 0)


def test_alarm_says_when_the_way_was_to_blame() -> None:
    """F-1: stamped in time by its sender, and late here."""
    desk = beats(Desk(253).following(MASTER), 5)
    desk.pass_time(1.27)
    desk.hear(Kind.ADVERT, MASTER, sent_at_us=(desk.now_ns - 270 * MS) // 1000)
    [text] = alarms(desk)
    assert "270 ms late, most of it on its way" in text
    assert timing(desk)["latest_way_ms"] == 270.0


@pytest.mark.parametrize(
    ("priority", "lost", "is_thin"),
    [(245, 1, True), (240, 1, True), (235, 1, False), (235, 2, True), (225, 2, False), (225, 3, True)],
)
def test_run_of_losses_that_one_more_would_make_a_takeover_raises_the_alarm(priority: int, lost: int, is_thin: bool) -> None:
    """F-2: n lost adverts are survived if the skew is longer than n intervals."""
    desk = beats(Desk(priority).following(MASTER), 5)
    lose(desk, lost)
    desk.pass_time(1.0 + lost)
    desk.hear(Kind.ADVERT, MASTER)
    assert len(alarms(desk)) == is_thin
    assert desk.state is State.BACKUP
    assert (timing(desk)["lost"], timing(desk)["runs"], timing(desk)["longest_run"]) == (lost, [0] * (lost - 1) + [1], lost)


def test_tie_of_priority_246_is_no_near_miss_while_nothing_is_lost() -> None:
    """F-2: T is two intervals there; punctual adverts leave a whole one."""
    desk = beats(Desk(246).following(MASTER), 30)
    assert alarms(desk) == []
    assert timing(desk)["least_margin_ms"] == 1000.0


def test_alarm_is_over_after_ten_quiet_minutes_and_begins_anew_with_each_near_miss() -> None:
    """S-15: whoever looks later still sees it; the journal is told only of what was nearer still."""
    desk = beats(Desk(245).following(MASTER), 3)
    for _ in range(3):
        lose(desk)
        desk.pass_time(2.0)
        desk.hear(Kind.ADVERT, MASTER)
        beats(desk, 120)
    assert len(alarms(desk)) == 1
    beats(desk, 470)
    assert AlarmName.MARGIN_THIN in desk.member.alarms
    beats(desk, 20)
    assert AlarmName.MARGIN_THIN not in desk.member.alarms
    assert [effect.name for effect in desk.all(ClearAlarm)] == [AlarmName.MARGIN_THIN]


def test_alarm_outlives_a_takeover_and_is_over_in_its_time() -> None:
    """S-15: the near misses before a takeover are what explains it; as master nothing is measured, and yet it ends."""
    desk = beats(Desk(245).following(MASTER), 3)
    lose(desk)
    desk.pass_time(2.0)
    desk.hear(Kind.ADVERT, MASTER)
    desk.pass_time(30)
    assert desk.state is State.MASTER
    assert AlarmName.MARGIN_THIN in desk.member.alarms
    desk.pass_time(580)
    assert AlarmName.MARGIN_THIN not in desk.member.alarms


def test_acknowledging_does_not_end_what_still_lasts() -> None:
    """S-15: it tells of the last ten minutes, and they are not over because somebody has read it."""
    desk = beats(Desk(245).following(MASTER), 3)
    lose(desk)
    desk.pass_time(2.0)
    desk.hear(Kind.ADVERT, MASTER)
    desk.command(Verb.ACKNOWLEDGE)
    assert AlarmName.MARGIN_THIN in desk.member.alarms


def test_packets_for_other_groups_are_not_lost_ones() -> None:
    """S-02: the sequence counts all packets of a unit, and this unit is not told of groups without a seat here."""
    desk = Desk(200).following(MASTER)
    for _ in range(50):
        lose(desk, 7)
        beats(desk, 1)
    assert (timing(desk)["adverts"], timing(desk)["lost"], timing(desk)["late"]) == (50, 0, [])


def test_losses_are_seen_among_packets_for_other_groups() -> None:
    """S-02, F-2: a hole in the sequence and two intervals without a word."""
    desk = Desk(200).following(MASTER)
    lose(desk, 15)
    desk.pass_time(2.0)
    desk.hear(Kind.ADVERT, MASTER)
    assert timing(desk)["lost"] == 1


def test_sender_that_stood_still_has_lost_nothing() -> None:
    """F-1: without a hole in the sequence it was late, however late."""
    desk = beats(Desk(200).following(MASTER), 3)
    desk.pass_time(3.1)
    desk.hear(Kind.ADVERT, MASTER)
    assert (timing(desk)["lost"], timing(desk)["latest_ms"]) == (0, 2100.0)


def test_advert_between_two_beats_makes_the_next_one_neither_late_nor_lost() -> None:
    """Issue 5: a master says news at once; a lost beat after that is no delay."""
    desk = beats(Desk(200).following(MASTER), 3)
    desk.pass_time(0.7)
    desk.hear(Kind.ADVERT, MASTER)
    desk.pass_time(0.3)
    desk.hear(Kind.ADVERT, MASTER)
    assert (timing(desk)["lost"], timing(desk)["late"]) == (0, [])
    desk.pass_time(0.7)
    desk.hear(Kind.ADVERT, MASTER)
    lose(desk)
    desk.pass_time(1.3)
    desk.hear(Kind.ADVERT, MASTER)
    assert (timing(desk)["late"], timing(desk)["latest_ms"]) == ([], 0.0)


def test_overtaken_packet_changes_no_measure_but_its_own_absence() -> None:
    """S-15: it is refused as old, so it has moved no deadline."""
    desk = beats(Desk(200).following(MASTER), 3)
    first, second = desk.packet(Kind.ADVERT, MASTER), desk.packet(Kind.ADVERT, MASTER)
    desk.pass_time(2.0)
    for message in (second, first):
        desk.feed(PacketReceived(message, desk.now_ns, "10.0.0.2"))
    beats(desk, 5)
    assert (timing(desk)["lost"], timing(desk)["adverts"], timing(desk)["runs"]) == (1, 9, [1])


def test_stall_of_this_process_is_no_gap_of_the_lan() -> None:
    """S-15: what lay unread counts with the kernel's times."""
    desk = beats(Desk(245).following(MASTER), 3)
    began_ns, unread = desk.now_ns, []
    for beat in range(1, 6):
        desk.now_ns = began_ns + beat * SECOND
        unread.append(PacketReceived(desk.packet(Kind.ADVERT, MASTER), desk.now_ns, "10.0.0.2"))
    for event in unread:
        desk.feed(event)
    desk.feed(Stalled(5 * SECOND))
    desk.feed(Tick())
    shown = timing(desk)
    assert (shown["adverts"], shown["lost"], shown["late"], shown["longest_ms"]) == (8, 0, [], 1000.0)
    assert alarms(desk) == []


def test_new_interval_begins_a_new_measure_and_is_no_near_miss() -> None:
    """C-21: T has followed the master, and the last distance was of the old pace."""
    desk = Desk(150, interval_ms=100).able()
    desk.hear(Kind.ADVERT, MASTER, interval_ms=100)
    beats(desk, 20, 0.1, interval_ms=100)
    assert timing(desk)["adverts"] == 20
    desk.adjust(interval_ms=5000)
    beats(desk, 3, 0.1, interval_ms=5000)
    beats(desk, 3, 5.0, interval_ms=5000)
    desk.adjust(interval_ms=100)
    beats(desk, 1, 5.0, interval_ms=100)
    beats(desk, 5, 0.1, interval_ms=100)
    assert (timing(desk)["adverts"], timing(desk)["interval_ms"]) == (4, 100), "the first distance between two at the new pace"
    assert alarms(desk) == []
    assert desk.state is State.BACKUP


def test_another_life_of_the_master_is_no_gap() -> None:
    """C-22: it was away, and says so by its boot."""
    desk = beats(Desk(100).following(MASTER), 3)
    desk.pass_time(12)
    desk.sequence = 0
    for _ in range(3):
        desk.pass_time(1)
        desk.hear(Kind.ADVERT, MASTER, boot=10)
    assert (timing(desk)["adverts"], timing(desk)["lost"], timing(desk)["longest_ms"]) == (5, 0, 1000.0)


def test_takeover_that_waits_for_a_person_was_no_near_miss() -> None:
    """D-40: the master died and came back; the alarm for that is `attended`."""
    desk = beats(Desk(250).following(MASTER), 3)
    desk.adjust(is_attended=True)
    desk.pass_time(20)
    assert AlarmName.ATTENDED in desk.member.alarms
    desk.hear(Kind.ADVERT, MASTER)
    beats(desk, 3)
    assert alarms(desk) == []
    assert timing(desk)["adverts"] == 6


def test_another_master_begins_new_windows_and_the_histograms_go_on() -> None:
    """Issue 5: counters of a process never go back; advice is about the present master."""
    desk = beats(Desk(100).following(MASTER), 10)
    desk.pass_time(0.5)
    desk.hear(Kind.GIVE_UP, 0)
    for _ in range(4):
        desk.hear(Kind.ADVERT, 253, unit_id=51, sequence=desk.sequence + 1)
        desk.pass_time(1)
    shown = timing(desk)
    assert (shown["master"], shown["adverts"], sum(shown["distances"])) == (f"{51:016x}", 3, 13)


def test_measures_stay_small_for_a_day_and_forget_the_day_before() -> None:
    """Issue 5: bounded history: windows of 12 hours."""
    desk = Desk(245, interval_ms=40_000)
    desk.able()
    desk.hear(Kind.ADVERT, MASTER, interval_ms=40_000)
    lose(desk)
    desk.pass_time(41)
    desk.hear(Kind.ADVERT, MASTER, interval_ms=40_000)
    beats(desk, 36 * 90, 40.0, interval_ms=40_000)
    shown = timing(desk)
    assert 12 * 90 <= shown["adverts"] <= 24 * 90 + 2
    assert sum(shown["distances"]) == 36 * 90 + 1
    assert (shown["runs"], shown["late"]) == ([], [])


def test_unit_that_has_heard_no_master_tells_nothing() -> None:
    """Issue 5: nothing measured is not the same as nothing lost."""
    assert timing(Desk(200).able()) is None
    assert timing(Desk(200).as_master()) is None


AT_LONG = {"master_for_ms": 3_600_000}
"""A master for an hour."""


def test_takeover_from_a_living_master_is_a_loss_that_was_too_long() -> None:
    """F-2: what ended T is counted all the same, whether this unit opened (and yielded) or stood down at once."""
    for is_prompt in (True, False):
        desk = beats(Desk(253).following(MASTER), 10)
        desk.is_prompt = is_prompt
        lose(desk)
        desk.pass_time(1.5)
        assert desk.changes()[-1][1] is (State.MASTER if is_prompt else State.CLAIMING)
        desk.hear(Kind.ADVERT, MASTER, **AT_LONG)
        beats(desk, 2, **AT_LONG)
        assert desk.state is State.BACKUP
        shown = timing(desk)
        assert (shown["takeovers"], shown["lost"], shown["runs"], shown["late"]) == (1, 1, [1], [])
        assert shown["margins"][0] == 1
        [text] = alarms(desk)
        assert "1 advert was lost (F-2); its next word came " in text
        assert "ms after this unit had begun to take group 7 over" in text


def test_takeover_because_of_a_late_advert_is_lateness() -> None:
    """F-1, S-15: 0.31 s late at P=253; nothing is missing in the sender's sequence."""
    desk = beats(Desk(253).following(MASTER), 10)
    desk.is_prompt = False
    desk.pass_time(1.31)
    assert desk.state is State.CLAIMING
    desk.hear(Kind.ADVERT, MASTER, **AT_LONG)
    shown = timing(desk)
    assert (shown["takeovers"], shown["lost"], shown["latest_ms"]) == (1, 0, 310.0)
    assert shown["late"][-1] == 1


def test_takeover_from_a_dead_master_is_none_of_these() -> None:
    """C-02: it lost its lease and its role; when it is master again, that is a new mastership."""
    desk = beats(Desk(253).following(MASTER), 10)
    lose(desk)
    desk.pass_time(60)
    assert desk.state is State.MASTER
    desk.hear(Kind.ADVERT, MASTER, master_for_ms=500)
    beats(desk, 5, master_for_ms=3_000)
    shown = timing(desk)
    assert (shown["takeovers"], shown["lost"], shown["longest_ms"]) == (0, 0, 1000.0)
    assert alarms(desk) == []
