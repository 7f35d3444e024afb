"""Clauses of SMIv2, laid out for people."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

WIDTH = 72
_FIRST, _NEXT = " " * 4, " " * 8


def quoted(text: str, indent: str = _NEXT) -> str:
    """In double quotes, wrapped; a MIB is ASCII and knows no double quote inside."""
    plain = text.replace('"', "'").replace("µs", "microseconds").encode("ascii", "strict").decode()
    lines = wrap(plain, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    return f"\n{indent}".join(['"' + lines[0], *(f" {line}" for line in lines[1:])]) + '"'


def clause(keyword: str, value: str) -> str:
    """One line of a macro."""
    return f"{_FIRST}{keyword} {value}\n"


def described(text: str) -> str:
    """DESCRIPTION with its text below."""
    return f"{_FIRST}DESCRIPTION\n{_NEXT}{quoted(text)}\n"


def braces(names: Iterable[str], indent: str = _NEXT) -> str:
    """A list, one name a line."""
    inner = f",\n{indent}    ".join(names)
    return f"{{\n{indent}    {inner}\n{indent}}}"


def enumeration(labels: Sequence[tuple[str, int]], indent: str = _NEXT) -> str:
    """INTEGER { off(1), on(2) }"""
    return f"INTEGER {braces([f'{name}({number})' for name, number in labels], indent)}"
