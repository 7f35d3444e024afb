"""A serial port as RTU wants it: raw, eight bits, not blocking, nobody else's."""

import fcntl
import os
import termios
from pathlib import Path

from agent.management.modbus.codes import ModbusFailed

PARITIES = {"even": termios.PARENB, "odd": termios.PARENB | termios.PARODD, "none": 0}
FAST_BAUD = 19_200
BITS_A_CHARACTER = 11
"""Start, eight of data, parity or a second stop bit, stop."""


def silence_s(baud: int) -> float:
    """What ends a frame: 3.5 characters; above 19,200 baud fixed to 1.75 ms (Modbus over serial line V1.02, 2.5.1.1)."""
    return 0.001_75 if baud > FAST_BAUD else 3.5 * BITS_A_CHARACTER / baud


def open_port(path: Path, baud: int, parity: str, stop_bits: int) -> int:
    """Its descriptor. ModbusFailed: it is not there, it is taken, or it cannot do this."""
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise ModbusFailed(f"{baud} baud is no speed of a serial port; usual are 9600, 19200, 38400, 57600, 115200")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ModbusFailed(f"the serial port {path} cannot be opened: {error.strerror}") from None
    try:
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        _make_raw(descriptor, speed, PARITIES[parity], stop_bits)
    except (OSError, termios.error) as error:
        os.close(descriptor)
        raise ModbusFailed(f"{path} is no serial port that can be set up: {error.args[-1]}") from None
    return descriptor


def _make_raw(descriptor: int, speed: int, parity: int, stop_bits: int) -> None:
    """No echo, no line editing, no flow control; bytes of wrong parity are dropped, and the CRC finds them missing."""
    *_, characters = termios.tcgetattr(descriptor)
    control = termios.CS8 | termios.CREAD | termios.CLOCAL | parity | (termios.CSTOPB if stop_bits == 2 else 0)
    checked = termios.INPCK | termios.IGNPAR if parity else 0
    characters[termios.VMIN], characters[termios.VTIME] = 0, 0
    termios.tcsetattr(descriptor, termios.TCSANOW, [checked, 0, control, 0, speed, speed, characters])
    termios.tcflush(descriptor, termios.TCIOFLUSH)
