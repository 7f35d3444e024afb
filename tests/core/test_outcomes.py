"""Answers to commands are kept for whoever asks again: of commands alone, and so many as may run at once."""

from agent.core.outcomes import MAX_KEPT, Outcomes


def answer(command_id: str, outcome: str = "done") -> dict[str, object]:
    return {"reply": {"id": command_id, "outcome": outcome, "text": "…"}}


def test_a_command_is_running_until_it_is_answered_and_then_has_that_answer() -> None:
    """C-17."""
    outcomes = Outcomes()
    outcomes.begin("a")
    assert outcomes.again("a") is None
    outcomes.note(answer("a"))
    outcomes.note(answer("an adjust"))
    assert outcomes.again("a") == answer("a")
    for never_heard_of in ("an adjust", "b"):
        found = outcomes.again(never_heard_of)
        assert found is not None
        reply = found["reply"]
        assert isinstance(reply, dict)
        assert (reply["id"], reply["outcome"]) == (never_heard_of, "unknown")


def test_the_oldest_is_forgotten_and_not_one_that_may_run() -> None:
    """House style 8: a limit for everything; 256 groups, one command each, fit four times."""
    outcomes = Outcomes()
    for number in range(MAX_KEPT + 1):
        outcomes.begin(str(number))
        outcomes.note(answer(str(number)))
    assert outcomes.again("0") != answer("0")
    assert all(outcomes.again(str(number)) == answer(str(number)) for number in range(1, MAX_KEPT + 1))
    assert MAX_KEPT >= 4 * 256
