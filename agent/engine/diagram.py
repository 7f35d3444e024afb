"""The state table, drawn: `understudy diagram`. It is the table that runs, not a picture of it."""

from collections import defaultdict

from agent.engine.cells import Cell, Signal
from agent.engine.reasons import State
from agent.engine.table import TABLE

_WIDTH = 34


def as_text() -> str:
    """One block a signal: each state, what is done, and where it may lead."""
    return "\n\n".join(_block(signal) for signal in Signal) + "\n"


def _block(signal: Signal) -> str:
    return "\n".join([f"{signal.value.upper()}", *(_line(state, TABLE[signal][state]) for state in State)])


def _line(state: State, cell: Cell) -> str:
    if cell.action is None:
        return f"  {state.value:<9} -  {cell.why}"
    goals = " or ".join(goal.value for goal in cell.goals)
    arrow = f"→ {goals}" if goals else "stays"
    return f"  {state.value:<9} {arrow:<{_WIDTH}} {cell.why}"


def as_graphviz() -> str:
    """For `dot -Tsvg`: an arrow for each pair of states, with the signals that may take it."""
    arrows: dict[tuple[State, State], list[str]] = defaultdict(list)
    for signal, row in TABLE.items():
        for state, cell in row.items():
            for goal in cell.goals:
                if goal is not state:
                    arrows[state, goal].append(signal.value)
    lines = [f'  {before} -> {after} [label="{_label(signals)}"];' for (before, after), signals in arrows.items()]
    nodes = [f"  {state} [shape={'doublecircle' if state is State.MASTER else 'ellipse'}];" for state in State]
    return (
        "\n".join(
            ["digraph member {", "  rankdir=LR; node [fontname=sans]; edge [fontname=sans, fontsize=9];", *nodes, *lines, "}"]
        )
        + "\n"
    )


def _label(signals: list[str]) -> str:
    return "\\n".join(signals)
