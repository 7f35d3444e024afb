"""How the lines of one family are written for one row. Pure.

What does not change with the value (name and labels) is put together once a row.
"""

import platform
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agent.management.exposition.text import escaped, labelled, sample
from agent.model.kinds import Choice, Kind, Value
from agent.model.metrics import CONDITIONS, INFO_LABELS, LABELS, Told, is_presence

Values = tuple[Value, ...]
LineOf = Callable[[Values], str]
"""From the values of the writer's columns; empty: there is nothing to say."""


class Writer(NamedTuple):
    """`columns`: what of the row it needs. `of`: what writes the lines of a row with these labels."""

    columns: tuple[str, ...]
    of: Callable[[Sequence[str]], LineOf]


def writer_of(told: Told) -> Writer:
    """Of an object."""
    name = told.column.name
    facts = {**INFO_LABELS, **CONDITIONS}.get(told.column.metric)
    if facts is not None:
        columns = tuple(column for _label, column in facts)
        return Writer(columns, _fact(told, columns))
    if isinstance(told.column.kind, Choice):
        return Writer((name,), _one_hot(told, told.column.kind))
    if is_presence(told.column):
        return Writer((name,), _plain(told, _presence))
    return Writer((name,), _plain(told, _whole if told.divisor == 1 else _divided(told.divisor)))


def _fact(told: Told, columns: Sequence[str]) -> Callable[[Sequence[str]], LineOf]:
    """A series of value 1 whose labels tell."""
    kinds = [told.table.column(column).kind for column in columns]
    last = (platform.python_version(),) if told.column.metric == "build_info" else ()

    def of(labels: Sequence[str]) -> LineOf:
        def lines(values: Values) -> str:
            words = map(_word, kinds, values)
            return sample(told.family.name, labelled(told.family.labels, (*labels, *words, *last)), "1")

        return lines

    return of


def _word(kind: Kind, value: Value) -> str:
    if isinstance(kind, Choice):
        return next((word for word, number in kind.words.items() if number == value), str(value))
    return "" if value is None else str(value)


def _one_hot(told: Told, choice: Choice) -> Callable[[Sequence[str]], LineOf]:
    """D-55: a series for each word, 1 where it is, 0 elsewhere; none at all while it is not known."""
    numbers, names = choice.words, LABELS[told.table.name]

    def of(labels: Sequence[str]) -> LineOf:
        said = "".join(f'{name}="{escaped(label)}",' for name, label in zip(names, labels, strict=True))
        head = f"{told.family.name}{{{said}{told.word_label}="

        def lines(values: Values) -> str:
            (value,) = values
            if value is None:
                return ""
            return "".join(f'{head}"{word}"}} {1 if number == value else 0}\n' for word, number in numbers.items())

        return lines

    return of


def _plain(told: Told, said: Callable[[Value], str]) -> Callable[[Sequence[str]], LineOf]:
    names, family = LABELS[told.table.name], told.family.name

    def of(labels: Sequence[str]) -> LineOf:
        head = sample(family, labelled(names, labels), "").rstrip("\n")

        def lines(values: Values) -> str:
            (value,) = values
            return "" if value is None else f"{head}{said(value)}\n"

        return lines

    return of


def _presence(value: Value) -> str:
    return "1" if value else "0"


def _whole(value: Value) -> str:
    return str(int(value))  # type: ignore[arg-type]


def _divided(divisor: float) -> Callable[[Value], str]:
    return lambda value: str(value / divisor)  # type: ignore[operator]
