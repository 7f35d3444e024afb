"""Judging a capture: who spoke, who was master when, and whether two outputs were ever open at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from tests.netns.harness.packets import Kind, Packet, Said

MASTERLY = (Kind.ADVERT, Kind.CLAIM)


def adverts_by_host(messages: Iterable[Said]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = defaultdict(list)
    for message in messages:
        if message.kind == Kind.ADVERT:
            found[message.host].append(message)
    return found


def last_before(messages: Sequence[Said], time_ns: int, host: str, kinds: Sequence[int] = MASTERLY) -> Said:
    """The last word of that kind from a host before a moment. LookupError: none."""
    wanted = [m for m in messages if m.host == host and m.kind in kinds and m.time_ns <= time_ns]
    if not wanted:
        raise LookupError(f"nothing from {host} before {time_ns}")
    return wanted[-1]


def first_after(messages: Sequence[Said], time_ns: int, host: str, kinds: Sequence[int] = MASTERLY) -> Said:
    """The first, likewise."""
    found = next((m for m in messages if m.host == host and m.kind in kinds and m.time_ns > time_ns), None)
    if not found:
        raise LookupError(f"nothing from {host} after {time_ns}")
    return found


def claims(messages: Iterable[Said], host: str | None = None, since_ns: int = 0) -> list[Said]:
    """Claims from one host, or from all."""
    return [m for m in messages if m.kind == Kind.CLAIM and m.time_ns >= since_ns and host in (None, m.host)]


def reigns(messages: Iterable[Said]) -> list[str]:
    """Who acted as master, in turn: the hosts of adverts and claims, each run once. One entry: the role never changed."""
    return [host for host, _ in groupby(message.host for message in messages if message.kind in MASTERLY)]


def role_changes(messages: Iterable[Said]) -> int:
    """How often the master changed, or tried to: changes of speaker, and every resignation."""
    told = list(messages)
    return max(0, len(reigns(told)) - 1) + sum(message.kind in (Kind.GIVE_UP, Kind.HANDOVER) for message in told)


def intervals_ms(messages: Iterable[Said], host: str) -> list[float]:
    """Distances between one host's adverts."""
    times = [message.time_ns for message in messages if message.host == host and message.kind == Kind.ADVERT]
    return [(later - earlier) / 1e6 for earlier, later in pairwise(times)]


def overlap(packets: Sequence[Packet], old: str, new: str) -> int:
    """How many datagrams the old output put out after the first of the new one: 0 when the change was clean.

    For a stretch of time in which the output changes once, from `old` to `new`.
    """
    first_of_new = next((packet.time_ns for packet in packets if packet.host == new), None)
    if first_of_new is None:
        return 0
    return sum(packet.host == old and packet.time_ns >= first_of_new for packet in packets)


def gap_ms(packets: Sequence[Packet], old: str, new: str) -> float:
    """From the last datagram of the old output to the first of the new one; negative when they overlap. LookupError: none."""
    from_old = [packet.time_ns for packet in packets if packet.host == old]
    from_new = [packet.time_ns for packet in packets if packet.host == new]
    if not from_old or not from_new:
        raise LookupError(f"{len(from_old)} datagrams from {old}, {len(from_new)} from {new}")
    return (from_new[0] - from_old[-1]) / 1e6


def outputs(packets: Iterable[Packet]) -> list[str]:
    """Whose output was open, in turn. More turns than changes of master mean that two outputs were mixed."""
    return [host for host, _ in groupby(packet.host for packet in packets)]


def silence_ms(packets: Sequence[Packet]) -> float:
    """The longest time in which nobody's output sent anything."""
    return max(((later.time_ns - earlier.time_ns) / 1e6 for earlier, later in pairwise(packets)), default=0.0)
