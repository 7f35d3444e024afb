"""The status of a receiver, once a second, as core passes it on to every face. It fits into a packet, whatever is in force."""

import heapq
import json
from collections.abc import Iterable, Mapping

from agent.devices.carrier import Carrier
from agent.devices.duty import Duty
from agent.devices.rate import BitRate
from agent.devices.receiver import Receiver
from agent.devices.route import Route
from agent.devices.totals import NAMES
from agent.devices.ts import StreamCounter

MAX_PIDS_TOLD = 32
MAX_ERROR_LETTERS = 500
MAX_CARRIERS_BYTES = 16_000
MAX_ROUTES_BYTES = 20_000
MAX_LOST_BYTES = 8_000
"""Of JSON; together with the rest well below the 65,536 of a packet of run/core.sock."""

Status = dict[str, object]


class StatusReporter:
    """Remembers what the rates are counted from."""

    def __init__(self, receiver: Receiver, duty: Duty) -> None:
        self._receiver, self._duty = receiver, duty
        self._rate_in, self._rate_out = BitRate(), BitRate()

    def status(self, now_ns: int, is_muted: bool, late_sends: int) -> Status:
        """All counters are totals since the worker's start. Call once a second: the bit rates are since the last call."""
        carriers, routes, totals = self._receiver.carriers, self._receiver.routes, self._receiver.totals()
        return {
            "muted": is_muted,
            "input": carriers[0].plan.input.url if len(carriers) == 1 else None,
            "output": routes[0].plan.output.url if len(routes) == 1 else None,
            "input_present": self._receiver.is_locked if carriers else None,
            "bitrate_in_bps": self._rate_in.update(totals["bytes_in"], now_ns),
            "bitrate_out_bps": self._rate_out.update(totals["bytes_out"], now_ns),
            **{name: totals[name] for name in NAMES},
            "last_error": _shortened(self._duty.standing_problem or self._receiver.tally.last_error),
            "late_sends": late_sends,
            "pids": _busiest(carriers[0].counter) if len(carriers) == 1 else {},
            "configuration": _configuration(self._duty),
            **_list("carriers", (_carrier(carrier, now_ns) for carrier in carriers), MAX_CARRIERS_BYTES),
            **_list("routes", (_route(route, now_ns) for route in routes), MAX_ROUTES_BYTES),
            **_list("lost_services", self._duty.current.lost if self._duty.current else (), MAX_LOST_BYTES),
        }


def _configuration(duty: Duty) -> Status:
    """`group` None: nothing is loaded. `digest` empty: from the settings. `error`: why the newest is not in force."""
    current = duty.current
    return {
        "group": current.group if current else None,
        "revision": current.revision if current else 0,
        "digest": current.digest if current else "",
        "error": _shortened(duty.error or duty.fault),
        "acting": current is not None and current.is_acting,
    }


def _carrier(carrier: Carrier, now_ns: int) -> Status:
    """`since_ms`: how long `locked` has been what it is."""
    return {
        "id": carrier.plan.name,
        "input": carrier.plan.input.url,
        "locked": carrier.is_locked,
        "since_ms": (now_ns - carrier.since_ns) // 1_000_000,
        "bitrate_bps": carrier.rate.update(carrier.bytes, now_ns),
        "continuity_errors": carrier.counter.continuity_errors,
    }


def _route(route: Route, now_ns: int) -> Status:
    return {
        "id": route.plan.name,
        "carrier": route.plan.carrier,
        "output": route.plan.output.url,
        "datagrams": route.datagrams,
        "bitrate_bps": route.rate.update(route.bytes, now_ns),
        "continuity_errors": route.counter.continuity_errors,
        "send_errors": route.send_errors,
    }


def _list(name: str, rows: Iterable[Mapping[str, object]], limit_bytes: int) -> Status:
    """As many rows as fit; `NAME_untold`: how many do not."""
    told: list[Mapping[str, object]] = []
    untold = 0
    for row in rows:
        limit_bytes -= len(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
        if limit_bytes >= 0:
            told.append(row)
        else:
            untold += 1
    return {name: told} | ({f"{name}_untold": untold} if untold else {})


def _shortened(text: str | None) -> str | None:
    return text[:MAX_ERROR_LETTERS] if text else None


def _busiest(counter: StreamCounter) -> dict[str, int]:
    """The PIDs with the most packets, in the order of their numbers; keys are text because JSON's are."""
    seen = ((packets, pid) for pid, packets in enumerate(counter.packets_of_pid) if packets)
    return {str(pid): packets for pid, packets in sorted((pid, packets) for packets, pid in heapq.nlargest(MAX_PIDS_TOLD, seen))}
