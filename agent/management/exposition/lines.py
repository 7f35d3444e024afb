"""How the lines of one family are written for one row. Pure."""

import platform
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from agent.management.exposition.text import escaped, labelled, sample
from agent.model.kinds import Choice, Value
from agent.model.metrics import CONDITIONS, INFO_LABELS, LABELS, Told, is_presence

Values = tuple[Value, ...]
Lines = Callable[[Sequence[str], Values], str]


class Writer(NamedTuple):
    """`columns`: what of the row it needs. `lines`: from the row's labels and these values; empty: there is nothing to say."""

    columns: tuple[str, ...]
    lines: Lines


def writer_of(told: Told) -> Writer:
    """Of an object."""
    metric, name = told.column.metric, told.column.name
    if metric in INFO_LABELS | CONDITIONS:
        return _fact(told, {**INFO_LABELS, **CONDITIONS}[metric])
    if isinstance(told.column.kind, Choice):
        return Writer((name,), _one_hot(told, told.column.kind))
    if is_presence(told.column):
        return Writer((name,), _plain(told, lambda value: "1" if value else "0"))
    return Writer((name,), _plain(told, _divided(told.divisor)))


def _fact(told: Told, more: Sequence[tuple[str, str]]) -> Writer:
    """A series of value 1 whose labels tell."""
    kinds = [told.table.column(column).kind for _label, column in more]
    last = (platform.python_version(),) if told.column.metric == "build_info" else ()

    def lines(labels: Sequence[str], values: Values) -> str:
        words = [_word(kind, value) for kind, value in zip(kinds, values, strict=True)]
        return sample(told.family.name, labelled(told.family.labels, (*labels, *words, *last)), "1")

    return Writer(tuple(column for _label, column in more), lines)


def _word(kind: object, value: Value) -> str:
    if isinstance(kind, Choice):
        return next((word for word, number in kind.words.items() if number == value), str(value))
    return "" if value is None else str(value)


def _one_hot(told: Told, choice: Choice) -> Lines:
    """D-55: a series for each word, 1 where it is, 0 elsewhere; none at all while it is not known."""
    numbers: Mapping[str, int] = choice.words
    names = LABELS[told.table.name]

    def lines(labels: Sequence[str], values: Values) -> str:
        (value,) = values
        if value is None:
            return ""
        head = "".join(f'{name}="{escaped(label)}",' for name, label in zip(names, labels, strict=True))
        head = f"{told.family.name}{{{head}{told.word_label}="
        return "".join(f'{head}"{word}"}} {1 if number == value else 0}\n' for word, number in numbers.items())

    return lines


def _plain(told: Told, said: Callable[[int], str]) -> Lines:
    names, family = LABELS[told.table.name], told.family.name

    def lines(labels: Sequence[str], values: Values) -> str:
        (value,) = values
        if value is None:
            return ""
        return sample(family, labelled(names, labels), said(value))  # type: ignore[arg-type]

    return lines


def _divided(divisor: int) -> Callable[[int], str]:
    if divisor == 1:
        return lambda value: str(int(value))
    return lambda value: str(value / divisor)
