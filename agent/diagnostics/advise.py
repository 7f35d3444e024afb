"""Timing advice for one group of one backup: what was measured, what it means, and what would be better. Pure."""

from dataclasses import dataclass

from agent.diagnostics.advise_chance import Chance, chance
from agent.diagnostics.advise_measures import Json, Measured, Setting, measured_of
from agent.diagnostics.advise_options import HIGHEST, Option, options, sturdier


@dataclass(frozen=True, slots=True)
class Advice:
    """`why_not`: a sentence when there is nothing to advise on; then all else is None."""

    group: int
    role: str
    master: str
    setting: Setting | None = None
    measured: Measured | None = None
    chance: Chance | None = None
    options: tuple[Option, ...] = ()
    sturdier: Option | None = None
    """When nothing calls for a change, and yet the first lost advert would be a takeover."""
    why_not: str = ""
    takeover_ms: float | None = None
    """What the last takeover took after T (F-7)."""
    is_n_to_m: bool = False


def advice(member: Json) -> Advice:
    """From one member of the status."""
    group, role = _whole(member.get("group")), str(member.get("role"))
    master = _table(member.get("master"))
    name = str(master.get("name") or "its master")
    measured = measured_of(member.get("timing"))
    if role == "master":
        return Advice(group, role, name, why_not="this unit is master of it, and hears no adverts: ask on its backups")
    if measured is None:
        return Advice(group, role, name, why_not="nothing was measured yet: no two adverts of a master were heard here")
    setting = _setting(member, measured)
    priority = master.get("priority")
    below = priority if isinstance(priority, int) and priority > setting.priority else HIGHEST + 1
    found = options(measured, setting, below)
    return Advice(
        group,
        role,
        name,
        setting,
        measured,
        chance(measured, setting),
        tuple(found),
        None if found else sturdier(measured, setting, below),
        takeover_ms=_takeover_ms(member),
        is_n_to_m=member.get("seat") in ("pooled", "resting"),
    )


def _setting(member: Json, measured: Measured) -> Setting:
    """T counts in the larger interval where the master's is believed (C-21): core says how long T is."""
    priority = min(max(_whole(member.get("priority")), 1), 255)
    interval_ms = _whole(member.get("takeover_timeout_us")) // 1000 - (256 - priority) * 100
    return Setting(interval_ms if interval_ms > 0 else measured.interval_ms, priority)


def _takeover_ms(member: Json) -> float | None:
    """Claim and load run side by side, and then it opens."""
    last = _table(member.get("last_takeover"))
    claim, load, opening = (last.get(name) for name in ("claim_ms", "load_ms", "open_ms"))
    if not isinstance(claim, int | float) or not isinstance(load, int | float) or not isinstance(opening, int | float):
        return None
    return max(claim, load) + opening


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _table(value: object) -> Json:
    return value if isinstance(value, dict) else {}
