"""How ready a backup is, as a colour and with reasons, the worst first. Pure: facts in, sentences out.

Red: it would not take over. Green: it would, by itself, at once, with everything. Yellow: all between.
C-08, C-11, C-14, C-15, C-23, C-24, D-04, D-27, D-30, D-31, Z-11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.model.words import COLOUR

RED, YELLOW, GREEN = (COLOUR.words[word] for word in ("red", "yellow", "green"))
MAX_REASONS = 16
FULL = 255
ONE_PATH = (
    "units hear one another by one path only: a dead master and a cut LAN look the same, and it takes over in both "
    "(attended: in neither) (C-11)"
)


@dataclass(frozen=True, slots=True)
class Backup:
    """Of one seat. `number`: 0..255 as it says itself. `said`: reasons that came with it. `unable`: what keeps it from serving.

    `busy_with`: the group that it airs instead. `is_fenced` None: it does not say. `paths`: by which units hear one another.
    """

    number: int
    said: Sequence[str] = ()
    unable: str = ""
    busy_with: int | None = None
    is_attended: bool = False
    maintenance: str = ""
    is_fenced: bool | None = None
    is_last_known: bool = False
    age_ms: int | None = None
    is_in_sync: bool = True
    paths: int = 1
    is_master: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The colour and its reasons."""

    colour: int
    reasons: tuple[str, ...] = ()


def readiness_of(backup: Backup) -> Ready:
    """The worst of all that there is to say."""
    found = sorted(_complaints(backup), key=lambda complaint: complaint[0])
    reasons = tuple(dict.fromkeys(reason for _colour, reason in found))
    return Ready(min((colour for colour, _reason in found), default=GREEN), reasons[:MAX_REASONS])


def _complaints(backup: Backup) -> Iterator[tuple[int, str]]:
    if backup.is_fenced is False:
        yield YELLOW, "not fenced: nothing mutes the output of a stopped agent when its lease ends (C-24)"
    if backup.is_last_known:
        yield RED, f"not heard for {_seconds(backup.age_ms)}: this is the last known (C-18)"
    if backup.is_master:
        return
    yield from _of_takeover(backup)
    yield from _of_number(backup)
    if backup.paths < 2 and not backup.is_attended:
        yield YELLOW, ONE_PATH


def _of_takeover(backup: Backup) -> Iterator[tuple[int, str]]:
    if backup.busy_with is not None:
        yield RED, f"busy: it airs group {backup.busy_with} (D-27)"
    elif backup.unable:
        yield RED, backup.unable
    if backup.is_attended:
        yield YELLOW, "attended: it calls a person instead of taking over; arm-standby makes it automatic (D-31)"
    if backup.maintenance:
        yield RED, backup.maintenance


def _of_number(backup: Backup) -> Iterator[tuple[int, str]]:
    if backup.number >= FULL:
        return
    colour = RED if backup.number == 0 else YELLOW
    if colour == RED and (backup.unable or backup.maintenance or backup.busy_with is not None) and not backup.said:
        return
    yield from ((colour, reason) for reason in backup.said or (_words_of(backup.number),))


def _words_of(number: int) -> str:
    """Of another unit, which says a number and no more; they are those of agent.handover.readiness."""
    said = next((words for least, words in _WORDS if number >= least), "it says that it cannot take over")
    return f"readiness {number} of 255: {said}"


_WORDS = (
    (220, "it is pulling the master's newer configuration"),
    (200, "its software is another than the master's (C-14)"),
    (150, "its capacity is short, or values of its own are missing (C-15)"),
    (1, "it does not follow the master's configuration: paused, not paired, or a choice is open (C-14)"),
)


def _seconds(age_ms: int | None) -> str:
    return "long" if age_ms is None else f"{age_ms / 1000:.1f} s"
