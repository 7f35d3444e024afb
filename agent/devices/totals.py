"""What carriers and routes have counted, in the words of the status. A carrier or route that is gone leaves its counts behind."""

from collections import Counter
from collections.abc import Iterable, Mapping

from agent.devices.carrier import Carrier
from agent.devices.route import Route
from agent.devices.sockets import dropped_datagrams

NAMES = (
    "input_lost_count",
    "datagrams_in",
    "datagrams_out",
    "packets_in",
    "continuity_errors_in",
    "continuity_errors_out",
    "sync_errors",
    "transport_errors",
    "not_ts",
    "null_dropped",
    "overruns_in",
    "send_errors",
)


def totals_of(part: Carrier | Route) -> Mapping[str, int]:
    """Its share of each total, with `bytes_in` and `bytes_out`."""
    return _of_carrier(part) if isinstance(part, Carrier) else _of_route(part)


def sum_up(past: Counter[str], parts: Iterable[Carrier | Route]) -> Counter[str]:
    """Since the worker's start."""
    totals = Counter(past)
    for part in parts:
        totals.update(totals_of(part))
    return totals


def _of_carrier(carrier: Carrier) -> Mapping[str, int]:
    return {
        "input_lost_count": carrier.lost_count,
        "datagrams_in": carrier.datagrams,
        "bytes_in": carrier.bytes,
        "packets_in": carrier.counter.packets,
        "continuity_errors_in": carrier.counter.continuity_errors,
        "sync_errors": carrier.counter.sync_errors,
        "transport_errors": carrier.counter.transport_errors,
        "not_ts": carrier.not_ts,
        "overruns_in": dropped_datagrams(carrier.input.sock) if carrier.input.sock else 0,
    }


def _of_route(route: Route) -> Mapping[str, int]:
    return {
        "datagrams_out": route.datagrams,
        "bytes_out": route.bytes,
        "continuity_errors_out": route.counter.continuity_errors,
        "null_dropped": route.filter.null_dropped,
        "send_errors": route.send_errors,
    }
