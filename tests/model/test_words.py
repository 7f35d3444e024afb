"""Every word that the engine, the wire and the handover process can say has a number, and no number ever moves."""

from enum import Enum

import pytest

from agent.engine.config import Seat
from agent.engine.reasons import AlarmName, Reason, Role, Severity, State
from agent.handover.following import Action
from agent.model import words
from agent.model.kinds import Choice
from agent.wire.errors import Rejection
from agent.wire.message import DESIGNATION_WORDS, Kind

ORDER = {
    "ROLE": "off init backup claiming master fault",
    "STATE": "off init backup claiming master fault yielding off_on_air",
    "LAST_STATE": "off init backup claiming master fault yielding off_on_air",
    "DESIGNATION": "main reserve nmBackup",
    "COMMON_STATE": "none main reserve off",
    "LINK_STATE": "off connecting connected error changing_over busy",
    "INDICATOR": "off grey green yellow red",
    "COLOUR": "red yellow green",
    "RETURN_POLICY": "manual after_hold",
    "STANDBY_MODE": "automatic attended",
    "SEAT": "ordinary pooled resting",
    "PROTECTION": "unknown unprotected busy protected",
    "COVERAGE": "unknown uncovered busy covered resting",
    "TRACKING": "none local synced pulling offering pending paused unpaired unreachable",
    "SEVERITY": "none warning critical",
    "REASON": "none ready master_silent master_gave_up no_master_at_start named_successor forced output_open master_heard "
    "stronger_claim rival_won handed_over gave_up successor_silent lease_ended link_lost link_back device_failed device_back "
    "claim_timed_out command preempted returned stopping",
    "REJECTION": "ttl not_understudy oversize major_version unsigned unexpected_mac unknown_key bad_mac unknown_kind malformed "
    "other_type other_group own_unit_id replayed stale unproven too_many_peers not_from_master",
    "PACKET": "advert give_up claim handover question beacon request refusal",
    "ALARM": "other not_ready interval_mismatch successor_silent split_brain two_priority_255 strangers returned pool_conflict "
    "attended maintenance off not_fenced capacity_short decision_pending core_away off_on_air margin_thin",
    "EVENT": "other transition alarm alarm_cleared takeover command setting lock maintenance fault peer_lost peer_back readiness "
    "configuration",
    "COMMAND": "no_action set_master set_backup force_master off on arm_standby acknowledge",
    "PHASE": "idle running done refused failed",
}
"""As published: managers keep these numbers. New words go to the end, and to the end of these lines."""


@pytest.mark.parametrize("name", ORDER)
def test_numbers_are_those_that_were_published(name: str) -> None:
    choice: Choice = getattr(words, name)
    published = {word: number for number, word in enumerate(ORDER[name].split(), 1)}
    assert {word: choice.words.get(word) for word in published} == published


@pytest.mark.parametrize("choice", [value for value in vars(words).values() if isinstance(value, Choice)])
def test_no_number_is_used_twice_and_none_is_zero(choice: Choice) -> None:
    """Zero is what a register shows that nobody has filled."""
    numbers = list(choice.words.values())
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) >= 1


@pytest.mark.parametrize(
    ("enumeration", "choice"),
    [
        (Role, words.ROLE),
        (State, words.STATE),
        (State, words.LAST_STATE),
        (Reason, words.REASON),
        (Severity, words.SEVERITY),
        (AlarmName, words.ALARM),
        (Seat, words.SEAT),
        (Rejection, words.REJECTION),
        (Action, words.TRACKING),
    ],
)
def test_every_word_of_the_engine_has_its_number(enumeration: type[Enum], choice: Choice) -> None:
    assert {member.value for member in enumeration} <= choice.words.keys()


def test_packets_and_designations_are_those_of_the_wire() -> None:
    assert {kind.name.lower(): kind.value for kind in Kind} == dict(words.PACKET.words)
    assert set(DESIGNATION_WORDS.values()) == words.DESIGNATION.words.keys()


def test_rejections_are_numbered_in_the_order_of_the_checks() -> None:
    assert [words.REJECTION.words[reason.value] for reason in list(Rejection)[:18]] == list(range(1, 19))
