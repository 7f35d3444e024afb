"""A master that is not heard on the LAN, but whose address a person gave (Z-21): it is asked every 5 s instead."""

import time

from agent.handover.desk import Desk
from agent.handover.knowledge import Heard
from agent.handover.protocol import Related
from agent.handover.refusals import RefusalReason, Refused

ASK_EVERY_S = 5.0


def master_to_follow(desk: Desk, group: int) -> Heard | None:
    """The one that is heard; else the one that was paired by its address last. None: nobody."""
    return desk.knowledge.master_of(group) or _by_hand(desk, group)


def is_by_hand(heard: Heard) -> bool:
    """Nothing is heard of it."""
    return not heard.unit_id


def refuse_unless_master(heard: Heard, group: int, related: Related) -> None:
    """No advert says that it is the master, so its answer has to. Refused."""
    if is_by_hand(heard) and not related.is_master:
        raise Refused(RefusalReason.NOT_MASTER, f"{heard.name} ({heard.address}) is not the master of group {group} now")


def _by_hand(desk: Desk, group: int) -> Heard | None:
    rows = [(row, name) for name, row in desk.records.partners(group).items() if row.get("is_by_hand")]
    row, name = max(rows, key=lambda found: str(found[0].get("at_ns", "")).zfill(20), default=({}, ""))
    if not name:
        return None
    address, now_ns = str(row.get("address", "")), time.monotonic_ns()
    return Heard(group, "", name, address, 0, 0, "main", None, 0, bytes(32), "", is_master=True, heard_at_ns=now_ns)
