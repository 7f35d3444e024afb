"""Which group is meant, and which revision of it."""

from argparse import Namespace

from agent.cli import exits
from agent.cli.answers import code_of
from agent.cli.config_socket import JsonObject, ask
from agent.cli.plain import readable, table_in, tables_in
from agent.cli.stop import Stop


def group_of(options: Namespace) -> int:
    """GROUP, or the only one of the unit. Stop."""
    if options.group is not None:
        return checked(options.group)
    groups = [entry["group"] for entry in tables_in(config_status(options).get("groups")) if isinstance(entry.get("group"), int)]
    if len(groups) == 1 and isinstance(groups[0], int):
        return groups[0]
    has = f"This unit has {', '.join(map(str, groups))}" if groups else "This unit has none yet"
    raise Stop(exits.BAD_SETTINGS, f"Say which GROUP is meant. {has}.")


def checked(group: int) -> int:
    """0..255, or Stop."""
    if 0 <= group <= 255:
        return group
    raise Stop(exits.BAD_SETTINGS, f"GROUP {group} is out of range. Give a whole number 0..255.")


def config_status(options: Namespace) -> JsonObject:
    """What the handover process says of all groups. Stop when it cannot."""
    return done(ask(options, {"verb": "status"}))


def entry_of(options: Namespace, group: int) -> JsonObject:
    """Of one group; empty when the handover process does not know it."""
    entries = tables_in(config_status(options).get("groups"))
    return dict(next((entry for entry in entries if entry.get("group") == group), {}))


def done(answer: JsonObject) -> JsonObject:
    """The answer, if it is done; else Stop with what it says."""
    if code_of(answer):
        text = readable(answer.get("text", "no reason was given"))
        raise Stop(code_of(answer), f"{readable(answer.get('outcome', 'failed'))}: {text}")
    return answer


def head_id(revision: object) -> str | None:
    """The id of a revision in an answer; None: there is none."""
    identity = table_in(revision).get("id")
    return identity if isinstance(identity, str) else None
