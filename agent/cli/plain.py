"""Values of an answer as a person reads them; what core did not say is `-`."""

from collections.abc import Mapping


def readable(value: object) -> str:
    """The value as text; names come from the LAN, and nothing in them may steer the terminal."""
    if value is None:
        return "-"
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in str(value))


def one_line(value: object) -> str:
    """Likewise, without line breaks."""
    return readable(value).replace("\n", " ")


def seconds(value: object, per_second: int) -> str:
    """`value` is in 1/per_second s."""
    return f"{round(value / per_second, 3):g} s" if isinstance(value, int | float) else "-"


def table_in(value: object) -> Mapping[str, object]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def tables_in(value: object) -> list[Mapping[str, object]]:
    """The objects of a list; an empty list for anything else."""
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []
