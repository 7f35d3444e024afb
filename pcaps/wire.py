"""A capture read with the scapy layer alone (not with agent.wire): the anchors on which a scenario's rule does its sums."""

from typing import Any, NamedTuple

from scapy.error import Scapy_Exception

from tests import scapy_layer
from tests.pcaps.pcapfile import Frame


class Word(NamedTuple):
    """One packet of a unit of the scene. `host` is who put it on its cable, by its address."""

    at_ms: float
    host: str
    kind: str
    fields: dict[str, Any]


class Wire:
    """The words of a capture, from one unit's point of view. A missing anchor is an IndexError: the scene went wrong."""

    def __init__(self, frames: list[Frame], hosts: dict[str, str], observer: str) -> None:
        self.observer = observer
        self.words = [word for frame in frames if (word := _read(frame, frames[0].time_ns, hosts)) is not None]

    def own(self, kind: str, since_ms: float = 0.0, is_open: bool | None = None) -> list[Word]:
        """The observer's packets of a kind. `is_open`: questions to everybody (True) or to one unit (False)."""
        found = self.of(self.observer, kind, since_ms)
        return [word for word in found if is_open is None or (word.fields["target"] == 0) == is_open]

    def of(self, host: str, kind: str, since_ms: float = 0.0) -> list[Word]:
        """Those of any host."""
        return [word for word in self.words if word.host == host and word.kind == kind and word.at_ms >= since_ms]

    def last(self, host: str, kind: str, before_ms: float) -> Word:
        """The last such word before a moment."""
        return [word for word in self.of(host, kind) if word.at_ms < before_ms][-1]


def _read(frame: Frame, start_ns: int, hosts: dict[str, str]) -> Word | None:
    try:
        fields = scapy_layer.dissect(frame.payload)
    except (ValueError, Scapy_Exception):  # noise
        return None
    host, kind = hosts.get(frame.source, "?"), scapy_layer.KINDS.get(fields["kind"], "?")
    return Word((frame.time_ns - start_ns) / 1e6, host, kind, fields)
