"""What was set at run time, kept to be restored exactly: owner, since when, until when, why. Pure.

A plain set would make whoever is refused the owner of what somebody else had set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.management.arbiter_values import Plan, columns_of, unit_columns_of, with_group
from agent.model.answers import Change
from agent.settings.overrides import Overrides
from agent.settings.runtime_file import Override, Runtime

UNIT = -1


@dataclass(frozen=True, slots=True)
class Kept:
    """`rows`: by group (`UNIT` for the unit's own) and name; None: nothing was set. `masters`: what auto-lock knew."""

    rows: dict[tuple[int, str], Override | None]
    masters: dict[int, str | None]


def kept_of(runtime: Runtime, changes: Sequence[Change]) -> Kept:
    """Before these. A semaphore that was moved stays moved: it says that somebody wrote. A reason alone is no setting."""
    rows: dict[tuple[int, str], Override | None] = {}
    for change in changes:
        group = change.index[0] if change.table == "member" else UNIT
        if change.name not in ("write_semaphore", "command_reason"):
            rows[group, change.name] = (runtime.unit if group == UNIT else runtime.of(group)).get(change.name)
    return Kept(rows, {group: runtime.masters.get(group) for group, name in rows if name == "auto_lock"})


def restored(runtime: Runtime, kept: Kept) -> Runtime:
    """With what was kept; everything else as it is now."""
    for (group, name), one in kept.rows.items():
        own = {**(runtime.unit if group == UNIT else runtime.of(group))}
        own.pop(name, None)
        own |= {} if one is None else {name: one}
        runtime = replace(runtime, unit=own) if group == UNIT else with_group(runtime, group, own)
    masters = {group: kept.masters.get(group, master) for group, master in {**runtime.masters, **kept.masters}.items()}
    return replace(runtime, masters={group: master for group, master in masters.items() if master is not None})


def plan_of(now: Overrides, then: Overrides, kept: Kept, now_ns: int) -> Plan:
    """`then`: with `restored` in force."""
    plan = Plan(then.runtime)
    for group, name in kept.rows:
        shown = name if group == UNIT else f"{group}.{name}"
        plan.before[shown], plan.after[shown] = (
            (unit_columns_of(one) if group == UNIT else columns_of(one, group, now_ns)).get(name) for one in (now, then)
        )
    plan.groups = {group for group, _ in kept.rows if group != UNIT}
    return plan
