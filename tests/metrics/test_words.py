"""Sentences of readiness have their words: a sentence that is changed or new must not fall to `other`."""

import pytest

from agent.handover import following, readiness
from agent.handover.following import Action, Step
from agent.handover.readiness import Condition
from agent.management import viewer_ready
from agent.management.viewer_ready import Backup
from agent.management.viewer_words import word_of
from agent.model.words import UNREADY

OTHER = UNREADY.words["other"]
BACKUPS = {
    "not_fenced": Backup(255, is_fenced=False, paths=2),
    "not_heard": Backup(255, is_last_known=True, age_ms=8000, paths=2),
    "busy": Backup(0, busy_with=9, paths=2),
    "attended": Backup(255, is_attended=True),
    "maintenance": Backup(0, maintenance="maintenance by ann: automatic takeover is suspended (C-13)", paths=2),
    "one_path": Backup(255),
    "pulling": Backup(230, paths=2),
    "other_software": Backup(210, paths=2),
    "partial": Backup(160, paths=2),
    "not_following": Backup(100, paths=2),
    "cannot": Backup(0, paths=2),
    "unable": Backup(0, unable="link or device is not there", paths=2),
    "off": Backup(0, unable="switched off by a person: it takes no part (D-12)", paths=2),
}
CONDITIONS = {
    "no_copy": Condition(is_held=False, is_wanted=True),
    "other_software": Condition(is_same_software=False),
    "pulling": Condition(action=Action.FOLLOW),
    "decision": Condition(action=Action.DECIDE),
    "paused": Condition(action=Action.PAUSE),
    "unpaired": Condition(action=Action.UNPAIRED),
    "capacity": Condition(lost=("news",)),
    "own_values": Condition(missing=("address",)),
}


@pytest.mark.parametrize("word", BACKUPS)
def test_every_complaint_of_a_backup_has_its_word(word: str) -> None:
    """D-04, C-11, C-18, C-24, D-27: readiness by reason."""
    (reason,) = viewer_ready.readiness_of(BACKUPS[word]).reasons
    assert UNREADY.word(word_of(reason)) == word


@pytest.mark.parametrize("word", CONDITIONS)
def test_every_complaint_of_the_handover_process_has_its_word(word: str) -> None:
    """C-14, C-15, C-08."""
    (reason,) = readiness.readiness_of(CONDITIONS[word]).reasons
    assert UNREADY.word(word_of(reason)) == word


def test_every_step_of_following_has_its_word() -> None:
    """Their sentences become reasons as they are (Condition.why)."""
    steps = [step for step in vars(following)["_STEPS"].values() if step.action in readiness.__dict__["_BY_ACTION"]]
    assert len(steps) >= 5
    assert all(isinstance(step, Step) and word_of(step.why) != OTHER for step in steps)


def test_other_is_left_for_what_nobody_knows() -> None:
    """A later version's sentence is a reason all the same."""
    assert word_of("the moon is full") == OTHER
