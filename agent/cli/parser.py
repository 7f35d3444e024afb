"""The command line's grammar. No command is imported before it is called: each starts quickly."""

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from agent import __version__
from agent.cli import exits
from agent.cli.place import default_file

Call = Callable[[Namespace], int]


def parse(arguments: list[str]) -> Namespace:
    """`call` in the result is the command's function. SystemExit 2 for wrong usage, 0 after --help and --version."""
    return grammar().parse_args(arguments)


def grammar() -> ArgumentParser:
    """Of everything: what is parsed, explained and completed."""
    from agent.cli.parser_config import add_config_commands
    from agent.cli.parser_diagnostics import add_diagnostics_commands
    from agent.cli.parser_model import add_model_commands
    from agent.cli.parser_pool import add_pool_commands

    parser = ArgumentParser(
        prog="understudy",
        description="A hot-standby agent for equipment that must never leave the air.",
        epilog=exits.HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"understudy {__version__}")
    added = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_local(added)
    _add_remote(added)
    add_model_commands(added)
    add_config_commands(added)
    add_pool_commands(added)
    add_diagnostics_commands(added)
    return parser


def later(name: str) -> Call:
    """`module.function` of agent.cli, imported when it is called."""

    def call(options: Namespace) -> int:
        module, _, function = name.rpartition(".")
        code: int = getattr(import_module(f"agent.cli.{module}"), function)(options)
        return code

    call.__qualname__ = name
    return call


def add(added: Any, name: str, text: str, call: str) -> ArgumentParser:
    """A command; `call` is `module.function`, empty for one that has commands of its own."""
    parser: ArgumentParser = added.add_parser(
        name, help=text, description=text, epilog=exits.HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if call:
        parser.set_defaults(call=later(call))
    return parser


def add_file(parser: ArgumentParser) -> None:
    """-c FILE and --json, which every command to a running agent has."""
    parser.add_argument("-c", dest="file", metavar="FILE", type=Path, default=default_file(), help="settings file of the agent")
    parser.add_argument("--json", action="store_true", help="print the reply as JSON")


def _add_local(added: Any) -> None:
    """Commands that need no running agent."""
    run = add(added, "run", "Run the agent with this settings file, in the foreground.", "commands.run")
    run.add_argument("file", metavar="FILE", type=Path, nargs="?", default=default_file())
    check = add(added, "check", "Check a settings file: errors, and what valid settings may still lead to.", "commands.check")
    check.add_argument("file", metavar="FILE", type=Path, nargs="?", default=default_file())
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    _add_keygen(added)
    diagram = add(added, "diagram", "Print the state table that runs.", "commands.diagram")
    diagram.add_argument("--dot", action="store_true", help="for Graphviz")
    added.add_parser("demo", help="Two real units on loopback: a failover and a changeover.", add_help=False)


def _add_keygen(added: Any) -> None:
    keygen = add(added, "keygen", "Make a key file for the LAN, or rotate its keys.", "keys.keygen")
    keygen.add_argument("file", metavar="FILE", type=Path)
    step = keygen.add_mutually_exclusive_group()
    step.add_argument("--add", dest="step", action="store_const", const="add", help="append a new key: accepted, not signing")
    step.add_argument("--promote", dest="step", action="store_const", const="promote", help="the last key signs from now on")
    step.add_argument("--remove-old", dest="step", action="store_const", const="remove_old", help="drop the last key")
    keygen.set_defaults(step="create")


def _add_remote(added: Any) -> None:
    """Commands to the running agent."""
    add_file(add(added, "status", "Show every member of the running agent.", "remote.status"))
    master = add(added, "set-master", "Make this unit master of GROUP: ask the present master to hand over.", "remote.change")
    backup = add(added, "set-backup", "Give GROUP up to the next able unit.", "remote.change")
    for verb, parser in (("set-master", master), ("set-backup", backup)):
        parser.add_argument("group", metavar="GROUP", type=int, help="0..255")
        parser.add_argument("--force", action="store_true", help="although no other unit answers")
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the audit and who looks later")
        parser.set_defaults(verb=verb, override=False)
        add_file(parser)
    backup.add_argument("--override", action="store_true", help="although the priority is 255 (C-03)")
    journal = add(added, "journal", "Show what happened in the running agent: changes of role and alarms.", "remote.journal")
    journal.add_argument("--limit", type=int, default=100, metavar="N", help="the last N entries, 1..1000 (%(default)s)")
    add_file(journal)
    add_file(add(added, "reload-keys", "Read the key file again, without a restart.", "remote.reload_keys"))
