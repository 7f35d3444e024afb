"""tomllib, with its time bounded: of some texts of 4 MiB it would take minutes."""

import re
import tomllib

from agent.documents.errors import DocumentError
from agent.documents.schema import Document

MAX_NESTING = 16
MAX_TOML_WORK = 400_000
"""A comma counts 1; a dot, equals sign or opening bracket 4, outside of strings: 1 s of tomllib. JSON has no such limit."""
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
# Strings and comments of TOML; one that does not end takes the rest: tomllib stops there too. Each has an end that
# always matches, so nothing is tried twice. Groups are not possessive: Python 3.11 before 3.11.5 loses matches then.
_QUIET = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:"""|[\s\S]*+)'
    r"|'''(?:[^']|'(?!''))*(?:'''|[\s\S]*+)"
    r'|"(?:[^"\\\n]|\\.)*(?:"|[\s\S]*+)'
    r"|'[^'\n]*+(?:'|[\s\S]*+)|#[^\n]*+"
)
_AROUND_DOT = re.compile(r"(?<![ \t])[ \t]*+\.[ \t]*+")
_CHAIN = re.compile(rf"(?<![\w.-])(?:[\w-]*+\.){{{MAX_NESTING}}}")


def read_toml(text: str, name: str) -> Document:
    """The tables of a TOML text. DocumentError with the line."""
    _refuse_toil(text, name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.search(str(error))
        line = int(match[1]) if match else text.count("\n") + 1
        raise DocumentError(line, f"this is not TOML: {str(error)[:200]}", "Mend the line, or the one before it", name) from None
    except (RecursionError, ValueError) as error:
        raise unreadable(error, name) from None


def unreadable(error: Exception, name: str) -> DocumentError:
    """What a reader, of TOML or JSON, gave up at: RecursionError, or the ValueError of a number."""
    if isinstance(error, RecursionError):
        return DocumentError(0, "tables or lists are nested too deeply", f"Keep to {MAX_NESTING} levels", name)
    return DocumentError(0, "there is a number of thousands of digits", "Write it as a text in quotes", name)


def _refuse_toil(text: str, name: str) -> None:
    """What tomllib would take too long for: very many values, and keys such as a.b.c, which take the square of their length."""
    quiet = _QUIET.sub(_same_lines, text)
    if quiet.count(",") + 4 * sum(quiet.count(mark) for mark in ".=[{") > MAX_TOML_WORK:
        raise DocumentError(
            0, "there are too many values for TOML", "Write JSON, or put large content into a file of the group", name
        )
    match = _CHAIN.search(_AROUND_DOT.sub(".", quiet))
    if match:
        line = match.string.count("\n", 0, match.start()) + 1
        raise DocumentError(line, "the dots of a key nest tables too deeply", f"Keep to {MAX_NESTING} levels", name)


def _same_lines(match: re.Match[str]) -> str:
    """What stands for a string in a key, or nothing for a comment, with as many lines."""
    return ("" if match[0][0] == "#" else "s") + "\n" * match[0].count("\n")
