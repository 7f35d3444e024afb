"""Commands to the running agent, over its control socket. Each gives an exit code."""

import json
import sys
from argparse import Namespace

from agent.cli import exits
from agent.cli.journal import as_lines
from agent.cli.overview import as_text
from agent.cli.place import run_dir
from agent.cli.plain import readable
from agent.management.memory import MAX_JOURNAL, JsonObject


def status(options: Namespace) -> int:
    """5 when what could be shown is not of now."""
    code, answer = ask_agent(options, {"verb": "status"})
    if answer is None or answer.get("outcome") != "done":
        return _report(options, code, answer)
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        _print_status(answer)
    return exits.FAILED if answer.get("stale") else exits.DONE


def _print_status(answer: JsonObject) -> None:
    if sys.stdout.isatty():
        from agent.cli.table import print_table

        print_table(answer)
    else:
        print(as_text(answer))
    if answer.get("stale"):
        age_ms = answer.get("age_ms")
        age = f"what is shown is {age_ms / 1000:.1f} s old" if isinstance(age_ms, int) else "nothing was heard from it yet"
        is_torn = answer.get("core_connected") is True and answer.get("unreadable_packets")
        what = "The core process does not answer, or not readably" if is_torn else "The core process does not answer"
        print(f"{what}; {age}. Look at the messages of understudy run.", file=sys.stderr)


def journal(options: Namespace) -> int:
    """What happened in this unit, as far as management remembers it."""
    if not 1 <= options.limit <= MAX_JOURNAL:
        print(f"--limit {options.limit} is out of range. Give a whole number 1..{MAX_JOURNAL}.", file=sys.stderr)
        return exits.BAD_SETTINGS
    code, answer = ask_agent(options, {"verb": "journal", "limit": options.limit})
    if answer is None or answer.get("outcome") != "done" or options.json:
        return _report(options, code, answer)
    for line in as_lines(answer.get("journal")):
        print(line)
    return code


def change(options: Namespace) -> int:
    """set-master and set-backup."""
    if not 0 <= options.group <= 255:
        print(f"GROUP {options.group} is out of range. Give a whole number 0..255.", file=sys.stderr)
        return exits.BAD_SETTINGS
    request: JsonObject = {"verb": options.verb, "group": options.group, "reason": options.reason}
    return _report(options, *ask_agent(options, request | {"forced": options.force, "override": options.override}))


def reload_keys(options: Namespace) -> int:
    """The agent reads its key file again."""
    return _report(options, *ask_agent(options, {"verb": "reload-keys"}))


def ask_agent(options: Namespace, request: JsonObject) -> tuple[int, JsonObject | None]:
    """The exit code and the answer; None: there was none, and the reason is on stderr."""
    from agent.management.client import NotRunning, ask

    path = run_dir(options) / "control.sock"
    try:
        answer = ask(path, request)
    except NotRunning as error:
        return _no_answer(exits.NOT_RUNNING, f"{error}.")
    except PermissionError:
        return _no_answer(exits.REFUSED, "The agent belongs to another user. Run this as that user or as root (sudo).")
    except (OSError, ValueError) as error:
        return _no_answer(exits.FAILED, f"The agent did not answer: {error}. Look at: understudy status")
    return exits.OF_OUTCOME.get(str(answer.get("outcome")), exits.FAILED), answer


def _no_answer(code: int, text: str) -> tuple[int, None]:
    print(text, file=sys.stderr)
    return code, None


def _report(options: Namespace, code: int, answer: JsonObject | None) -> int:
    """Done goes to stdout; why not, and what to do instead, to stderr."""
    if answer is None:
        return code
    if options.json:
        print(json.dumps(answer, indent=2))
    if code != exits.DONE or not options.json:
        line = f"{answer.get('outcome', 'failed')}: {readable(answer.get('text', 'no reason was given'))}"
        print(line, file=sys.stdout if code == exits.DONE else sys.stderr)
    return code
