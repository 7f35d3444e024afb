"""What a backup does about the master's configuration, given how the two stand. Pure: a value in, a value out."""

from dataclasses import dataclass
from enum import StrEnum

from agent.handover.relation import Relation


class Action(StrEnum):
    """What to do next."""

    IN_SYNC = "synced"  # nothing: both hold the same
    FOLLOW = "pulling"  # pull the master's head and put it in force
    OFFER = "offering"  # the same, and hand our own head to the master as a question: it is a branch here from now on
    DECIDE = "pending"  # pull and keep both; a person chooses (Z-22, Z-41)
    PAUSE = "paused"  # keep the last good snapshot
    UNPAIRED = "unpaired"  # nobody has chosen this master (Z-20)
    LOCAL = "local"  # master ourselves, or nobody to follow


@dataclass(frozen=True, slots=True)
class Situation:
    """Of one group, at a unit that hears its master.

    `has_head`: there is a configuration here. `is_pool`: an N:M backup, which owns no configuration of this group.
    `is_home`: the master is the group's own unit, not one that acts for it. `is_returned`: our own group, and another acts
    for it (C-09). `is_via_choice`: among the master's revisions that we lack there is a choice with our head as a parent.
    `objection`: why it cannot be read, or nothing.
    """

    relation: Relation
    has_head: bool = True
    is_paired: bool = True
    is_pool: bool = False
    is_home: bool = True
    is_returned: bool = False
    is_via_choice: bool = False
    objection: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The action, and why in one sentence for people."""

    action: Action
    why: str


def step_of(situation: Situation) -> Step:
    """What to do. Nothing is ever overwritten: whatever is in force here stays a revision of its own."""
    if not (situation.is_paired or situation.is_pool):
        return Step(Action.UNPAIRED, "not paired with this master; see: understudy discover, understudy pair")
    if situation.relation is Relation.NOTHING and not situation.has_head:
        return Step(Action.IN_SYNC, "neither unit has a configuration of this group yet")
    if situation.objection:
        return Step(Action.PAUSE, situation.objection)
    if situation.is_pool:
        return _step_in_a_pool(situation.relation, situation.is_home)
    if situation.is_returned and situation.relation is Relation.BEHIND and not situation.is_via_choice:
        return Step(Action.DECIDE, "it was edited while another unit acted for this one; choose what stays")
    return _STEPS[situation.relation]


def _step_in_a_pool(relation: Relation, is_home: bool) -> Step:
    """It follows the home master whatever it holds; what was edited here is offered there (C-09). Of another unit that acts
    for the group it takes only what comes after what it holds: the home master's own last word is worth more."""
    if relation is Relation.AHEAD and not is_home:
        return Step(Action.IN_SYNC, "this unit holds a newer revision than the one that acts")
    if relation is Relation.NOTHING and not is_home:
        return Step(Action.PAUSE, "the unit that acts has no configuration of this group; what is held here stays")
    if relation in _QUESTIONS and not is_home:
        return Step(Action.PAUSE, "the unit that acts has been edited apart from what is held here; that stays")
    if relation in _QUESTIONS:
        return Step(Action.OFFER, "what was edited while this unit acted is offered to the master as a choice")
    return _STEPS[relation]


_QUESTIONS = {Relation.AHEAD, Relation.DIVERGED, Relation.UNRELATED}
_STEPS = {
    Relation.NOTHING: Step(Action.DECIDE, "the master has no configuration of this group, and this unit has one; choose backup"),
    Relation.EMPTY: Step(Action.FOLLOW, "the first copy"),
    Relation.EQUAL: Step(Action.IN_SYNC, "in sync"),
    Relation.BEHIND: Step(Action.FOLLOW, "the master has a newer revision"),
    Relation.AHEAD: Step(Action.DECIDE, "this unit has a newer revision than the master; choose what stays"),
    Relation.DIVERGED: Step(Action.DECIDE, "both units changed their configuration; choose what stays"),
    Relation.UNRELATED: Step(Action.DECIDE, "the two configurations have no history in common; choose what stays"),
}
