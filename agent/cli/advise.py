"""`understudy advise`: how likely a false takeover is, by what this unit has measured, and which timing would be better."""

from argparse import Namespace
from dataclasses import asdict

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.plain import readable, tables_in
from agent.cli.remote import ask_agent
from agent.cli.stop import Stop
from agent.diagnostics.advise import Advice, advice
from agent.diagnostics.advise_measures import Setting
from agent.diagnostics.advise_words import sentences
from agent.management.memory import JsonObject


def advise(options: Namespace) -> int:
    """2: no seat in that group. 5: what could be said is not of now. A bad timing is no failure of the command."""
    code, status = ask_agent(options, {"verb": "status"})
    if status is None:
        return code
    if code:
        raise Stop(code, f"{readable(status.get('outcome'))}: {readable(status.get('text'))}")
    members = [member for member in tables_in(status.get("members")) if options.group in (None, member.get("group"))]
    if options.group is not None and not members:
        raise Stop(exits.BAD_SETTINGS, f"This unit has no seat in group {options.group}: understudy status shows its groups.")
    found = [advice(member) for member in members]
    if options.json:
        print_json({"stale": status.get("stale") is True, "groups": [_stated(one) for one in found]})
    else:
        _print(found, is_stale=status.get("stale") is True)
    return exits.FAILED if status.get("stale") else exits.DONE


def _print(found: list[Advice], *, is_stale: bool) -> None:
    if is_stale:
        print("NOT OF NOW: the core process does not answer.")
    for one in found:
        for line in sentences(one):
            print(readable(line))


def _stated(found: Advice) -> JsonObject:
    """Everything that the sentences say, as numbers."""
    stated: JsonObject = {"group": found.group, "role": found.role, "master": found.master, "sentences": sentences(found)}
    if found.setting is None or found.measured is None or found.chance is None:
        return stated | {"why_not": found.why_not}
    return stated | {
        "setting": _setting(found.setting),
        "measured": asdict(found.measured) | {"loss": found.measured.loss, "hours": found.measured.hours},
        "false_takeovers_per_day": found.chance.per_day,
        "not_excluded_per_day": found.chance.at_most,
        "probability_within_a_day": found.chance.within_a_day,
        "options": [
            {
                **_setting(option.setting),
                "false_takeovers_per_day": option.chance.per_day,
                "as_fast": option.is_as_fast,
            }
            for option in (*found.options, *([found.sturdier] if found.sturdier else []))
        ],
    }


def _setting(setting: Setting) -> JsonObject:
    return asdict(setting) | {"timeout_ms": setting.timeout_ms, "survives": setting.survives, "tie": setting.is_tie}
