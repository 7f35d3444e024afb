"""Classic pcap with nanoseconds: written by pcaps/make.py, read by the replay. Ethernet, IPv4, UDP."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

MAGIC_NS, VERSION, ETHERNET = 0xA1B23C4D, (2, 4), 1
SNAP_BYTES = 65535
SECOND = 1_000_000_000
_FILE = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")


class Frame(NamedTuple):
    """One frame on the cable; `time_ns` UTC, the kernel's."""

    time_ns: int
    data: bytes

    @property
    def ttl(self) -> int:
        return self.data[22]

    @property
    def source(self) -> str:
        return ".".join(map(str, self.data[26:30]))

    @property
    def payload(self) -> bytes:
        """Of UDP. Short frames are padded, so the length is that of IP."""
        start = 14 + (self.data[14] & 15) * 4
        return self.data[start + 8 : 14 + int.from_bytes(self.data[16:18], "big")]


def write_pcap(path: Path, frames: Iterable[Frame]) -> None:
    """Replace the file."""
    records = [_FILE.pack(MAGIC_NS, *VERSION, 0, 0, SNAP_BYTES, ETHERNET)]
    for frame in frames:
        length = len(frame.data)
        records += [_RECORD.pack(frame.time_ns // SECOND, frame.time_ns % SECOND, length, length), frame.data]
    path.write_bytes(b"".join(records))


def read_pcap(path: Path) -> list[Frame]:
    """ValueError: not a file of ours."""
    data = path.read_bytes()
    if _FILE.unpack_from(data)[0] != MAGIC_NS:
        raise ValueError(f"{path} is no pcap with nanoseconds")
    frames, at = [], _FILE.size
    while at < len(data):
        seconds, rest_ns, length, _ = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        frames.append(Frame(seconds * SECOND + rest_ns, data[at : at + length]))
        at += length
    return frames
