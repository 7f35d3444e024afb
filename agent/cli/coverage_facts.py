"""What the status of a unit says about its pool: masters, and the backups that could take their places now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.cli.coverage_sets import Backup, Master
from agent.cli.plain import one_line, table_in, tables_in

_Object = Mapping[str, object]
NO_RANK = 1000


@dataclass(frozen=True, slots=True)
class Group:
    """A protected group as this unit sees it. `on_reserve`: its own master is away, and a backup airs it."""

    group: int
    master: str | None
    on_reserve: bool
    rank: int
    able: tuple[str, ...]
    busy: tuple[str, ...]

    @property
    def is_covered(self) -> bool:
        """Could somebody take it now?"""
        return bool(self.able)


def groups_of(status: _Object) -> list[Group]:
    """Every group but the resting ones, in which backups only say that they live."""
    own_name = one_line(table_in(status.get("unit")).get("name"))
    members = [member for member in tables_in(status.get("members")) if isinstance(member.get("group"), int)]
    return [_group(member, own_name) for member in members if not _is_resting(member)]


def _is_resting(member: _Object) -> bool:
    return member.get("seat") == "resting"


def sees_a_pool(status: _Object) -> bool:
    """An N:M backup hears of the groups that it protects; a master of its own alone."""
    return any(member.get("seat") == "pooled" for member in tables_in(status.get("members")))


def _group(member: _Object, own_name: str) -> Group:
    group, rank = member["group"], table_in(member.get("configuration")).get("rank")
    assert isinstance(group, int)
    master, is_away = _master(member, own_name)
    able = tuple(dict.fromkeys(name for name in _able(member, own_name) if name != master))
    return Group(group, master, is_away, rank if isinstance(rank, int) else NO_RANK, able, tuple(_busy(member)))


def _master(member: _Object, own_name: str) -> tuple[str | None, bool]:
    """Its name, and whether it only acts for the one at home."""
    if member.get("role") == "master":
        return own_name, member.get("acting_for") is not None
    heard = table_in(member.get("master"))
    if not heard or heard.get("gone") is True:
        return None, False
    return one_line(heard.get("name")), _is_acting(member, heard)


def _is_acting(member: _Object, heard: _Object) -> bool:
    """A peer in the group says whom it airs: the master of this very group, then."""
    peers = tables_in(member.get("peers"))
    return any(peer.get("unit_id") == heard.get("unit_id") and peer.get("acting_for") == member["group"] for peer in peers)


def _able(member: _Object, own_name: str) -> Iterator[str]:
    """Peers that say so, and this unit."""
    yield from (one_line(peer.get("name")) for peer in tables_in(member.get("peers")) if peer.get("able") is True)
    if member.get("role") == "backup" and member.get("able") is True and not (member.get("busy") or member.get("withheld")):
        yield own_name


def _busy(member: _Object) -> Iterator[str]:
    """Who cannot, because it airs another group (D-38)."""
    for peer in tables_in(member.get("peers")):
        if peer.get("busy_for_ms") is not None:
            yield f"{one_line(peer.get('name'))} (group {one_line(peer.get('acting_for'))})"
    own = table_in(member.get("busy"))
    if own:
        yield f"{one_line(own.get('name'))} (group {one_line(own.get('group'))})"


def masters_in(groups: list[Group]) -> list[Master]:
    """Those that can fail: on air, and at home."""
    return [Master(group.group, group.rank) for group in groups if group.master is not None and not group.on_reserve]


def backups_in(status: _Object, groups: list[Group], own_capacity: int = 1) -> list[Backup]:
    """Each backup with the groups that it could take. A beacon does not say how many at once, so another unit counts for one."""
    able_for: dict[str, set[int]] = {}
    for group in groups:
        for name in group.able:
            able_for.setdefault(name, set()).add(group.group)
    own = one_line(table_in(status.get("unit")).get("name"))
    return [Backup(name, own_capacity if name == own else 1, frozenset(able)) for name, able in able_for.items()]


def own_capacity(status: _Object, settings: _Object) -> int:
    """Groups that this unit could take now: free devices of an independent reserve, else one at a time (D-33, D-36)."""
    acting = sum(member.get("acting_for") is not None for member in tables_in(status.get("members")))
    if table_in(settings.get("pool")).get("reserve") == "exclusive":
        return 0 if acting else 1
    devices = {name for member in tables_in(settings.get("member")) for name in _devices(member)}
    return max(len(devices) - acting, 0)


def _devices(member: _Object) -> list[str]:
    """Of an N:M backup's [[member]]."""
    if member.get("designation") != "nmBackup":
        return []
    named = member.get("devices")
    listed = [*named] if isinstance(named, list) else [member.get("device")]
    return [name for name in listed if isinstance(name, str)]
