"""Deliberate faults of what a person changes while the units run."""

from __future__ import annotations

from typing import Final

from tests.sim.mutant import Mutant

MUTANTS_OF_CONTROLS: Final = (
    Mutant(
        "longer interval counts at once",
        "rules_adjust.py",
        "    if interval_ms >= member.pace_ms:\n        return False\n",
        "    if interval_ms == member.pace_ms:\n        return False\n",
        ("longer_interval_is_said_before_it_counts",),
        needs_histories=False,
    ),
    Mutant(
        "longer interval never counts",
        "rules_master.py",
        "        member.pace_ms = member.config.interval_ms\n",
        "        pass\n",
        ("longer_interval_is_said_before_it_counts",),
        needs_histories=False,
    ),
    Mutant(
        "shorter interval is only said",
        "rules_adjust.py",
        "    member.pace_ms = interval_ms\n    _shorten_lease(member, turn)\n",
        "",
        ("shorter_interval_counts_at_once",),
        needs_histories=False,
    ),
    Mutant(
        "deadline forgets that T is another",
        "rules_adjust.py",
        "        due_ns = from_ns + timeout_ns\n    else:",
        "        pass\n    else:",
        ("deadline_follows_a_priority_that_is_lowered_in_the_silence",),
        needs_histories=False,
    ),
    Mutant(
        "maintenance takes over",
        "rules_attended.py",
        "return config.is_attended or config.is_in_maintenance",
        "return config.is_attended",
        ("unit_in_maintenance_takes_nothing_over_until_it_is_told",),
        needs_histories=False,
    ),
    Mutant(
        "maintenance says that it is able",
        "speech.py",
        "    return member.config.is_in_maintenance and (",
        "    return False and (",
        ("unit_in_maintenance_takes_nothing_over_until_it_is_told",),
        needs_histories=False,
    ),
    Mutant(
        "lock forgotten",
        "rules_asked.py",
        "return Why.LOCKED if member.config.is_locked else Why.NONE",
        "return Why.NONE",
        ("locked_master_refuses_a_person_and_not_its_own_failure",),
        needs_histories=False,
    ),
    Mutant(
        "off is forgotten in a restart",
        "engine.py",
        "State.OFF if config.is_off else State.INIT",
        "State.INIT",
        ("unit_that_is_off_says_nothing_and_is_counted_on_by_nobody",),
        needs_histories=False,
    ),
    Mutant(
        "off answers whoever asks",
        "rules_asked.py",
        '    """While the agent stops, as a backup does; one that a person has switched off says nothing (D-12)."""\n'
        "    if not member.config.is_off:",
        "    if member is not None:",
        ("unit_that_is_off_says_nothing_and_is_counted_on_by_nobody",),
        needs_histories=False,
    ),
    Mutant(
        "off before the successor is master",
        "rules_switch.py",
        "leave(member, turn, succeeding(turn, member, Why.COMMAND, State.BACKUP, text))",
        "leave(member, turn, succeeding(turn, member, Why.COMMAND, State.OFF, text))",
        ("master_that_is_switched_off_hands_over_first",),
        needs_histories=False,
    ),
    Mutant(
        "output that was left is kept beside another",
        "rules_off.py",
        "    mute(member, turn)\n    go(member, turn, State.OFF, reason, text)\n",
        "    go(member, turn, State.OFF, reason, text)\n",
        ("output_that_was_left_on_the_air_is_muted_before_another_opens",),
        needs_histories=False,
    ),
    Mutant(
        "unproven claim overheard",
        "hearing.py",
        "                signal_member(member, turn, Signal.DOUBTED)\n",
        "                pass\n",
        ("output_that_was_left_is_silent_while_a_claimer_has_yet_to_prove_itself",),
        needs_histories=False,
    ),
    Mutant(
        "claimer answers that it is a backup",
        "table.py",
        "            CLAIMING: does(claiming.answer_as_claimer),\n",
        "",
        ("output_that_was_left_is_silent_while_a_claimer_has_yet_to_prove_itself",),
        needs_histories=False,
    ),
    Mutant(
        "output that was left is held with packets unread",
        "agenda.py",
        "URGENT = frozenset({Timer.LEASE, Timer.ADVERT, Timer.REPEAT})",
        "URGENT = frozenset({Timer.LEASE, Timer.ADVERT, Timer.REPEAT, Timer.HOLD})",
        ("output_that_was_left_is_not_held_with_packets_unread",),
        needs_histories=False,
    ),
)
