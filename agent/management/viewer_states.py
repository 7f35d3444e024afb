"""What a pair's panel shows: who airs, how the link is, and the colour of the standby's button. Pure truth tables.

D-09 to D-12, D-22 to D-31. Both units of a pair come to the same answer from what each sees (D-28).
"""

from dataclasses import dataclass

from agent.model.words import COLOUR, COMMON_STATE, INDICATOR, LINK_STATE

_RED, _YELLOW = COLOUR.words["red"], COLOUR.words["yellow"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one unit sees of a group. `airs`: the designation of who is on air, as a word; None: nobody, or not known.

    `role`, `state`: words of this unit. `is_changing`: an operation runs. `is_starting`: it still listens for its first T.
    `has_partner`: the other side has been heard lately. `could_change`: a changeover would find somebody. `is_busy`: the one
    that could is airing another group (D-27). `is_attended`: the standby waits for a person (D-31).
    `standby`: colour of the standby's configuration and readiness.
    """

    role: str
    airs: str | None = None
    is_changing: bool = False
    is_starting: bool = False
    has_partner: bool = True
    could_change: bool = True
    is_busy: bool = False
    is_attended: bool = False
    standby: int = COLOUR.words["green"]


def common_state(seen: Seen) -> int:
    """D-09: main or reserve airs (D-10, D-11); nobody does: off where this unit is off (D-12), else none."""
    if seen.airs is not None:
        return COMMON_STATE.words["main" if seen.airs == "main" else "reserve"]
    return COMMON_STATE.words["off" if seen.role == "off" else "none"]


def link_state(seen: Seen) -> int:
    """D-23 to D-27. Connected means ready for changeover (D-24), so a partner that could not is an error as none is (D-25)."""
    return LINK_STATE.words[_link_word(seen)]


def _link_word(seen: Seen) -> str:
    if seen.role == "off":
        return "off"
    if seen.is_changing:
        return "changing_over"
    if seen.role == "init" or (seen.is_starting and not seen.has_partner):
        return "connecting"
    if seen.role == "fault" or not seen.has_partner:
        return "error"
    if seen.is_busy:
        return "busy"
    return "connected" if seen.could_change else "error"


def indicator(seen: Seen) -> int:
    """D-29: off light; D-30: green; D-31: yellow. Yellow too while changing over (D-26) and busy (D-27); red: error (D-25)."""
    link = _link_word(seen)
    if link in _BY_LINK:
        return INDICATOR.words[_BY_LINK[link]]
    if seen.airs is None:
        return INDICATOR.words["grey"]
    if seen.standby == _RED:
        return INDICATOR.words["red"]
    return INDICATOR.words["yellow" if seen.is_attended or seen.standby == _YELLOW else "green"]


_BY_LINK = {"off": "off", "connecting": "grey", "error": "red", "changing_over": "yellow", "busy": "yellow"}
