"""What could be typed next: read from the grammar that parses, and for groups and settings from the unit."""

import argparse
from argparse import Action, ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from agent.cli.parser import grammar

_ASK_LIMIT_S = 0.3


class Proposal(NamedTuple):
    """`mark`: :files or :nospace, in place of a word."""

    word: str = ""
    text: str = ""
    mark: str = ""


class Place(NamedTuple):
    """Where the cursor stands: in which command, with what before it. `waiting`: the option whose value comes next."""

    parser: ArgumentParser
    waiting: Action | None
    positional: Action | None
    file: Path | None
    done: tuple[str, ...]


def proposals(before: Sequence[str], current: str) -> list[Proposal]:
    """Those that begin as the current word does."""
    place = _place(grammar(), before)
    found = list(_options(place.parser)) if current.startswith("-") and place.waiting is None else list(_values(place, current))
    return [one for one in found if one.mark or one.word.startswith(current)]


def _place(parser: ArgumentParser, words: Sequence[str]) -> Place:
    """Walk through the words as argparse would, and forgive everything."""
    waiting: Action | None = None
    file: Path | None = None
    done: list[str] = []
    left = _positionals(parser)
    for word in words:
        if waiting is not None:
            file = Path(word) if waiting.dest == "file" and "-c" in waiting.option_strings else file
            waiting = None
        elif word.startswith("-") and len(word) > 1:
            option = parser._option_string_actions.get(word)
            waiting = option if option is not None and option.nargs != 0 else None
        elif left and isinstance(left[0], argparse._SubParsersAction):
            inner = left[0].choices.get(word)
            if inner is None:
                return Place(parser, None, None, file, ())
            parser, left, done = inner, _positionals(inner), []
        else:
            done.append(word)
            left = left[1:] if left and left[0].nargs not in ("*", "+") else left
    return Place(parser, waiting, left[0] if left else None, file, tuple(done))


def _positionals(parser: ArgumentParser) -> list[Action]:
    return [action for action in parser._actions if not action.option_strings]


def _options(parser: ArgumentParser) -> Iterator[Proposal]:
    for action in parser._actions:
        if action.help is not argparse.SUPPRESS:
            yield from (Proposal(word, _help(action)) for word in action.option_strings)


def _help(action: Action) -> str:
    return str(action.help or "").replace("%(default)s", str(action.default)).replace("\n", " ")


def _values(place: Place, current: str) -> Iterator[Proposal]:
    """Of the option before the cursor, or of the next positional."""
    action = place.waiting or place.positional
    if action is None:
        return
    if isinstance(action, argparse._SubParsersAction):
        yield from (Proposal(one.dest, str(one.help or "")) for one in action._choices_actions)
    elif action.choices is not None:
        yield from (Proposal(str(choice)) for choice in action.choices)
    elif action.metavar == "GROUP" or (action.dest == "group" and action.metavar == "N"):
        yield from _groups(place)
    elif action.dest == "pairs":
        yield from _pairs(place, current)
    elif action.type is Path or action.metavar in ("FILE", "NAME=PATH", "FILE|-"):
        yield Proposal(mark=":files")


def _groups(place: Place) -> Iterator[Proposal]:
    """As the running agent knows them, else as the file does."""
    from agent.cli.place import default_file, values_quickly
    from agent.cli.plain import tables_in

    file = place.file or default_file()
    known = {str(row.get("group")): str(row.get("role") or "") for row in _members(file)}
    known = known or {str(member.get("group")): "" for member in tables_in(values_quickly(file).get("member"))}
    yield from (Proposal(group, role) for group, role in known.items())
    if any(action.dest == "pairs" for action in place.parser._actions):
        yield Proposal("unit", "what all groups share")


def _members(file: Path) -> list[dict[str, object]]:
    """Of the running agent; none when there is none, or it is slow."""
    from agent.cli.place import run_dir
    from agent.cli.plain import table_in, tables_in
    from agent.cli.stop import Stop
    from agent.management.client import NotRunning, ask

    try:
        path = run_dir(argparse.Namespace(file=file)) / "control.sock"
        answer = ask(path, {"verb": "view", "tables": ["member"]}, _ASK_LIMIT_S)
    except (Stop, NotRunning, OSError, ValueError):
        return []
    return [dict(row) for row in tables_in(table_in(answer.get("tables")).get("member"))]


def _pairs(place: Place, current: str) -> Iterator[Proposal]:
    """Names with `=`; behind it what a value can be."""
    from agent.cli.settings import settable
    from agent.model.kinds import Choice, Flag
    from agent.model.tables import TABLE

    table = "unit" if place.done[:1] == ("unit",) else "member"
    name, sign, _given = current.partition("=")
    if not sign:
        given = {word.partition("=")[0] for word in place.done}
        yield from (Proposal(f"{one}=", TABLE[table].column(one).help) for one in settable(table) if one not in given)
        yield Proposal(mark=":nospace")
        return
    if name in settable(table):
        kind = TABLE[table].column(name).kind
        words = list(kind.words) if isinstance(kind, Choice) else ["on", "off"] if isinstance(kind, Flag) else []
        yield from (Proposal(f"{name}={word}") for word in words)
