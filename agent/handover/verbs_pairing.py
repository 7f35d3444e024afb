"""Verbs of pairing: discover lists the masters that are heard (Z-18, Z-19), pair chooses one (Z-20, Z-21), unpair ends it."""

import ipaddress
import time
from collections.abc import Callable
from typing import Protocol

from agent.handover.asked import author_of, group_in
from agent.handover.by_hand import ASK_EVERY_S
from agent.handover.desk import Desk
from agent.handover.disputes import forget, open_decisions
from agent.handover.knowledge import Heard
from agent.handover.service import Json, Request, Verb, VerbError

SETTLE_S = 3.0
"""How long `pair` waits for the first outcome, to tell it."""
NO_CERTIFICATE = (
    "This unit has no certificates, so it tracks nobody. Make them (understudy pki issue) and name them in [handover]"
)
NOT_HEARD = (
    "No master of group {} is heard. Is it running, on the same LAN, with the same key (understudy status)? "
    "In another network give its address: understudy pair GROUP --address ADDRESS"
)


class Partners(Protocol):
    """The side that speaks with other units."""

    def pair(self, group: int, address: str, unit_id: str, author: str) -> str:
        """Ask the master there to pair; its name. VerbError."""

    def unpair(self, group: int) -> None:
        """Tell the partners."""

    def wake(self, group: int) -> None:
        """Look at this group now."""


class Pairing:
    """Never by itself: a person says whom to follow."""

    def __init__(self, desk: Desk, partners: Partners, refresh: Callable[[], object]) -> None:
        self._desk, self._partners, self._refresh = desk, partners, refresh

    def verbs(self) -> dict[str, Verb]:
        """By name."""
        return {"discover": self._discover, "pair": self._pair, "unpair": self._unpair}

    def _discover(self, _request: Request) -> Json:
        self._refresh()
        return {"masters": [self._shown(heard) for heard in self._desk.knowledge.masters()]}

    def _shown(self, heard: Heard) -> Json:
        return {
            "name": heard.name,
            "address": heard.address,
            "group": heard.group,
            "device_type": heard.device_type,
            "designation": heard.designation,
            "acting_for": heard.acting_for,
            "priority": heard.priority,
            "age_ms": (time.monotonic_ns() - heard.heard_at_ns) // 1_000_000,
            "paired": heard.name in self._desk.records.partners(heard.group) or self._desk.is_pool(heard.group),
            "software": heard.software,
            "revision": heard.revision,
        }

    def _pair(self, request: Request) -> Json:
        desk = self._desk
        if desk.settings.handover is None or not desk.settings.handover.can_track:
            raise VerbError(NO_CERTIFICATE)
        group, address, unit_id = self._target(request)
        name = self._partners.pair(group, address, unit_id, author_of(request, desk).name)
        desk.tell(f"paired with {name} ({address}) in group {group} by {request.author}")
        self._partners.wake(group)
        return self._outcome(request, group, name, address)

    def _target(self, request: Request) -> tuple[int, str, str]:
        """Group, address, and id of the unit if it is heard. VerbError."""
        address = request.value.get("address")
        if address is not None:
            found = self._by_address(request, str(address))
            self._refuse_where_nobody_pairs(found[0])
            return found
        group = group_in(request, self._desk)
        self._refuse_where_nobody_pairs(group)
        master = self._desk.knowledge.master_of(group)
        if master is None:
            raise VerbError(NOT_HEARD.format(group))
        return group, master.address, master.unit_id

    def _refuse_where_nobody_pairs(self, group: int) -> None:
        """Asked before whom to pair with: a master hears no other one."""
        if self._desk.is_pool(group):
            raise VerbError(f"This unit protects group {group} as an N:M backup: `protects` in its settings is the pairing")
        if self._desk.knowledge.is_master(group):
            raise VerbError(f"This unit is the master of group {group} itself. Pairing is done at the backup: run this there")

    def _by_address(self, request: Request, address: str) -> tuple[int, str, str]:
        try:
            address = str(ipaddress.ip_address(address))
        except ValueError:
            raise VerbError(f"{address[:60]!r} is not an address. Write a numeric one, such as 10.0.0.1") from None
        heard = [master for master in self._desk.knowledge.masters() if master.address == address]
        groups = sorted({master.group for master in heard} & set(self._desk.groups())) or self._desk.groups()
        if request.value.get("group") is not None:
            groups = [group_in(request, self._desk)]
        if len(groups) != 1:
            raise VerbError(f"Name the group too; this unit has to do with {', '.join(map(str, groups)) or 'none'}")
        unit_ids = [master.unit_id for master in heard if master.group == groups[0]]
        return groups[0], address, unit_ids[0] if unit_ids else ""

    def _outcome(self, request: Request, group: int, name: str, address: str) -> Json:
        """What has come of it; longer than 3 s only as long as the first copy comes."""
        end, told = time.monotonic() + SETTLE_S, 0
        while (track := self._desk.track(group)).state in _UNDER_WAY and time.monotonic() < end:
            if track.total_bytes and track.done_bytes != told:
                told, end = track.done_bytes, time.monotonic() + SETTLE_S
                request.progress("first copy", track.done_bytes, track.total_bytes)
            time.sleep(0.02)
        decisions, track = open_decisions(self._desk, group), self._desk.track(group)
        text = f"Paired with {name} ({address}) in group {group}: {track.why or 'the first look is under way'}"
        if self._desk.knowledge.master_of(group) is None:
            text += f". It is not heard on the LAN, so it is asked every {ASK_EVERY_S:g} s"
        answer: Json = {"text": text}
        return answer | ({"decision": decisions[0].id} if decisions else {})

    def _unpair(self, request: Request) -> Json:
        """Here, and there if it is heard. What both hold stays."""
        desk, group = self._desk, group_in(request, self._desk)
        names = ", ".join(desk.records.partners(group)) or "nobody"
        self._partners.unpair(group)
        with desk.commit_lock:
            for decision in open_decisions(desk, group):
                forget(desk, decision.question)
            desk.records.unpair(group)
        desk.tell(f"unpaired from {names} in group {group} by {request.author}")
        self._partners.wake(group)
        desk.changed(group)
        return {"text": f"Unpaired from {names} in group {group}. What is in force here stays, and can be edited here"}


_UNDER_WAY = ("local", "unpaired", "pulling")
