"""What the machine is made of: signals, and the cells that answer them."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from agent.engine.member import Member
from agent.engine.reasons import State
from agent.engine.turn import Turn


class Signal(StrEnum):
    """An event as one member sees it."""

    CAN_SERVE = "link and device are there"
    LINK_LOST = "LAN link lost"
    DEVICE_LOST = "device failed"
    STRONGER_ADVERT = "advert of a stronger master"
    WEAKER_ADVERT = "advert of a weaker master"
    STRONGER_CLAIM = "claim of a stronger unit"
    WEAKER_CLAIM = "claim of a weaker unit"
    DOUBTED = "claim or advert of a unit that has yet to prove itself"
    GIVE_UP = "the tracked master gives up"
    NAMED = "the tracked master names this unit"
    OTHER_NAMED = "the tracked master names another unit"
    QUESTION = "question"
    REQUEST = "request to hand over"
    REFUSAL = "refusal"
    YIELDED = "a rival says that it has yielded"
    LOADED = "device has loaded"
    OPENED = "device has opened"
    LOCKED = "all carriers have sync"
    MUTED = "device has muted"
    SENT = "packet left"
    NOT_SENT = "packet could not be sent"
    TAKEOVER_DUE = "takeover deadline"
    ADVERT_DUE = "advert due"
    LEASE_DUE = "lease ended"
    REPEAT_DUE = "farewell, or what could not be sent, due again"
    REQUEST_DUE = "request due again"
    BEACON_DUE = "beacon due"
    LIMIT_DUE = "time limit"
    SETTLE_DUE = "claim has settled"
    HOLD_DUE = "an output left on the air is to be held"
    CONFIGURED = "configuration changed"
    POOL_CHANGED = "a device of the pool was taken or is free"
    STALLED = "this process was stopped"
    ADJUSTED = "controls changed"
    SET_MASTER = "command set-master"
    SET_BACKUP = "command set-backup"
    SWITCH_OFF = "command off"
    SWITCH_ON = "command on"
    ACKNOWLEDGE = "command acknowledge"
    STOP = "command stop"


Action = Callable[[Member, Turn], None]


class Cell(NamedTuple):
    """`action` None: ignored, and `why` says why. Else `goals` are the states into which it may lead."""

    action: Action | None
    goals: tuple[State, ...]
    why: str


def does(action: Action, *goals: State) -> Cell:
    """A cell that acts."""
    return Cell(action, goals, (action.__doc__ or "").split("\n")[0])


def ignored(why: str) -> Cell:
    """A cell that says why nothing happens."""
    return Cell(None, (), why)


def row(others: str | Cell, cells: dict[State, Cell]) -> dict[State, Cell]:
    """One signal in all seven states; `others` fills the ones that are not named."""
    rest = ignored(others) if isinstance(others, str) else others
    return {state: cells.get(state, rest) for state in State}
