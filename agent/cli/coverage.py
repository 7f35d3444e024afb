"""`understudy coverage`: which masters are covered now and by whom, and which failures together the pool survives."""

from argparse import Namespace
from dataclasses import asdict

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.columns import print_columns
from agent.cli.coverage_facts import Group, backups_in, groups_of, masters_in, own_capacity, sees_a_pool
from agent.cli.coverage_sets import Survival, survivals
from agent.cli.place import values_quickly
from agent.cli.plain import readable, table_in, tables_in
from agent.cli.remote import ask_agent
from agent.cli.stop import Stop
from agent.management.memory import JsonObject

_NOT_YET = " in the running agent, though the settings file says so: restart it"
_COUNT = {1: "1 master fails", 2: "2 masters fail together", 3: "3 masters fail together"}


def coverage(options: Namespace) -> int:
    """Refused while N:M is off (S-18): then each backup has one master, and `status` says all."""
    settings = values_quickly(options.file)
    _refuse_unless(table_in(settings.get("pool")).get("n_to_m") is True)
    code, status = ask_agent(options, {"verb": "status"})
    if status is None:
        return code
    if code:
        raise Stop(code, f"{readable(status.get('outcome'))}: {readable(status.get('text'))}")
    _refuse_unless(any(member.get("n_to_m") is True for member in tables_in(status.get("members"))), _NOT_YET)
    _say(options, status, settings)
    return exits.FAILED if status.get("stale") else exits.DONE


def _refuse_unless(is_on: bool, where: str = "") -> None:
    if not is_on:
        text = f"N:M is not enabled{where}, so there is no pool whose coverage could be told; understudy status shows each pair"
        raise Stop(exits.REFUSED, f"refused: {text}. To enable it: understudy pool enable")


def _say(options: Namespace, status: JsonObject, settings: JsonObject) -> None:
    groups = groups_of(status)
    found = survivals(masters_in(groups), backups_in(status, groups, own_capacity(status, settings)))
    if options.json:
        stated = {"stale": status.get("stale") is True, "groups": [_stated(group) for group in groups]}
        print_json(stated | {"survives": [asdict(one) for one in found]})
        return
    if status.get("stale"):
        print("NOT OF NOW: the core process does not answer.")
    print_columns(("group", "master", "rank", "covered by", "busy"), [_row(group) for group in groups])
    for line in summary_lines(groups, found):
        print(line)
    if not sees_a_pool(status):
        print("This unit sees its own groups alone. An N:M backup sees all that it protects: run this there.")


def _stated(group: Group) -> JsonObject:
    return {**asdict(group), "covered": group.is_covered}


def _row(group: Group) -> tuple[str, ...]:
    who = "none heard" if group.master is None else f"{group.master} (reserve)" if group.on_reserve else group.master
    rank = str(group.rank) if group.rank < 1000 else "-"
    return str(group.group), who, rank, ", ".join(group.able) or "NOBODY", ", ".join(group.busy)


def summary_lines(groups: list[Group], found: list[Survival]) -> list[str]:
    """Of masters that are on air at home; each other unit counts for one group at a time."""
    open_groups = [str(group.group) for group in groups if group.master is not None and not group.is_covered]
    lines = [f"NOT COVERED now: group {', '.join(open_groups)}"] if open_groups else []
    lines += [_survived(one) for one in found]
    return lines or ["No master is heard."]


def _survived(one: Survival) -> str:
    what = _COUNT[one.failures]
    if one.survived is None:
        return f"{what}: {one.sets} sets, too many to look at each"
    lost = ", ".join("+".join(map(str, groups)) for groups in one.lost)
    more = " …" if one.sets - one.survived > len(one.lost) else ""
    return f"{what}: {one.survived} of {one.sets} sets are taken over" + (f"; not: {lost}{more}" if lost else "")
