"""When an output was open, from a unit's own record; and for how long two of them were open together."""

from typing import NamedTuple

from agent.diagnostics.timeline import Fact, Timeline


class Open(NamedTuple):
    """[start, end) on the unit's own clock. Opened when the worker said so; ended by an order, a lease or its death.

    `group`: whose configuration it held; None: no order to load is in the record.
    """

    device: str
    start_ns: int
    end_ns: int
    group: int | None = None


class _Gate:
    """What the worker of one device does, as core ordered and heard it."""

    def __init__(self, device: str) -> None:
        self.device, self.lease_ns, self.since_ns = device, 0, 0
        self.group: int | None = None
        self.found: list[Open] = []

    def take(self, fact: Fact) -> None:
        """In the order of the record."""
        if self.since_ns and fact.at_ns >= self.lease_ns:
            self._close(self.lease_ns)
        if fact.what == "load":
            self.group = fact.data["effect"][3]
        elif fact.what == "device":
            self._report(fact)
        elif fact.what == "mute":
            self._close(fact.at_ns)
            self.lease_ns = 0
        else:
            self.lease_ns = fact.data["effect"][-1]

    def _report(self, fact: Fact) -> None:
        report = fact.data["report"]
        if report == "opened" and not self.since_ns and self.lease_ns > fact.at_ns:
            self.since_ns = fact.at_ns
        elif report in ("muted", "failed", "ready"):
            self._close(fact.at_ns)

    def _close(self, at_ns: int) -> None:
        if self.since_ns and at_ns > self.since_ns:
            self.found.append(Open(self.device, self.since_ns, at_ns, self.group))
        self.since_ns = 0

    def end(self, last_ns: int) -> list[Open]:
        """The record ends then; nobody knows whether the output went on."""
        self._close(min(self.lease_ns, last_ns))
        return self.found


def open_times(timeline: Timeline) -> list[Open]:
    """Of all outputs of the unit."""
    gates: dict[str, _Gate] = {}
    for fact in timeline.facts:
        device = _device_of(fact)
        if device:
            gates.setdefault(device, _Gate(device)).take(fact)
        elif fact.what == "start":  # another core: its workers are muted when they come
            for gate in gates.values():
                gate.take(Fact(fact.at_ns, "mute", {}))
    last_ns = max([*(fact.at_ns for fact in timeline.facts[-1:]), *(word.at_ns for word in timeline.words[-1:])], default=0)
    return [one for gate in gates.values() for one in gate.end(last_ns)]


def _device_of(fact: Fact) -> str:
    if fact.what == "device":
        return str(fact.data["device"])
    return str(fact.data["effect"][1]) if fact.what in ("lease", "open", "mute", "load") else ""
