"""How a problem of a document is said: values shown short, the nearest known word named, every sentence with its remedy."""

from collections.abc import Collection
from itertools import islice

SHOWN_CHARACTERS = 60
_LISTED_WORDS = 40
_COMPARED_WORDS = 200  # more would take long when a hundred words are unknown


def sentences(what: str, remedy: str) -> str:
    """`What. Remedy.`"""
    end = "" if remedy.endswith((".", "?")) else "."
    return f"{what.rstrip('.')}. {remedy}{end}"


def shown(value: object) -> str:
    """The value as a message shows it: short and made quickly, whatever it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _shown_text(value)
    if isinstance(value, int | float):
        return _shown_number(value)
    return {dict: "a table", list: "a list", type(None): "null"}.get(type(value), f"a {type(value).__name__}")


def _shown_text(value: str) -> str:
    start = value[: SHOWN_CHARACTERS + 1]
    text = f'"{start}"' if start.isprintable() else ascii(start)
    return text if len(start) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _shown_number(value: float) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python limits the digits that it converts
        return "a very long number"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A remedy that names the nearest known word, else all of them (at most 40) in their order."""
    import difflib

    by_lower = {name[:SHOWN_CHARACTERS].lower(): name for name in islice(known, _COMPARED_WORDS)}
    near = difflib.get_close_matches(word[:SHOWN_CHARACTERS].lower(), by_lower, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {shown_word(by_lower[near[0]])}?"
    listed = [shown_word(name) for name in islice(known, _LISTED_WORDS)]
    return f"Use one of: {', '.join(listed)}{', …' if len(known) > _LISTED_WORDS else ''}" if listed else "Leave it out"


def shown_word(word: str) -> str:
    """A key or name in a sentence: bare when it is short and printable."""
    return word if word.isprintable() and 0 < len(word) <= SHOWN_CHARACTERS else _shown_text(word)
