"""Questions to the person at the terminal."""

import sys

from agent.cli import exits
from agent.cli.stop import Stop


def is_person_there() -> bool:
    """Can somebody read a question and answer it?"""
    return sys.stdin.isatty() and sys.stderr.isatty()


def asked(question: str) -> str:
    """The answer, small letters; empty: only Enter, or the end of input. The question goes to standard error."""
    print(question, end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
    return line.strip().lower()


def is_agreed(question: str) -> bool:
    """`yes` or `y`; anything else is no."""
    return asked(f"{question} [yes/no]") in {"y", "yes"}


def confirm(question: str, is_agreed_already: bool) -> None:
    """Stop unless --yes was given, or a person says yes."""
    if is_agreed_already:
        return
    if not is_person_there():
        raise Stop(
            exits.REFUSED,
            "This needs a confirmation, and there is no terminal to ask on. Nothing was changed. Repeat it with --yes.",
        )
    if not is_agreed(question):
        raise Stop(exits.REFUSED, "Not confirmed. Nothing was changed.")
