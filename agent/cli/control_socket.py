"""Asking management by the model, and saying what it answered."""

from argparse import Namespace
from collections.abc import Mapping

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.plain import readable
from agent.cli.remote import ask_agent
from agent.cli.stop import Stop
from agent.cli.streams import complain
from agent.management.memory import JsonObject

_SAID = {"bad_value": "refused", "unknown": "refused", "not_allowed": "refused", "conflict": "refused"}
"""A person need not tell them apart; the exit code and --json do."""


def asked(options: Namespace, request: JsonObject) -> JsonObject:
    """The answer, whatever its outcome. Stop: there was none."""
    code, answer = ask_agent(options, request)
    if answer is None:
        raise Stop(code, "")
    return answer


def needed(options: Namespace, request: JsonObject) -> JsonObject:
    """The answer to a question that changes nothing. Stop with its sentence, or its JSON, when it is none."""
    answer = asked(options, request)
    if answer.get("outcome") != "done":
        if options.json:
            print_json(answer)
        raise Stop(exits.OF_OUTCOME.get(str(answer.get("outcome")), exits.FAILED), sentence(answer))
    return answer


def report(options: Namespace, answer: JsonObject) -> int:
    """Done goes to standard output; why not, and what to do instead, to standard error."""
    code = exits.OF_OUTCOME.get(str(answer.get("outcome")), exits.FAILED)
    if options.json:
        print_json(answer)
    if code != exits.DONE:
        complain(sentence(answer))
    elif not options.json:
        print(sentence(answer))
    return code


def sentence(answer: Mapping[str, object]) -> str:
    """`refused: the group is locked. …`; busy names the operation in the way."""
    outcome = str(answer.get("outcome", "failed"))
    text = f"{_SAID.get(outcome, readable(outcome))}: {readable(answer.get('text') or 'no reason was given')}"
    running, operation = answer.get("running"), answer.get("operation")
    if outcome == "busy" and running:
        return f"{text} (operation {readable(running)}: understudy operations)"
    return f"{text} (operation {readable(operation)}: understudy operations)" if outcome == "running" and operation else text
