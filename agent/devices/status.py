"""The status of a receiver, once a second, as core passes it on to every face."""

import heapq
from dataclasses import dataclass

from agent.devices.receiver import Receiver
from agent.devices.sockets import dropped_datagrams
from agent.devices.ts import StreamCounter

MAX_PIDS_TOLD = 32
Status = dict[str, object]


@dataclass(slots=True)
class BitRate:
    """Bits of UDP payload a second, between two questions."""

    last_bytes: int = 0
    last_ns: int = 0
    bps: int = 0

    def update(self, total_bytes: int, now_ns: int) -> int:
        """`total_bytes` since the start. The first answer is 0."""
        elapsed_ns = now_ns - self.last_ns
        if self.last_ns and elapsed_ns > 0:
            self.bps = (total_bytes - self.last_bytes) * 8 * 1_000_000_000 // elapsed_ns
        self.last_bytes, self.last_ns = total_bytes, now_ns
        return self.bps


class StatusReporter:
    """Remembers what the rates are counted from."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._rate_in, self._rate_out = BitRate(), BitRate()

    def status(self, now_ns: int, is_muted: bool, late_sends: int) -> Status:
        """All counters are since the worker's start. Call once a second: the bit rates are since the last call."""
        receiver = self._receiver
        return {
            "muted": is_muted,
            "input": receiver.options.input.url,
            "output": receiver.options.output.url,
            "input_present": receiver.is_input_present,
            "input_lost_count": receiver.input_lost_count,
            "datagrams_in": receiver.datagrams_in,
            "datagrams_out": receiver.datagrams_out,
            "bitrate_in_bps": self._rate_in.update(receiver.bytes_in, now_ns),
            "bitrate_out_bps": self._rate_out.update(receiver.bytes_out, now_ns),
            **_stream(receiver),
            **_faults(receiver),
            "late_sends": late_sends,
            "pids": _busiest(receiver.counter_in),
        }


def _stream(receiver: Receiver) -> Status:
    return {
        "packets_in": receiver.counter_in.packets,
        "continuity_errors_in": receiver.counter_in.continuity_errors,
        "continuity_errors_out": receiver.counter_out.continuity_errors,
        "sync_errors": receiver.counter_in.sync_errors,
        "transport_errors": receiver.counter_in.transport_errors,
        "not_ts": receiver.not_ts,
        "null_dropped": receiver.filter.null_dropped,
    }


def _faults(receiver: Receiver) -> Status:
    sock = receiver.input.sock
    return {
        "overruns_in": dropped_datagrams(sock) if sock else 0,
        "send_errors": receiver.send_errors,
        "last_error": receiver.standing_problem or receiver.last_error,
    }


def _busiest(counter: StreamCounter) -> dict[str, int]:
    """The PIDs with the most packets, in the order of their numbers; keys are text because JSON's are."""
    seen = ((packets, pid) for pid, packets in enumerate(counter.packets_of_pid) if packets)
    return {str(pid): packets for pid, packets in sorted((pid, packets) for packets, pid in heapq.nlargest(MAX_PIDS_TOLD, seen))}
