"""Who could take over a group now, and what would be lost: the coverage table. Pure."""

from agent.management.viewer_group import Group, airs, is_busy
from agent.management.viewer_read import Object, count, table, text
from agent.management.viewer_telling import NO_RANK, number_of
from agent.model import words
from agent.model.kinds import Value


def coverage_columns(group: Group) -> dict[str, Value]:
    """A row of the coverage table (D-27, D-38, C-16)."""
    able = able_names(group)
    rank = count(table(group.telling.member.get("configuration")).get("rank"))
    return {
        "rank": rank if rank < NO_RANK else 0,
        "covered_by": len(able),
        "best_name": able[0] if able else "",
        "lost_services": text(", ".join(group.around.lost)),
        "state": words.COVERAGE.words[_coverage(group, bool(able))],
    }


def _coverage(group: Group, is_covered: bool) -> str:
    if group.is_resting:
        return "resting"
    if airs(group) is None:
        return "unknown"
    if is_covered:
        return "covered"
    return "busy" if is_busy(group) else "uncovered"


def able_names(group: Group) -> list[str]:
    """Who could take over by itself, best first: the highest priority, then the highest identity (S-29)."""
    telling, member = group.telling, group.telling.member
    found = [
        (count(peer.told.get("priority")), peer.unit_id, text(peer.told.get("name"), 64))
        for peer in group.peers
        if peer.is_able and not peer.is_master and peer.told.get("attended") is not True
    ]
    if telling.role == "backup" and number_of(telling) > 0 and not group.is_resting and not telling.is_attended:
        found.append((count(member.get("priority")), "", group.around.own_name))
    return [name for _priority, _unit_id, name in sorted(found, reverse=True)]


def lost_services(member: Object, devices: Object) -> list[str]:
    """C-15: of the device that holds, or would hold, the output."""
    lost = table(devices.get(str(member.get("device")))).get("lost_services")
    if not isinstance(lost, list):
        return []
    return [text(table(service).get("name") if isinstance(service, dict) else service, 64) for service in lost]
