"""What somebody should know who has changed the interval of a member: which peers have another. Pure.

A pair with two intervals is safe only as long as nobody starts again without a key (docs/architecture.md, "Interval").
"""

from collections.abc import Iterable, Mapping

from agent.management.viewer_read import tables, text

MAX_NAMED = 8
"""Peers; the rest are counted."""


def interval_note(members: Iterable[Mapping[str, object]], own_ms: int) -> str:
    """Of the members that have this interval now: which peers have another one, and what to do; empty: none that is known."""
    others = {}
    for member in members:
        for peer in tables(member.get("peers")):
            interval_ms = peer.get("advertisement_interval_ms")
            if isinstance(interval_ms, int) and interval_ms not in (0, own_ms):
                others[text(peer.get("name") or peer.get("unit_id"), 64)] = (interval_ms, member.get("group"))
    if not others:
        return ""
    named = [f"{name} has {ms / 1000:g} s in group {group}" for name, (ms, group) in sorted(others.items())[:MAX_NAMED]]
    named += [f"{len(others) - MAX_NAMED} more have another"] if len(others) > MAX_NAMED else []
    what = f"The interval is {own_ms / 1000:g} s here, and {', '.join(named)}"
    return f"{what}. Set the same there: raise it at the backups first, then at the master; lower it the other way round."
