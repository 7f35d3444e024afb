"""Configurations whose marks can be seen on the wire: each version of each group's document keeps another PID of its stream.

The stream of group g has the PIDs 100 g .. 100 g + 3; version v of its document keeps 100 g + v % 4, from 239.1.1.g to
239.2.2.g. So one datagram of an output says whose configuration is on the air, and which.
"""

import struct
from collections.abc import Iterable
from typing import Any

from tests.netns.harness.packets import Packet

Document = dict[str, Any]
VERSIONS = 4
PACKET_BYTES = 188


def source_pids(group: int) -> list[int]:
    """What the generator of the group sends."""
    return [100 * group + version for version in range(VERSIONS)]


def input_address(group: int) -> str:
    return f"239.1.1.{group}"


def output_address(group: int) -> str:
    return f"239.2.2.{group}"


def document(group: int, version: int = 0, rank: int = 10, port: str | None = None, filler_bytes: int = 0) -> Document:
    """Version of a group's configuration. `port`: the logical port of both ends; None: the system's choice of an interface."""
    through = {"port": port} if port else {}
    carrier = {"id": "c1", "input": f"udp://{input_address(group)}:5000", **through}
    route = {"id": "r1", "carrier": "c1", "pid_list": "kept", "output": f"udp://{output_address(group)}:5000", **through}
    made: Document = {
        "identity": {"network_name": f"group {group} version {version}"},
        "carrier": [carrier],
        "pid_list": [{"name": "kept", "pids": [100 * group + version % VERSIONS]}],
        "route": [route],
        "service": [{"name": "tv", "rank": rank, "routes": ["r1"]}],
    }
    if filler_bytes:
        made["ncc"] = {f"note{number}": "x" * 500 for number in range(filler_bytes // 512)}
    return made


def with_port(made: Document, name: str, **values: str) -> Document:
    """A document with a logical port and what it is on one unit."""
    return made | {"port": [{"name": name, **values}]}


def pids_in(payload: bytes) -> set[int]:
    """Of the transport packets of one datagram."""
    return {struct.unpack_from(">H", payload, at + 1)[0] & 0x1FFF for at in range(0, len(payload) - 3, PACKET_BYTES)}


def pids_of(packets: Iterable[Packet]) -> set[int]:
    return set().union(*(pids_in(packet.payload) for packet in packets))


def to_group(packets: Iterable[Packet], group: int) -> list[Packet]:
    """What left for the output of one group."""
    return [packet for packet in packets if packet.dst == output_address(group)]
