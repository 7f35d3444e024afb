"""Every command can be called, says what it does, and starts quickly."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from agent.cli import place
from agent.cli.parser import parse
from agent.settings.model import DEFAULT_FILE
from tests.cli.fake_handover import Cli, done, revision

WITHOUT_FILE = ("run", "check", "keygen", "diagram", "demo", "pki", "token", "completion")


def commands(monkeypatch: pytest.MonkeyPatch) -> dict[str, argparse.ArgumentParser]:
    """Every command that does something, by its words."""
    found: list[argparse.ArgumentParser] = []
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda self, _arguments: found.append(self))
    parse([])
    return dict(_leaves(found[0], ()))


def _leaves(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield " ".join(words), parser
    for name, one in (item for action in inner for item in action.choices.items()):
        yield from _leaves(one, (*words, name))


def test_every_command_leads_to_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are named by text, so that none is imported before it is called."""
    for words, parser in commands(monkeypatch).items():
        if words != "demo":
            module, _, function = parser.get_default("call").__qualname__.rpartition(".")
            assert callable(getattr(import_module(f"agent.cli.{module}"), function)), words


def test_every_command_explains_itself_and_each_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, parser in commands(monkeypatch).items():
        if not words.startswith(WITHOUT_FILE):
            options = {option for action in parser._actions for option in action.option_strings}
            assert {"-c", "--json"} <= options, words
            assert parser.description, words
            unexplained = [action.dest for action in parser._actions if not action.help]
            assert unexplained == [], words


def test_the_default_file_is_that_of_the_settings() -> None:
    assert place.DEFAULT_FILE == DEFAULT_FILE


def test_plain_answers_need_neither_rich_nor_the_checks_of_settings(cli: Cli) -> None:
    """`config history` is to be answered in 100 ms, start of the program included."""
    cli.fake.answers["history"] = done(revisions=[revision()])
    command = [sys.executable, "-X", "importtime", "-m", "agent", "config", "history", "7", "-c", str(cli.file)]
    imported = {
        line.split("|")[-1].strip()
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    }
    assert "agent.cli.revisions" in imported
    assert imported.isdisjoint({"rich", "asyncio", "dataclasses", "cryptography", "agent.settings.model", "agent.documents.text"})
