"""AF_PACKET sockets on the switch's ports, filtered in the kernel, with the kernel's own timestamps."""

import ctypes
import errno
import socket
import struct
import time

from tests.netns.harness.namespaces import socket_in

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
SO_ATTACH_FILTER, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 26, 35, 33
BUFFER_BYTES = 64 << 20
WHOLE = 0xFFFF

Rule = tuple[int, int, int, int]
_HALFWORD, _BYTE, _WORD, _HEADER_LENGTH, _INDIRECT_HALFWORD, _IS, _KEEP = 0x28, 0x30, 0x20, 0xB1, 0x48, 0x15, 0x06


def _program(tests: list[tuple[int, int, int | None]], snap: int) -> list[Rule]:
    """(load, offset, value) triples that must all hold; value None: load only."""
    rules: list[Rule] = []
    for load, offset, value in tests:
        rules.append((load, 0, 0, offset))
        if value is not None:
            rules.append((_IS, 0, 0, value))
    length = len(rules)
    jumps = [(code, 0, length - at if code == _IS else 0, k) for at, (code, _, _, k) in enumerate(rules)]
    return [*jumps, (_KEEP, 0, 0, snap), (_KEEP, 0, 0, 0)]


def udp_port(port: int, snap: int = WHOLE) -> list[Rule]:
    tests = [(_HALFWORD, 12, 0x0800), (_BYTE, 23, 17), (_HEADER_LENGTH, 14, None), (_INDIRECT_HALFWORD, 16, port)]
    return _program(tests, snap)


def tcp_port(port: int, snap: int = WHOLE) -> list[Rule]:
    """What goes to that port."""
    tests = [(_HALFWORD, 12, 0x0800), (_BYTE, 23, 6), (_HEADER_LENGTH, 14, None), (_INDIRECT_HALFWORD, 16, port)]
    return _program(tests, snap)


def ip_protocol(protocol: int, snap: int = WHOLE) -> list[Rule]:
    return _program([(_HALFWORD, 12, 0x0800), (_BYTE, 23, protocol)], snap)


def to_address(address: str, snap: int = WHOLE) -> list[Rule]:
    wanted = int.from_bytes(socket.inet_aton(address), "big")
    return _program([(_HALFWORD, 12, 0x0800), (_BYTE, 23, 17), (_WORD, 30, wanted)], snap)


def open_port(switch: str, port: str, rules: list[Rule]) -> socket.socket:
    """Frames that arrive from the host at the other end of the cable; not those on their way to it."""
    tap = socket_in(switch, socket.AF_PACKET, socket.SOCK_RAW, 0)  # 0: nothing arrives before the filter is in place
    tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    tap.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    tap.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(program)))
    tap.bind((port, ETH_P_ALL))
    tap.setblocking(False)
    return tap


def receive(tap: socket.socket) -> tuple[int, bytes] | None:
    """(kernel time in ns, frame); None: nothing more for now."""
    try:
        data, ancillary, _, _ = tap.recvmsg(65535, 64)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno == errno.ENETDOWN:  # the cable was pulled: the socket says so once and goes on
            return receive(tap)
        raise
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return seconds * 1_000_000_000 + nanoseconds, data
    return time.time_ns(), data


def drops(tap: socket.socket) -> int:
    """Frames lost since the last call because nobody read them in time."""
    return int(struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])
