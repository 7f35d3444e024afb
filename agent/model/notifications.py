"""What is told without being asked: declared once, for the MIB and whoever sends. Numbers never move, as those of words.py.

Every notification carries objects of its own (table NOTIFICATION, accessible-for-notify) with the values of the moment that it
tells of, for the rows of other tables have moved on when it is read. `usNotificationId` is unique for ever: whoever gets one
twice (an inform whose acknowledgement was lost) knows by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from agent.model.kinds import Choice, Kind, Moment, Number, Text
from agent.model.managed import Access, Managed, Table

LEVEL = Choice({"information": 1, "warning": 2, "critical": 3})
ARC = 99
"""Of the table below root.1: far from those that grow."""


def _columns() -> Iterator[Managed]:
    numbers = count(1)

    def told(name: str, kind: Kind, text: str, requirement: str = "") -> Managed:
        camel = "".join(part.capitalize() for part in name.split("_"))
        return Managed(name, kind, text, next(numbers), f"usNotification{camel}", Access.NOTIFY, requirement=requirement)

    yield told("id", Text(64), "Unique for ever. The same number twice is the same notification, sent again")
    yield told("at", Moment(), "When it happened, which may be long before it was sent")
    yield told("group", Number(-1, 255), "The group; -1: it concerns the whole unit")
    yield told("severity", LEVEL, "How urgent it is for a person")
    yield told("name", Text(64), "What it is about: the alarm, the peer, the backup, the decision or the command")
    yield told("reason", Text(64), "Why, one word of a closed list, as in usEventReason", "S-12")
    yield told("before", Text(64), "What was: a role, a colour, a state; empty when there is no such")
    yield told("after", Text(64), "What is now")
    yield told("author", Text(128), "Who gave the command; empty when nobody did")
    yield told("text", Text(255), "One sentence for a person")
    yield told(
        "suppressed",
        Number(),
        "How many of this kind about the same thing were held back since the last, because of usUnitNotificationMinInterval",
    )


NOTIFICATION = Table("notification", "Objects that only notifications carry.", ARC, (), tuple(_columns()))


@dataclass(frozen=True, slots=True)
class Notification:
    """`arc`: below root.0. `objects`: (table, column) of scalars, in the order in which they are sent."""

    name: str
    arc: int
    snmp: str
    help: str
    objects: tuple[tuple[str, str], ...]
    requirement: str = ""


def _declared(name: str, arc: int, columns: str, text: str, requirement: str = "") -> Notification:
    camel = "us" + "".join(part.capitalize() for part in name.split("_"))
    common = ("id", "at", "group", "severity")
    objects = [("notification", column) for column in (*common, *columns.split(), "text", "suppressed")]
    return Notification(name, arc, camel, text, (("unit", "name"), *objects), requirement)


NOTIFICATIONS = (
    _declared(
        "role_change",
        1,
        "reason before after",
        "A member settled in another role. Claiming and yielding are passed through, not told: the reason is why it left the "
        "role before",
        "S-12",
    ),
    _declared(
        "split_brain", 2, "name", "Two masters hear one another, or have found that they were two. Its end is usFaultCleared"
    ),
    _declared("peer_lost", 3, "name", "A unit of the group is not heard any more", "C-18"),
    _declared("peer_back", 4, "name", "It is heard again"),
    _declared("readiness_change", 5, "name before after", "The colour of a backup's readiness changed", "D-30"),
    _declared("config_conflict", 6, "name", "Two units hold configurations that both changed: a person must choose", "Z-41"),
    _declared("config_settled", 7, "name", "The choice has been made, or is not needed any more", "Z-41"),
    _declared("fault", 8, "name", "An alarm was raised"),
    _declared("fault_cleared", 9, "name", "An alarm is over, whatever notification told of its beginning"),
    _declared("command_refused", 10, "name reason author", "A command was not carried out: refused, busy or failed", "C-17"),
    _declared(
        "master_returned", 11, "name", "The master that was replaced is back, muted, and waits. Its end: usFaultCleared", "Z-39"
    ),
    _declared("link_error", 12, "before after", "The system is on and no partner is heard", "D-25"),
    _declared("link_restored", 13, "before after", "A partner is heard again", "D-24"),
)
NOTIFICATION_OF = {notification.name: notification for notification in NOTIFICATIONS}
