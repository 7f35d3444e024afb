"""What was measured in each step, against the rule: one row of the table at the end, with what was wrong."""

from dataclasses import dataclass

from agent.cli.demo.eyes import Eyes, Heard
from agent.cli.demo.ground import Part
from agent.devices.meter import StreamMeter
from agent.devices.program import PACKETS_A_DATAGRAM
from agent.engine.timing import MS, SKEW_STEP_NS
from agent.wire.message import Kind

EARLY_NS = MS // 2
"""Two clocks' readings of one moment; a claim earlier than the rule by more than this is wrong."""
EARLY_START_NS = 5 * MS
"""In step 1 the wait is counted from the unit's first packet, for want of anything else to be seen from outside. The unit counts
from when it was ready to listen; its first packet follows that, and may itself be late on a busy machine, so that the wait looks
shorter than it was. Everywhere else both ends are packets that the rule is about."""
LATE_REAL_TIME_NS = SKEW_STEP_NS
"""One priority step: later than that, the next unit would think that it is first. Usually it is 0.1 ms."""
LATE_NORMAL_NS = 3 * SKEW_STEP_NS
"""At normal priority nothing is promised; more than this is no longer the scheduler of a busy machine."""


@dataclass(frozen=True)
class Figure:
    """One row. `faults`: sentences; none: as the rule says."""

    step: str
    rule: str
    measured: str
    gap: str
    lost: str
    continuity_errors: int
    overlapping: int
    faults: tuple[str, ...]


def late_limit_ns(is_real_time: bool) -> int:
    """How late anything may be here."""
    return LATE_REAL_TIME_NS if is_real_time else LATE_NORMAL_NS


def milliseconds(time_ns: int) -> str:
    """To the tenth."""
    return f"{time_ns / MS:.1f} ms"


def overlapping(meter: StreamMeter) -> int:
    """Datagrams that came while another unit was sending, and those that came twice."""
    names = list(meter.sources)
    pairs = [meter.overlap(one, other) for one in names for other in names if one != other]
    return max([0, *pairs]) + meter.duplicated


def lost_packets(meter: StreamMeter, rate: int) -> str:
    """Counted by the generator's numbers; of a user's stream: estimated (~) from `rate`, packets a second before the gap."""
    if meter.unnumbered == 0:
        return str(meter.lost * PACKETS_A_DATAGRAM)
    gaps_ns = sum(switch.silence_ns for switch in meter.switches)
    return f"~{gaps_ns * rate // 1_000_000_000}"


class Judge:
    """Makes the rows. `rate`: transport packets a second in quiet times."""

    def __init__(self, eyes: Eyes, limit_ns: int, rate: int) -> None:
        self._eyes, self._limit_ns, self._rate = eyes, limit_ns, rate

    def started(self, master: Part, first: Heard, claim: Heard) -> Figure:
        """Nobody was master: the first one listens for a whole T, from when link and device were ready."""
        waited_ns = claim.at_ns - first.at_ns
        is_early = waited_ns < master.timeout_ns - EARLY_START_NS
        faults = [f"{master.name} listened for {milliseconds(waited_ns)} only"] if is_early else []
        return self._row("1 both start", f"T {milliseconds(master.timeout_ns)}", milliseconds(waited_ns), faults)

    def took_over(self, heir: Part, advert: Heard, claim: Heard) -> Figure:
        """S-12: T after the last advert."""
        silence_ns = claim.at_ns - advert.at_ns
        faults = self._lateness("the claim", silence_ns - heir.timeout_ns)
        if self._eyes.step.sources[heir.name].first_ns < claim.at_ns:
            faults.append(f"{heir.name} opened its output before it claimed")
        return self._row("2 master killed", f"T {milliseconds(heir.timeout_ns)}", milliseconds(silence_ns), faults)

    def waited(self, idle: Part, since_ns: int, now_ns: int) -> Figure:
        """Preempt is off (S-10): the unit that returns neither claims nor sends."""
        faults = []
        if self._eyes.first(idle.name, since_ns, Kind.CLAIM, Kind.ADVERT, Kind.REQUEST):
            faults.append(f"{idle.name} returned and did not wait")
        if idle.name in self._eyes.step.sources:
            faults.append(f"{idle.name} sent although it is not master")
        return self._row("3 it returns", "waits", f"waited {(now_ns - since_ns) / 1e9:.1f} s", faults)

    def changed_over(self, old: Part, handover: Heard, advert: Heard) -> Figure:
        """The successor is named and opens at once; the old one has muted before."""
        took_ns = advert.at_ns - handover.at_ns
        faults = self._lateness("the successor's advert", took_ns)
        if self._eyes.step.sources[old.name].last_ns > handover.at_ns:
            faults.append(f"{old.name} still sent after it had handed over")
        return self._row("4 set-master", "no timer", milliseconds(took_ns), faults)

    def _lateness(self, what: str, late_ns: int) -> list[str]:
        if late_ns < -EARLY_NS:
            return [f"{what} came {milliseconds(-late_ns)} too early"]
        if late_ns > self._limit_ns:
            return [f"{what} came {milliseconds(late_ns)} late; {milliseconds(self._limit_ns)} is allowed here"]
        return []

    def _row(self, step: str, rule: str, measured: str, faults: list[str]) -> Figure:
        meter = self._eyes.step
        both = overlapping(meter)
        if both:
            faults.append(f"{both} datagrams overlapped: two outputs were open")
        gap = " + ".join(milliseconds(switch.silence_ns) for switch in meter.switches) or "none"
        if len(meter.switches) > 1:
            faults.append(f"the output changed hands {len(meter.switches)} times")
        lost = lost_packets(meter, self._rate)
        return Figure(step, rule, measured, gap, lost, meter.continuity_errors, both, tuple(faults))
