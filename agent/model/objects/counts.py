"""Packets by kind and by reason of rejection, and devices."""

from agent.model import words
from agent.model.kinds import Number, Text
from agent.model.managed import Access, Table
from agent.model.objects.making import COUNTER, FLAG, GROUP, maker

_of_packets = maker("packets", "usPackets")
_of_rejected = maker("rejected", "usRejected")
_of_device = maker("device", "usDevice")

PACKETS = Table(
    "packets",
    "Packets of each kind, by group.",
    5,
    (
        _of_packets(1, "group", GROUP, "The group.", access=Access.INDEX),
        _of_packets(2, "kind", Number(1, 64), "Kind of packet, as on the wire.", access=Access.INDEX),
    ),
    (
        _of_packets(3, "word", Text(32), "The kind in a word."),
        _of_packets(4, "sent", COUNTER, "Sent since the discontinuity time.", metric="packets_sent_total"),
        _of_packets(5, "received", COUNTER, "Received and accepted since then.", metric="packets_received_total"),
    ),
    256 * len(words.PACKET.words),
)
REJECTED = Table(
    "rejected",
    "Packets that changed this counter and nothing else, by group and reason; those that named no group count in each.",
    6,
    (
        _of_rejected(1, "group", GROUP, "The group.", access=Access.INDEX),
        _of_rejected(2, "reason", Number(1, 64), "Reason, in the order of the checks.", access=Access.INDEX),
    ),
    (
        _of_rejected(3, "word", Text(32), "The reason in a word."),
        _of_rejected(4, "count", COUNTER, "Rejected since the discontinuity time.", metric="packets_rejected_total"),
    ),
    256 * len(words.REJECTION.words),
)
DEVICE = Table(
    "device",
    "Devices that hold this unit's outputs.",
    7,
    (_of_device(1, "number", Number(1, 1024), "In the order of names, from 1.", access=Access.INDEX),),
    (
        _of_device(2, "name", Text(64), "Its name in the settings."),
        _of_device(3, "driver", Text(32), "Its driver."),
        _of_device(4, "ready", FLAG, "Does it answer?", metric="device_ready"),
        _of_device(5, "fenced", FLAG, "Does a living dead-man hold its output?", metric="device_fenced", requirement="C-24"),
        _of_device(6, "error", Text(255), "What is wrong with it; empty: nothing."),
        _of_device(7, "datagrams", COUNTER, "Sent by its output since its worker started.", metric="device_datagrams_total"),
        _of_device(8, "state", Text(255), "Output, input and services in words.", requirement="Z-33"),
        _of_device(9, "muted", FLAG, "Is its output muted?", metric="device_muted"),
        _of_device(
            10,
            "continuity_errors",
            COUNTER,
            "Breaks in the continuity counters of what its output sent, since its worker started.",
            metric="device_continuity_errors_total",
        ),
        _of_device(
            11,
            "input_continuity_errors",
            COUNTER,
            "The same in what its input received.",
            metric="device_input_continuity_errors_total",
        ),
        _of_device(12, "input_datagrams", COUNTER, "Received by its input since then.", metric="device_input_datagrams_total"),
        _of_device(13, "input_present", FLAG, "Has every input sync?", metric="device_input_present"),
        _of_device(14, "send_errors", COUNTER, "Datagrams that its output could not send.", metric="device_send_errors_total"),
    ),
    1024,
)
