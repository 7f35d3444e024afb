"""A group as a whole: this unit's seat and the others' together make states, colours and coverage. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.management.viewer_peers import Peer
from agent.management.viewer_read import count, older, table, text, whole
from agent.management.viewer_ready import Backup, Ready, readiness_of
from agent.management.viewer_states import Seen, common_state, indicator, link_state
from agent.management.viewer_telling import Around, Telling, number_of
from agent.model import words
from agent.model.kinds import Value

_CHANGING = frozenset({"claiming", "yielding"})
_GREEN, _YELLOW, _RED = (words.COLOUR.words[word] for word in ("green", "yellow", "red"))


@dataclass(frozen=True, slots=True)
class Group:
    """With the seat of this unit, told, and those of the others."""

    telling: Telling
    peers: Sequence[Peer]
    around: Around

    @property
    def is_resting(self) -> bool:
        """An N:M backup's own group, which nobody airs."""
        return self.telling.member.get("seat") == "resting"


def own_readiness(group: Group) -> Ready:
    """Of this unit's seat."""
    telling, member = group.telling, group.telling.member
    held = table(member.get("configuration"))
    said = held.get("reasons")
    return readiness_of(
        Backup(
            number_of(telling),
            tuple(text(reason) for reason in said) if isinstance(said, list) else (),
            unable=_unable(telling),
            busy_with=whole(table(member.get("busy")).get("group")),
            is_attended=telling.is_attended,
            maintenance=_maintenance(telling),
            is_fenced=member.get("fenced") is True,
            paths=group.around.paths,
            is_master=telling.is_master,
        )
    )


def _unable(telling: Telling) -> str:
    if telling.role == "off":
        return "switched off by a person: it takes no part (D-12)"
    if telling.role in ("fault", "init"):
        last = table(telling.member.get("last_transition"))
        return text(last.get("text")) or "link or device is not there"
    if telling.member.get("able") is not True:
        return "link or device is not there"
    held = table(telling.member.get("configuration"))
    return "" if held.get("reasons") else text(telling.member.get("withheld"))


def _maintenance(telling: Telling) -> str:
    if not telling.is_in_maintenance:
        return ""
    owner = text(telling.said.get("maintenance_owner"), 128)
    return f"maintenance{f' by {owner}' if owner else ''}: automatic takeover is suspended (C-13)"


def seen_of(group: Group) -> Seen:
    """What the panel's truth tables need."""
    telling, member = group.telling, group.telling.member
    is_starting = telling.role == "backup" and not member.get("master") and member.get("takeover_in_ms") is not None
    standby, is_attended = _standby(group)
    return Seen(
        role=telling.role,
        airs=airs(group),
        is_changing=bool(member.get("operation")) or member.get("state") in _CHANGING,
        is_starting=is_starting,
        has_partner=group.is_resting or any(not peer.is_last_known for peer in group.peers),
        could_change=group.is_resting or standby != _RED,
        is_busy=is_busy(group),
        is_attended=is_attended,
        standby=standby,
    )


def airs(group: Group) -> str | None:
    """Designation of who is on air, as far as this unit knows."""
    telling, member = group.telling, group.telling.member
    if telling.is_on_air:
        return str(member.get("designation"))
    master = table(member.get("master"))
    if not master or master.get("gone") is True or is_long_silent(telling):
        return None
    known = next((peer.told.get("designation") for peer in group.peers if peer.is_master), None)
    if known is not None:
        return str(known)
    return "reserve" if member.get("designation") == "main" else "main"


def is_long_silent(telling: Telling) -> bool:
    """Its master, for more than 2T (C-18): a backup that a person attends, or that is withheld, still knows it then (D-09)."""
    master = table(telling.member.get("master"))
    if not master or master.get("gone") is True:
        return False
    age_ms = older(master.get("age_ms"), telling.by_ms)
    return age_ms is None or age_ms > 2 * count(telling.member.get("takeover_timeout_us")) / 1000


def _standby(group: Group) -> tuple[int, bool]:
    """Colour of the one that would take over, by its own number; does it wait for a person?"""
    telling = group.telling
    if telling.is_master:
        able = [peer.told for peer in group.peers if peer.is_able]
        is_by_hand = bool(able) and all(told.get("attended") is True for told in able)
        return _colour(max((count(told.get("readiness")) for told in able), default=0)), is_by_hand
    return _colour(number_of(telling)), telling.is_attended


def _colour(number: int) -> int:
    return _RED if number == 0 else _GREEN if number >= 255 else _YELLOW


def is_busy(group: Group) -> bool:
    """D-27: whoever could take over airs another group."""
    member = group.telling.member
    if group.telling.is_master:
        return not any(peer.is_able for peer in group.peers) and any(_airs_another(peer) for peer in group.peers)
    return bool(member.get("busy"))


def _airs_another(peer: Peer) -> bool:
    return peer.told.get("busy_for_ms") is not None and not peer.is_last_known


def group_columns(group: Group, ready: Ready) -> dict[str, Value]:
    """Those columns of the member table that speak of all units together."""
    seen = seen_of(group)
    return {
        "common_state": common_state(seen),
        "link_state": link_state(seen),
        "indicator": indicator(seen),
        "backup_lamp": _has_backup(group),
        "readiness_colour": ready.colour,
        "readiness_reasons": len(ready.reasons),
    }


def _has_backup(group: Group) -> bool:
    """Z-42, Z-45: lit in either role, where the feature is in use."""
    is_alone = group.telling.member.get("designation") == "main" and not group.peers
    return not is_alone or group.telling.tracking.get("paired") is True
