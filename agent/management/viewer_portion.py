"""The part of a view that is one member's: its row, those of the others in its group, reasons, coverage, alarms. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.management.viewer_alarms import Alarm, alarm_columns, alarms_of
from agent.management.viewer_coverage import coverage_columns
from agent.management.viewer_group import Group, group_columns, own_readiness
from agent.management.viewer_member import member_columns
from agent.management.viewer_peers import peer_columns, peers_of
from agent.management.viewer_telling import Around, Telling
from agent.model.kinds import Value

Columns = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Portion:
    """`peers`, `peer_reasons`: by unit id, in the order of ids. `reasons`: this unit's own."""

    member: Columns
    peers: Mapping[str, Columns]
    coverage: Columns
    reasons: tuple[str, ...]
    peer_reasons: Mapping[str, tuple[str, ...]]
    alarms: Sequence[Alarm]


def portion_of(telling: Telling, around: Around, ages: Mapping[str, int]) -> Portion:
    """`ages`: by unit id, since its last word in any group."""
    peers = peers_of(telling, ages, around.paths)
    group = Group(telling, peers, around)
    ready, alarms = own_readiness(group), alarms_of(telling, around.lost)
    return Portion(
        {**member_columns(telling), **group_columns(group, ready), **alarm_columns(alarms)},
        {peer.unit_id: peer_columns(peer, telling.by_ms) for peer in peers},
        coverage_columns(group),
        ready.reasons,
        {peer.unit_id: peer.ready.reasons for peer in peers},
        alarms,
    )
