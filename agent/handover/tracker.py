"""Following masters: one thread for each unit that is master of something here. Woken when core hears of it; nothing is polled,
but for one look every 30 s, as a safety net; and for masters that are not heard, see by_hand.py."""

import threading
import time
import traceback
from collections.abc import Callable

from agent.handover.by_hand import ASK_EVERY_S, is_by_hand, master_to_follow
from agent.handover.desk import Desk
from agent.handover.follower import Master, follow
from agent.handover.following import Action
from agent.handover.knowledge import Heard
from agent.handover.refusals import RefusalReason, Refused
from agent.ledger.errors import LedgerError, StaleHead

MAX_PEERS = 128
LOOK_EVERY_S = 30.0
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 5.0

Connect = Callable[[Heard], Master]
"""To this unit, by a connection that is kept. Refused: it cannot be had."""


class Tracker:
    """Thread-safe. Says once that a master cannot be reached, and once that it can again."""

    def __init__(self, desk: Desk, connect: Connect) -> None:
        self._desk, self._connect = desk, connect
        self._lock = threading.Lock()
        self._peers: dict[str, _Peer] = {}
        self._failing: set[int] = set()
        self._is_over = False

    def wake(self, group: int) -> None:
        """Something about the group is new: look at it at once, if there is a master to follow."""
        heard = master_to_follow(self._desk, group)
        if heard is None or self._desk.knowledge.is_master(group):
            self._rest(group)
            return
        key = _key(heard)
        with self._lock:
            peer = self._peers.get(key)
            if peer is None and self._has_room() and not self._is_over:
                peer = self._peers[key] = _Peer(key, self._look)
        if peer:
            peer.wake(group)

    def _has_room(self) -> bool:
        """For one more; units that are master of nothing here any more make room. With the lock held."""
        if len(self._peers) >= MAX_PEERS:
            for key in [key for key, peer in self._peers.items() if peer.is_idle]:
                self._peers.pop(key).close()
        return len(self._peers) < MAX_PEERS

    def close(self) -> None:
        """No more looks are begun."""
        with self._lock:
            self._is_over = True
            peers = list(self._peers.values())
        for peer in peers:
            peer.close()

    def _rest(self, group: int) -> None:
        """Master ourselves, or nobody is heard: what is in force stays, and so does what was last known of it."""
        if self._desk.knowledge.is_master(group) and self._desk.set_track(group, action=Action.LOCAL, state="local", why=""):
            self._desk.changed(group)

    def _look(self, key: str, group: int) -> float | None:
        """One look; seconds until the next one, or None when this unit is not the one to look at any more."""
        heard = master_to_follow(self._desk, group)
        if heard is None or _key(heard) != key or self._desk.knowledge.is_master(group):
            return None
        try:
            follow(self._desk, group, heard, self._connect(heard))
        except StaleHead:
            return 0.0
        except Refused as error:
            return 0.0 if error.reason is RefusalReason.STALE else self._failed(group, heard, str(error))
        except (LedgerError, OSError) as error:
            return self._failed(group, heard, str(error))
        except Exception as error:  # this thread follows other groups too
            traceback.print_exc()
            return self._failed(group, heard, f"{type(error).__name__} while following. Report it, with the log")
        self._is_back(group, heard)
        return ASK_EVERY_S if is_by_hand(heard) else LOOK_EVERY_S

    def _is_back(self, group: int, heard: Heard) -> None:
        if group in self._failing:
            self._failing.discard(group)
            self._desk.tell(f"group {group}: {heard.name} ({heard.address}) can be followed again")

    def _failed(self, group: int, heard: Heard, why: str) -> float:
        """What was last in force stays; whether it is the master's is told by the advert (`behind`)."""
        before = self._desk.track(group)
        head = self._desk.ledger.head(group)
        is_same = head is not None and head.digest == heard.digest
        is_behind = before.action in (Action.IN_SYNC, Action.LOCAL) and not is_same and any(heard.digest)
        action = Action.FOLLOW if is_behind else Action.IN_SYNC if is_same else before.action
        changes = {"action": action, "state": "unreachable", "why": why, "master": heard.name, "address": heard.address}
        if self._desk.set_track(group, **changes):
            if group not in self._failing:
                self._failing.add(group)
                self._desk.tell(f"group {group}: {heard.name} ({heard.address}) cannot be followed: {why}")
            self._desk.changed(group)
        return -1.0


def _key(heard: Heard) -> str:
    """One thread each."""
    return heard.unit_id or f"{heard.name} {heard.address}"


class _Peer:
    """One thread, the groups that it has to look at, and when."""

    def __init__(self, key: str, look: Callable[[str, int], float | None]) -> None:
        self._key, self._look = key, look
        self._condition = threading.Condition()
        self._due: dict[int, float] = {}
        self._retries: dict[int, int] = {}
        self._is_over = self._is_looking = False
        threading.Thread(target=self._run, name=f"tracker {key}", daemon=True).start()

    def wake(self, group: int) -> None:
        """Now."""
        with self._condition:
            self._due[group] = 0.0
            self._condition.notify()

    @property
    def is_idle(self) -> bool:
        """Nothing is planned, and nothing under way."""
        with self._condition:
            return not self._due and not self._is_looking

    def close(self) -> None:
        """After the look that is under way."""
        with self._condition:
            self._is_over = True
            self._condition.notify()

    def _run(self) -> None:
        while (group := self._next()) is not None:
            wait_s = self._look(self._key, group)
            with self._condition:
                self._is_looking = False
                self._plan(group, wait_s)

    def _next(self) -> int | None:
        """The group that is due; None: over."""
        with self._condition:
            while not self._is_over:
                group = min(self._due, key=self._due.__getitem__, default=None)
                left_s = self._due[group] - time.monotonic() if group is not None else None
                if group is not None and left_s is not None and left_s <= 0:
                    del self._due[group]
                    self._is_looking = True
                    return group
                self._condition.wait(left_s)
        return None

    def _plan(self, group: int, wait_s: float | None) -> None:
        """Woken meanwhile, it is due already. Negative: it failed, so wait longer every time."""
        if wait_s is None or group in self._due:
            return
        failures = self._retries[group] = self._retries.get(group, 0) + 1 if wait_s <= 0 else 0
        retry_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures - 1, 10)) if failures else 0.0
        self._due[group] = time.monotonic() + max(wait_s, retry_s)
