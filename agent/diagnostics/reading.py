"""Records from files: segments of the ring, one of them or a whole folder, compressed or not, torn or whole."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from agent.diagnostics.blocks import notes_in
from agent.diagnostics.notes import Note
from agent.diagnostics.segments import in_order

MAX_FILE_BYTES = 512 << 20
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 16


class RecordError(Exception):
    """A file that cannot be used. A sentence for a person."""


def files_of(path: Path) -> list[Path]:
    """A folder means all of its segments. RecordError: there is nothing."""
    if not path.exists():
        raise RecordError(
            f"{path} does not exist. Give a record (*.pcapng.gz, in DATA_DIR/records), a folder of them, or a pcap."
        )
    found = in_order(path) if path.is_dir() else [path]
    if not found:
        raise RecordError(
            f"{path} holds no records (*.pcapng.gz): the recorder has not written any yet, or it is another folder."
        )
    return found


def content(path: Path) -> bytes:
    """Unpacked, as far as it goes: a segment that is being written, or was torn, ends early. RecordError: it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(
            f"{path} cannot be read: {error.strerror}. Records belong to the agent's user: try with sudo."
        ) from None
    return _unpacked(data) if data[:2] == _GZIP else data


def _unpacked(data: bytes) -> bytes:
    """In pieces, so that what lies before a damaged byte is not lost."""
    found = bytearray()
    unpacker = zlib.decompressobj(31)
    waiting = memoryview(data)
    while waiting and len(found) < MAX_FILE_BYTES:
        piece, waiting = waiting[:_PIECE], waiting[_PIECE:]
        try:
            found += unpacker.decompress(piece)
        except zlib.error:
            break
        if unpacker.eof:
            waiting = memoryview(unpacker.unused_data + bytes(waiting))
            unpacker = zlib.decompressobj(31)
    return bytes(found)


def notes_of(paths: list[Path]) -> Iterator[Note]:
    """All notes in order."""
    for path in paths:
        yield from notes_in(content(path))
