"""`understudy config pending` and `understudy choose`: which of two configurations goes on. Nothing is overwritten unseen."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.cli import exits
from agent.cli.answers import code_of, report
from agent.cli.config_export import save
from agent.cli.config_socket import JsonObject, ask
from agent.cli.decision_view import print_decision
from agent.cli.groups import done, head_id
from agent.cli.plain import one_line, readable, table_in, tables_in
from agent.cli.progress import bar_for
from agent.cli.stop import Stop
from agent.cli.terminal import asked, confirm, is_person_there

SIDES = ("master", "backup")
TAKES = (*SIDES, "items")
_HINT = (
    "To decide: understudy choose master|backup|items … (master is usual); --save-first FILE keeps a copy of what is replaced."
)


def pending(options: Namespace) -> int:
    """Every open decision, as both units show it (Z-22)."""
    answer = ask(options, {"verb": "pending"})
    if code_of(answer) or options.json:
        return report(options, answer)
    decisions = tables_in(answer.get("decisions"))
    for decision in decisions:
        print_decision(decision)
        print()
    print(_HINT if decisions else "Nothing is pending.")
    return exits.DONE


def choose(options: Namespace) -> int:
    """Show, ask, save, then choose. Stop at each step leaves everything as it was (Z-26..Z-29)."""
    items = _items(options)
    decision = _decision(options)
    if not options.json:
        print_decision(decision)
    take = options.take or _asked_for(options, decision)
    confirm(_question(take, decision, items), options.yes)
    if options.save_first:
        _save_first(options, decision, take)
    request = {"verb": "choose", "decision": decision.get("id"), "take": take, "items": items}
    with bar_for(options) as on_progress:
        return report(options, ask(options, request, on_progress=on_progress))


def _items(options: Namespace) -> dict[str, str]:
    """PATH=master|backup of `choose items`. Stop for anything else."""
    if (options.take == "items") != bool(options.items):
        raise Stop(
            exits.BAD_SETTINGS, "Items go with `choose items`, as in: understudy choose items carrier.c1=backup identity=master"
        )
    items = {}
    for item in options.items:
        path, sign, side = item.rpartition("=")
        if not sign or not path or side not in SIDES:
            raise Stop(
                exits.BAD_SETTINGS, f"{item}: write PATH=master or PATH=backup; understudy config pending shows the paths."
            )
        items[path] = side
    return items


def _decision(options: Namespace) -> dict[str, Any]:
    """The one named, by the start of its id too, or the only one. Stop."""
    found = [dict(one) for one in tables_in(done(ask(options, {"verb": "pending"})).get("decisions"))]
    if options.decision:
        found = [one for one in found if str(one.get("id")).startswith(options.decision)]
    if len(found) == 1:
        return found[0]
    if not found:
        which = f"No decision {options.decision} is pending" if options.decision else "Nothing is pending"
        raise Stop(exits.REFUSED, f"{which}: nothing to choose. Look at: understudy config pending")
    listed = ", ".join(f"{one_line(one.get('id'))} (group {one_line(one.get('group'))})" for one in found)
    raise Stop(exits.REFUSED, f"Several decisions are pending: {listed}. Name one with --decision ID.")


def _asked_for(options: Namespace, decision: JsonObject) -> str:
    """Not said on the command line: the usual choice is preselected, and is not enough by itself (Z-29)."""
    suggested = decision.get("suggested") if decision.get("suggested") in SIDES else SIDES[0]
    if options.yes or not is_person_there():
        return str(suggested)
    said = asked(f"Take the configuration of master or backup? [{suggested}]") or str(suggested)
    if said not in SIDES:
        raise Stop(exits.REFUSED, "Neither was chosen. Nothing was changed.")
    return said


def _question(take: str, decision: JsonObject, items: dict[str, str]) -> str:
    names = {side: one_line(table_in(decision.get(side)).get("unit")) for side in SIDES}
    if take == "items":
        return f"Take these items as said, and the others by which side changed them: {one_line(items)}?"
    lost = SIDES[1 - SIDES.index(take)]
    return f"Take the configuration of the {take} ({names[take]}); that of the {lost} ({names[lost]}) is replaced?"


def _save_first(options: Namespace, decision: JsonObject, take: str) -> None:
    """What is replaced, before anything is (Z-28). Stop when it could not be saved."""
    group = decision.get("group")
    if not isinstance(group, int):
        raise Stop(exits.FAILED, "The decision does not name its group, so nothing could be saved first. Nothing was changed.")
    for side, target in replaced(take, options.save_first):
        identity = head_id(table_in(decision.get(side)).get("revision"))
        if identity is None:
            continue  # a master without a configuration: nothing is replaced
        answer = save(options, group, target, identity, "shared")
        if code_of(answer):
            text = f"The configuration of the {side} could not be saved first: {readable(answer.get('text'))}"
            raise Stop(code_of(answer), f"{text}. Nothing was changed.")
        if not options.json:
            print(f"saved: the configuration of the {side}, in {target}")


def replaced(take: str, file: Path) -> list[tuple[str, Path]]:
    """Which sides are replaced, and where each is saved: both for `items`, in FILE-master and FILE-backup."""
    if take in SIDES:
        return [(SIDES[1 - SIDES.index(take)], file)]
    return [(side, file.with_name(f"{file.stem}-{side}{file.suffix}")) for side in SIDES]
