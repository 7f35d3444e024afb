"""Deliberate faults of the engine: textual replacements in a copy. Each must be caught by histories or scenarios."""

from __future__ import annotations

from typing import Final, NamedTuple


class Mutant(NamedTuple):
    """`old` occurs exactly once in `file`. `scenarios`: who should catch it, if the random histories do not."""

    name: str
    file: str
    old: str
    new: str
    scenarios: tuple[str, ...]


_CLAIM = "    repeat_claim(member, turn)\n"
_LIMIT = "    turn.arm(member, Timer.LIMIT, turn.now_ns + CLAIM_LIMIT_NS)\n"
_LOAD = (
    "    member.phases.load_order = new_order(member, turn)\n"
    "    turn.effects.append(LoadDevice(member.device, member.order, member.group))\n"
)

MUTANTS: Final = (
    Mutant(
        "lease too long",
        "timing.py",
        "* 999 // 1000 - LEASE_GUARD_NS",
        "* 2",
        ("master_frozen_whole_is_muted_before_its_backup_opens",),
    ),
    Mutant(
        "lease without the margin for clocks",
        "timing.py",
        "* 999 // 1000 - LEASE_GUARD_NS",
        "+ 0",
        ("takeover_at_p253_is_1300_ms_after_the_last_advert",),
    ),
    Mutant(
        "lease from the report, not from the send",
        "rules_master.py",
        "_renew(member, turn, turn.received_at_ns)",
        "_renew(member, turn, turn.now_ns)",
        ("advert_that_was_stuck_in_its_sender_does_not_reopen_the_output",),
    ),
    Mutant(
        "lease of a claim from the report",
        "rules_claim.py",
        "turn.received_at_ns + lease_ns(",
        "turn.now_ns + lease_ns(",
        ("claim_that_was_stuck_in_its_sender_has_a_lease_from_its_stamp",),
    ),
    Mutant(
        "lease renewed after its end",
        "rules_master.py",
        "    if turn.now_ns >= member.lease_until_ns:",
        "    if turn.received_at_ns >= member.lease_until_ns:",
        ("advert_that_was_stuck_in_its_sender_does_not_reopen_the_output",),
    ),
    Mutant(
        "speaks before it is muted",
        "rules_leaving.py",
        "    turn.arm(member, Timer.LEASE, lease_until_ns)",
        "    turn.goals = tuple(State)\n    muted(member, turn)",
        ("give_up_is_answered_after_the_skew_alone",),
    ),
    Mutant(
        "loads before it claims",
        "rules_claim.py",
        _CLAIM + _LIMIT + _LOAD,
        _LIMIT + _LOAD + _CLAIM,
        ("second_backup_hears_the_claim_before_its_own_deadline",),
    ),
    Mutant(
        "no skew",
        "timing.py",
        "    return interval_ms * MS + skew_ns(priority)",
        "    return interval_ms * MS + SKEW_STEP_NS",
        ("takeover_at_p253_is_1300_ms_after_the_last_advert",),
    ),
    Mutant(
        "skew grows with the priority",
        "timing.py",
        "    return (256 - priority) * SKEW_STEP_NS",
        "    return (priority - 240) * SKEW_STEP_NS",
        ("highest_live_backup_becomes_master",),
    ),
    Mutant(
        "preempt ignored",
        "rules_request.py",
        "if not is_preempting(member.config) or member.is_parked",
        "if True or member.is_parked",
        ("higher_unit_preempts_within_one_timeout",),
    ),
    Mutant(
        "preempts always",
        "rules_request.py",
        "if not is_preempting(member.config) or member.is_parked",
        "if member.is_parked",
        ("returning_master_waits_when_preempt_is_off",),
    ),
    Mutant(
        "give-up believed from anybody",
        "signals.py",
        "    return member.master is not None and member.master.unit_id == message.unit_id",
        "    return True",
        ("give_up_from_anybody_but_the_master_is_ignored",),
    ),
    Mutant(
        "sequence not checked",
        "peers.py",
        "elif message.sequence <= peer.sequence:",
        "elif message.sequence < 0:",
        ("old_recordings_change_nothing",),
    ),
    Mutant(
        "unproven units believed",
        "peers.py",
        "if message.nonce == 0 or message.kind not in (Kind.ADVERT, Kind.BEACON):\n            return False",
        "if message.nonce == 0:\n            return True",
        ("old_recordings_change_nothing",),
    ),
    Mutant(
        "old answers prove",
        "peers.py",
        "return is_recent and message.nonce == self.open_nonce and peer.spent_open_nonce != message.nonce",
        "return message.nonce == self.open_nonce",
        ("answer_of_an_earlier_boot_proves_nothing_later",),
    ),
    Mutant(
        "stale packets believed",
        "peers.py",
        "if delay_ns > stale_after_ns:",
        "if delay_ns < 0:",
        ("last_word_of_a_frozen_master_is_history",),
    ),
    Mutant(
        "late adverts are stale to backups",
        "hearing.py",
        "return max(limit_ns, self._unit.timeout_ns(member))",
        "return limit_ns",
        ("delay_under_the_skew_is_survived_whatever_the_interval_is",),
    ),
    Mutant(
        "challenge asked once",
        "timing.py",
        "CHALLENGE_REPEATS = 5",
        "CHALLENGE_REPEATS = 0",
        ("lost_answer_to_a_challenge_is_asked_for_again",),
    ),
    Mutant(
        "question repeated with a new nonce, the old ones forgotten",
        "peers.py",
        "if not peer.nonce or now_ns - peer.nonce_at_ns >= ANSWER_LIFE_NS:\n            _keep_for_late_answers(peer)\n",
        "if now_ns >= 0:\n",
        ("units_with_a_long_way_between_them_prove_themselves",),
    ),
    Mutant(
        "stale questions not answered",
        "hearing.py",
        "_ANSWERED = (None, Rejection.UNPROVEN, Rejection.STALE)",
        "_ANSWERED = (None, Rejection.UNPROVEN)",
        ("masters_that_no_longer_hear_each_other_in_time_still_settle_it",),
    ),
    Mutant(
        "late words not asked about",
        "peers.py",
        "peer.is_late = delay_ns > lease_ns(message.interval_ms)",
        "peer.is_late = False",
        ("way_that_becomes_longer_for_good_is_measured_anew",),
    ),
    Mutant(
        "claim does not settle",
        "timing.py",
        "CLAIM_SETTLE_NS = 5 * MS",
        "CLAIM_SETTLE_NS = 0",
        ("crossed_claims_of_equal_priorities_open_one_output",),
    ),
    Mutant(
        "claim settles before it has left",
        "rules_claim.py",
        "member.settled_at_ns, member.is_named = 0, None, reason",
        "member.settled_at_ns, member.is_named = 0, turn.now_ns + CLAIM_SETTLE_NS, reason",
        ("claim_that_was_stuck_in_its_sender_settles_from_when_it_left",),
    ),
    Mutant(
        "opens with packets unread",
        "rules_claim.py",
        "member.settled_at_ns + UNREAD_LIMIT_NS",
        "member.settled_at_ns",
        ("claimer_whose_socket_is_flooded_waits_until_it_has_read_the_other_claim",),
    ),
    Mutant(
        "rejected packet re-arms the timer",
        "hearing.py",
        "        if reason is None:\n            reason = self._take_note(member, turn)",
        "        if reason is not Rejection.STALE:\n            reason = self._take_note(member, turn) or reason",
        ("old_recordings_change_nothing",),
    ),
    Mutant(
        "stalled backup claims at once",
        "rules_backup.py",
        "    if due_ns is None or due_ns > turn.now_ns:\n        return",
        "    if due_ns is None or due_ns:\n        return",
        ("stalled_backup_of_a_dead_master_asks_and_waits_its_skew",),
    ),
    Mutant(
        "silence believed on an undrained socket",
        "engine.py",
        "not event.is_drained",
        "False",
        ("silence_is_not_believed_on_an_undrained_socket",),
    ),
    Mutant(
        "time of reading instead of the kernel's",
        "hearing.py",
        "turn.received_at_ns = min(event.received_at_ns, turn.now_ns)",
        "turn.received_at_ns = turn.now_ns",
        ("time_of_the_kernel_counts_and_not_the_time_of_reading",),
    ),
    Mutant(
        "tie broken the wrong way",
        "election.py",
        "return one[:2] > other[:2]",
        "return (one.priority, -one.unit_id) > (other.priority, -other.unit_id)",
        ("equal_priorities_are_settled_by_unit_id", "two_masters_at_255_are_settled_by_unit_id"),
    ),
    Mutant(
        "weaker master wins",
        "election.py",
        "return one[:2] > other[:2]",
        "return one[:2] < other[:2]",
        ("after_a_partition_the_higher_master_stays_and_the_loser_mutes_first",),
    ),
    Mutant(
        "repeated give-up moves the deadline",
        "rules_follow.py",
        "    if master is None or master.is_gone:",
        "    if master is None:",
        ("repeated_give_up_does_not_move_the_deadline",),
    ),
    Mutant(
        "give-up answered after T",
        "rules_follow.py",
        "turn.received_at_ns + skew_ns(member.config.priority)",
        "turn.received_at_ns + turn.unit.timeout_ns(member)",
        ("give_up_is_answered_after_the_skew_alone",),
    ),
    Mutant(
        "give-up said once",
        "timing.py",
        "GIVE_UP_REPEATS = 3",
        "GIVE_UP_REPEATS = 1",
        ("give_up_is_answered_after_the_skew_alone",),
    ),
    Mutant(
        "unread handover obeyed",
        "rules_claim.py",
        "    is_late = turn.now_ns - turn.received_at_ns >= lease_ns(turn.packet.interval_ms)",
        "    is_late = False",
        ("handover_that_lay_unread_names_nobody",),
    ),
    Mutant(
        "255 hands over to a peer",
        "rules_asked.py",
        "    if member.config.priority == NEVER_GIVES_UP:\n        return Why.PRIORITY_255\n",
        "",
        ("master_at_255_stays_when_it_hears_others",),
    ),
    Mutant(
        "no master is listened for at the start",
        "rules_backup.py",
        "    turn.arm(member, Timer.TAKEOVER, turn.now_ns + turn.unit.timeout_ns(member))\n    ask_who_is_master",
        "    turn.arm(member, Timer.TAKEOVER, turn.now_ns + skew_ns(member.config.priority))\n    ask_who_is_master",
        ("cold_start_of_all_makes_the_highest_master",),
    ),
    Mutant(
        "claims without a link",
        "rules_backup.py",
        "    if turn.unit.can_serve(member):\n        return\n    reason, text",
        "    if member.state is State.BACKUP:\n        return\n    reason, text",
        ("unplugged_backup_never_claims_and_unplugged_master_mutes",),
    ),
    Mutant(
        "nobody takes the group back",
        "rules_leaving.py",
        "    turn.arm(member, Timer.TAKEOVER, turn.now_ns + turn.unit.timeout_ns(member))\n",
        "",
        ("forced_give_up_that_nobody_answers_is_taken_back_with_an_alarm",),
    ),
    Mutant(
        "authentic interval not believed",
        "unit.py",
        "interval_ms = max(interval_ms, member.master.interval_ms)",
        "pass",
        ("interval_of_the_master_counts_only_when_it_is_authentic",),
    ),
    Mutant(
        "unauthenticated interval believed",
        "unit.py",
        "if self.rules.is_authenticated and member.master is not None:",
        "if member.master is not None:",
        ("interval_of_the_master_counts_only_when_it_is_authentic",),
    ),
    Mutant(
        "double masters not counted",
        "rules_master.py",
        "        member.split_brains += 1\n",
        "",
        ("after_a_partition_the_higher_master_stays_and_the_loser_mutes_first",),
    ),
    Mutant(
        "master does not answer a claim",
        "rules_master.py",
        "        note_rival(member, turn)\n    if turn.now_ns - member.asserted_at_ns >= REPEAT_NS:",
        "        note_rival(member, turn)\n    if turn.packet.kind is Kind.ADVERT:",
        ("claim_never_beats_a_live_master",),
    ),
    Mutant(
        "late claim diverts backups",
        "rules_follow.py",
        "    if is_claim != tracked.is_claiming:",
        "    if is_claim and tracked.is_gone:",
        ("late_claim_does_not_turn_backups_away_from_a_live_master",),
    ),
    Mutant(
        "ghost hides the living master",
        "rules_follow.py",
        "            if message.kind is Kind.ADVERT:  # the group",
        "            if message.target == 1:  # the group",
        ("ghost_of_a_stronger_master_does_not_hide_the_living_one",),
    ),
    Mutant(
        "failed backup keeps it to itself",
        "rules_backup.py",
        "has_beacons and turn.unit.is_link_up:",
        "has_beacons and not turn.unit.is_link_up:",
        ("backup_whose_device_fails_is_not_named",),
    ),
    Mutant(
        "slept master speaks first",
        "dispatch.py",
        "signal not in _LEASE_SIGNALS:",
        "signal is None:",
        ("master_that_slept_mutes_before_it_says_anything",),
    ),
)
