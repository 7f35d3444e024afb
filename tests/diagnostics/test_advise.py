"""Timing advice: what it says of a measure, and the settings that it names against the rules (F-1 to F-7)."""

from __future__ import annotations

from typing import Any

import pytest

from agent.diagnostics.advise import advice
from agent.diagnostics.advise_chance import chance, poisson_bound
from agent.diagnostics.advise_measures import Setting, measured_of
from agent.diagnostics.advise_options import GOOD_PER_DAY, options, sturdier
from agent.diagnostics.advise_words import often, sentences


def member(**timing: Any) -> dict[str, Any]:
    """A backup's part of the status: A = 1 s, P = 253."""
    known = {"interval_ms": 1000, "adverts": 80_000, "lost": 0, "runs": [], "longest_run": 0, "late": [], "latest_ms": 0.3}
    return {
        "group": 7,
        "role": "backup",
        "priority": 253,
        "takeover_timeout_us": 1_300_000,
        "master": {"name": "rx-a", "priority": 254},
        "timing": {**known, "latest_way_ms": 0.1, "longest_ms": 1000.3, "least_margin_ms": 299.7, **timing},
    }


def lossy(lost: int, adverts: int = 80_000) -> dict[str, Any]:
    """One at a time."""
    return member(adverts=adverts, lost=lost, runs=[lost], longest_run=1, longest_ms=2000.0)


def test_settings_of_the_requirements_survive_what_they_say() -> None:
    """F-2, F-3, F-4, S-12 to S-14."""
    assert (Setting(1000, 253).timeout_ms, Setting(1000, 253).survives) == (1300, 0)
    assert (Setting(1000, 245).timeout_ms, Setting(1000, 245).survives) == (2100, 1)
    assert (Setting(100, 251).timeout_ms, Setting(100, 251).survives) == (600, 4)
    assert Setting(100, 100).timeout_ms == 15_700
    assert [priority for priority in range(240, 256) if Setting(1000, priority).is_tie] == [246]
    assert Setting(1000, 246).survives == 0


def test_tie_costs_half_of_the_single_losses() -> None:
    """F-2: P=246 is an exact tie with the second advert."""
    measured = measured_of(lossy(800)["timing"])
    assert measured is not None
    tie, above, below = (chance(measured, Setting(1000, priority)).per_day for priority in (246, 247, 245))
    assert tie == pytest.approx(above / 2, rel=0.05)
    assert below < tie / 20


def test_as_fast_a_setting_keeps_within_t_and_below_the_master() -> None:
    """F-3: a shorter interval and a lower priority in the same T; S-23: never the master's priority."""
    measured = measured_of(lossy(800)["timing"])
    assert measured is not None
    now = Setting(1000, 253)
    fast, patient = options(measured, now, 254)
    assert (fast.is_as_fast, patient.is_as_fast) == (True, False)
    assert fast.setting.timeout_ms <= now.timeout_ms
    assert fast.setting.interval_ms < 1000
    assert fast.setting.survives >= 4
    assert (patient.setting.interval_ms, patient.setting.is_tie) == (1000, False)
    assert patient.setting.timeout_ms > now.timeout_ms
    assert all(option.chance.per_day < chance(measured, now).per_day / 100 for option in (fast, patient))
    for below in (254, 240, 230):
        assert all(option.setting.priority < below for option in options(measured, now, below))


def test_good_setting_is_left_alone() -> None:
    """F-2: T = 6.1 s survives five single losses."""
    told = member(adverts=80_000, lost=3, runs=[3], longest_run=1) | {"priority": 205, "takeover_timeout_us": 6_100_000}
    found = advice(told)
    assert found.chance is not None
    assert found.chance.per_day < GOOD_PER_DAY
    assert found.options == ()
    assert found.sturdier is None
    assert any("Nothing measured calls for a change." in line for line in sentences(found))


def test_without_a_loss_it_says_what_the_first_one_would_do() -> None:
    """F-3: A = 1 s, P = 253 survives no lost advert; the same T survives five at 0.2 s."""
    measured = measured_of(member()["timing"])
    assert measured is not None
    option = sturdier(measured, Setting(1000, 253), 254)
    assert option is not None
    assert (option.setting.interval_ms, option.setting.timeout_ms, option.setting.survives) == (200, 1300, 5)
    assert any("one lost advert is a takeover" in line for line in sentences(advice(member())))


def test_few_minutes_say_little_and_that_is_said() -> None:
    """Issue 5: ten minutes without a loss exclude 431 a day, and no fewer."""
    text = "\n".join(sentences(advice(member(adverts=600))))
    assert "Measured for 10 minutes: 600 adverts heard, none lost." in text
    assert "From 10 minutes only, 431 times a day cannot be excluded (95 %)." in text


def test_bound_is_that_of_poisson() -> None:
    """Its textbook values: 2.996 for none, 4.744 for one, 16.96 for ten."""
    assert [round(poisson_bound(seen), 1) for seen in (0, 1, 10)] == [3.0, 4.7, 17.0]


def test_long_silences_that_were_measured_count_whatever_the_law_says() -> None:
    """F-2: five runs of eight or more were seen; an independent law would never have one."""
    told = member(adverts=80_000, lost=100 + 5 * 9, runs=[100, 0, 0, 0, 0, 0, 0, 5], longest_run=9) | {
        "priority": 206,
        "takeover_timeout_us": 6_000_000,
    }
    found = advice(told)
    assert found.chance is not None
    assert found.chance.per_day >= 5


def test_sentences_of_a_lossy_lan() -> None:
    """F-1 to F-7, S-16, S-17: what was measured, what it means, what would be better, and what T leaves out."""
    told = lossy(8_000) | {
        "last_takeover": {"detect_ms": 1300.1, "claim_ms": 0.2, "load_ms": 3.0, "open_ms": 9.0, "lock_ms": 3.1}
    }
    text = "\n".join(sentences(advice(told)))
    for part in (
        "Group 7, backup behind rx-a: an advert every 1 s, priority 253, T = 1.3 s.",
        "80000 adverts heard, 8000 lost (9.09%; one at a time)",
        "It survives no lost advert (F-2), and an advert that is less than 0.3 s late (F-1).",
        "times a day.",
        "no slower than now (F-3), 10 times as many packets.",
        "a real failure is noticed",
        "let it measure after the change",
        "Set the interval alike on all units (C-21)",
        "T is detection alone; claim, loading and opening come on top (F-7): the last takeover here took 12 ms more.",
    ):
        assert part in text, part


def test_backup_of_a_pool_is_told_what_different_priorities_cost() -> None:
    """F-6: M masters of different priorities push every backup down."""
    assert not any("F-6" in line for line in sentences(advice(lossy(8_000))))
    assert any("A + (M+2) * 0.1 s at least (F-6)" in line for line in sentences(advice(lossy(8_000) | {"seat": "pooled"})))


def test_lan_beyond_cure_is_called_so() -> None:
    """Issue 5: silences of many seconds several times a day are no matter of settings."""
    runs = [100, 90, 80, 70, 60, 50, 40, 300]
    told = member(
        interval_ms=100, adverts=800_000, lost=sum((n + 1) * count for n, count in enumerate(runs)), runs=runs, longest_run=4000
    )
    assert any("mend the LAN" in line for line in sentences(advice(told | {"priority": 250, "takeover_timeout_us": 700_000})))


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"group": 7, "role": "master"}, "ask on its backups"),
        ({"group": 7, "role": "backup", "timing": None}, "nothing was measured yet"),
        ({"group": 7, "role": "backup", "timing": {"adverts": "many", "interval_ms": 1000}}, "nothing was measured yet"),
        ({"group": 7, "role": "backup", "timing": {"adverts": -3, "interval_ms": 1000}}, "nothing was measured yet"),
    ],
)
def test_where_nothing_can_be_said_it_says_why(told: dict[str, Any], why: str) -> None:
    """Issue 5: a master hears no adverts; a word that is odd is no measure."""
    [line] = sentences(advice(told))
    assert why in line


@pytest.mark.parametrize(
    ("per_day", "words"),
    [
        (7917.2, "7917 times a day"),
        (0.2, "6 times a month"),
        (0.02, "7 times a year"),
        (0.0027, "once a year"),
        (0.0001, "once in 27 years"),
        (1e-9, "less than once in 100 years"),
        (0.0, "less than once in 100 years"),
    ],
)
def test_frequencies_are_said_in_words(per_day: float, words: str) -> None:
    """Issue 5: plain sentences."""
    assert often(per_day) == words
