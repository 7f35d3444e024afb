"""What moves while nothing happens: ages, deadlines, counters. Of a member that is as before in all else only they are told anew.

A unit of 255 groups shows 25,000 values of its members, and a second later a tenth of them are others. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.management.viewer_group import is_long_silent
from agent.management.viewer_member import moving_columns
from agent.management.viewer_peers import is_last_known, moving_peer_columns, told_peers
from agent.management.viewer_portion import Portion, portion_of
from agent.management.viewer_read import Object, table
from agent.management.viewer_telling import Around, Telling

_MOVING = ("takeover_in_ms", "lease_remaining_ms", "packets", "timing", "revision", "master", "peers")
"""Of a member; `master` and `peers` are compared by themselves."""
Settled = tuple[object, ...]
"""All that a portion is made of but what moves: equal when it is the same but for moving_columns and moving_peer_columns."""


@dataclass(frozen=True, slots=True)
class Known:
    """`settled` None: it is not to be used again."""

    settled: Settled | None
    portion: Portion


def known_of(telling: Telling, around: Around, ages: Mapping[str, int], before: Known | None) -> Known:
    """The same as `portion_of` says, with less work where nothing has happened."""
    settled = _settled_of(telling, around, ages)
    if settled is None or before is None or before.settled != settled:
        return Known(settled, portion_of(telling, around, ages))
    return Known(settled, _moved(before.portion, telling))


def _settled_of(telling: Telling, around: Around, ages: Mapping[str, int]) -> Settled | None:
    """None while an age decides, or is told in words: somebody is silent or busy, or an operation runs."""
    member, master = telling.member, table(telling.member.get("master"))
    if member.get("operation") or member.get("busy") or is_long_silent(telling):
        return None
    peers: dict[str, Object] = {}
    for told in told_peers(telling):
        unit_id = str(told.get("unit_id"))
        if told.get("busy_for_ms") is not None or is_last_known(telling, told, ages):
            return None
        peers[unit_id] = _without(told, "age_ms")
    is_waiting = member.get("takeover_in_ms") is not None
    said = _without(telling.said, "operation_age_ms")
    return _without(member, *_MOVING), _without(master, "age_ms"), peers, is_waiting, said, telling.tracking, around


def _without(whole: Object, *names: str) -> Object:
    rest = dict(whole)
    for name in names:
        rest.pop(name, None)
    return rest


def _moved(portion: Portion, telling: Telling) -> Portion:
    told = {str(one.get("unit_id")): one for one in told_peers(telling)}
    peers = {unit_id: {**row, **moving_peer_columns(telling, told[unit_id])} for unit_id, row in portion.peers.items()}
    return replace(portion, member={**portion.member, **moving_columns(telling)}, peers=peers)
