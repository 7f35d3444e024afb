"""Where a device's configuration comes from: the ledger's head of a group joined with the unit's own part, or the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from agent.devices.blueprint import plan_of_document
from agent.devices.plan import Plan, PlanError

MAX_CACHED = 8
"""Plans kept: a claim loads what was preloaded."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is in force. `group` None: nobody's. `digest`: hex, of the shared content; empty (revision 0): from the settings."""

    group: int | None
    plan: Plan
    revision: int = 0
    digest: str = ""
    is_acting: bool = False
    lost: tuple[Mapping[str, object], ...] = ()

    def rested(self) -> "Configuration":
        """The same, of a device that acts for nobody."""
        return replace(self, is_acting=False) if self.is_acting else self


class ConfigurationError(Exception):
    """There is none that can be used; str() is a sentence that says why, and what to do."""


class Head(Protocol):
    """What is in force for a group: a number, the digest (32 bytes) of the shared content, and what `document` joins."""

    @property
    def number(self) -> int: ...

    @property
    def digest(self) -> bytes: ...

    @property
    def shared(self) -> bytes: ...

    @property
    def own(self) -> bytes | None: ...


class Effective(NamedTuple):
    """A document as this unit carries it out, and the services that it has no capacity for (C-15)."""

    document: Mapping[str, object]
    lost: tuple[Mapping[str, object], ...]


class Store(Protocol):
    """The ledger, as far as a device reads it. `head` and `effective` raise ConfigurationError."""

    def head(self, group: int) -> Head | None:
        """None: there is none for that group."""

    def capacity(self) -> int:
        """Services that the device may carry at the moment; 0: not stated."""

    def effective(self, head: Head, is_acting: bool, capacity: int) -> Effective:
        """Joined, and within the capacity."""


class ConfigurationSource:
    """`fallback`: what the settings say, for a group without a head."""

    def __init__(self, store: Store, fallback: Plan | None) -> None:
        self._store, self._fallback = store, fallback
        self._cache: dict[tuple[bytes, bytes | None, bool, int], tuple[Plan, tuple[Mapping[str, object], ...]]] = {}
        self._heads: dict[int | None, Head] = {}

    def read(self, group: int | None, is_acting: bool) -> Configuration:
        """What is to be done for that group. ConfigurationError."""
        head = None if group is None else self._store.head(group)
        self._note(group, head)
        if head is not None:
            return self._made(group, head, is_acting)
        if self._fallback is not None:
            return Configuration(group, self._fallback, is_acting=is_acting)
        what = f"group {group} has no configuration yet" if group is not None else "no group's configuration is asked for"
        remedy = "Import one (understudy config import), pair with the master, or give input and output there"
        raise ConfigurationError(f"{what}, and [device.NAME] has no input and output. {remedy}.")

    def last(self, group: int | None, is_acting: bool) -> Configuration | None:
        """What was in force when the ledger could be read last. ConfigurationError: it could not be used."""
        head = self._heads.get(group)
        return None if head is None else self._made(group, head, is_acting)

    def _note(self, group: int | None, head: Head | None) -> None:
        self._heads.pop(group, None)
        if head is not None:
            self._heads[group] = head
        if len(self._heads) > MAX_CACHED:
            del self._heads[next(iter(self._heads))]

    def _made(self, group: int | None, head: Head, is_acting: bool) -> Configuration:
        plan, lost = self._planned(head, is_acting, f"group {group}, revision {head.number}")
        return Configuration(group, plan, head.number, head.digest.hex(), is_acting, lost)

    def _planned(self, head: Head, is_acting: bool, where: str) -> tuple[Plan, tuple[Mapping[str, object], ...]]:
        key = head.digest, head.own, is_acting, self._store.capacity()
        if key not in self._cache:
            effective = self._store.effective(head, *key[2:])
            try:
                made = plan_of_document(effective.document), effective.lost
            except PlanError as error:
                raise ConfigurationError(f"{where}: {error}") from None
            if len(self._cache) >= MAX_CACHED:
                del self._cache[next(iter(self._cache))]
            self._cache[key] = made
        return self._cache[key]
