"""Reading a tar archive that anybody may have made: plain files only, every size bounded, read once from front to back.

Python's tarfile understands links, devices, sparse files and headers of any length. Nothing of that belongs in an export.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from agent.ledger.limits import MAX_FILES

BLOCK = 512
MAX_MEMBERS = 2 * MAX_FILES + 64
"""Each file may have a header of its own for a long name; and there are a document and a word on it."""
MAX_LONG_NAME_BYTES = 4096
MAX_MEMBER_BYTES = 1 << 30
_FILE, _DIRECTORY, _PAX, _PAX_GLOBAL, _GNU_LONG_NAME = b"0", b"5", b"x", b"g", b"L"


class ArchiveError(ValueError):
    """The archive is not one that we take. A sentence for a person."""


@dataclass(slots=True)
class Member:
    """A regular file; `name` as the archive says, not yet judged. Its bytes are read by `pieces` before the next member."""

    name: str
    size_bytes: int
    _source: BinaryIO
    _left: int = -1

    def pieces(self, piece_bytes: int = 1 << 18) -> Iterator[bytes]:
        """Its content. ArchiveError when the archive ends in the middle."""
        self._left = self.size_bytes if self._left < 0 else self._left
        while self._left:
            piece = _exactly(self._source, min(piece_bytes, self._left))
            self._left -= len(piece)
            yield piece
        _exactly(self._source, -self.size_bytes % BLOCK)
        self.size_bytes = 0  # so that a second reading reads nothing

    def bytes(self, limit: int) -> bytes:
        """All of it. ArchiveError when it is longer than `limit`."""
        if self.size_bytes > limit:
            raise ArchiveError(f"{self.name[:80]!r} in the archive is longer than {limit} bytes")
        return b"".join(self.pieces())


def members(source: BinaryIO) -> Iterator[Member]:
    """Every regular file in turn; what is left unread of it is skipped. ArchiveError for anything else, links above all."""
    name, size = "", -1
    for _ in range(MAX_MEMBERS):
        header = _exactly(source, BLOCK)
        if not header.strip(b"\0"):
            return
        kind, member = _read_header(header, source)
        if kind == _FILE:
            member.name, member.size_bytes = name or member.name, member.size_bytes if size < 0 else size
            name, size = "", -1
            yield from _checked(member)
        elif kind != _DIRECTORY:
            name, size = _extended(kind, member, name, size)
    raise ArchiveError(f"the archive has more than {MAX_MEMBERS} entries")


def _checked(member: Member) -> Iterator[Member]:
    if not 0 <= member.size_bytes <= MAX_MEMBER_BYTES:
        raise ArchiveError(f"{member.name[:80]!r} in the archive is longer than 1 GiB")
    yield member
    for _ in member.pieces():
        pass


def _read_header(header: bytes, source: BinaryIO) -> tuple[bytes, Member]:
    """Kind and member. ArchiveError: no tar header, or of something that is no plain file."""
    if _number(header[148:156]) != sum(header) - sum(header[148:156]) + 8 * 0x20:
        raise ArchiveError("this is not a tar archive, or it is damaged; make one with: understudy config export")
    kind = header[156:157].replace(b"\0", _FILE)
    name = _text(header[:100])
    if header[257:263] == b"ustar\0" and header[345:500].strip(b"\0"):
        name = f"{_text(header[345:500])}/{name}"
    if kind not in (_FILE, _DIRECTORY, _PAX, _PAX_GLOBAL, _GNU_LONG_NAME):
        raise ArchiveError(f"{name[:80]!r} in the archive is a link or a special file; an export holds plain files only")
    return kind, Member(name, _number(header[124:136]), source)


def _extended(kind: bytes, member: Member, name: str, size: int) -> tuple[str, int]:
    """Name and size as a header before the real one gives them."""
    data = member.bytes(MAX_LONG_NAME_BYTES)
    if kind == _GNU_LONG_NAME:
        return _text(data), size
    if kind == _PAX:
        found = dict(_records(data))
        name, size = found.get("path", name), _decimal(found["size"]) if "size" in found else size
        if any(key.startswith("GNU.sparse") for key in found):
            raise ArchiveError("the archive holds a sparse file; an export holds plain files only")
    return name, size


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """`25 path=files/show.bin\\n`, the number being the length of the whole record."""
    while data:
        length = _decimal(data.split(b" ", 1)[0].decode("ascii", "replace"))
        record, data = data[:length], data[length:]
        key, is_there, value = record.partition(b" ")[2].removesuffix(b"\n").partition(b"=")
        if length <= 0 or not is_there:
            raise ArchiveError("the archive has a damaged header")
        yield key.decode("utf-8", "replace"), _text(value)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise ArchiveError("the archive has a damaged header")
    return int(text)


def _number(field: bytes) -> int:
    """Octal; ArchiveError otherwise, also for the binary form of numbers above 8 GiB."""
    text = field.strip(b" \0")
    if not all(byte in b"01234567" for byte in text):
        raise ArchiveError("the archive has a damaged header, or a file longer than 8 GiB")
    return int(text or b"0", 8)


def _text(field: bytes) -> str:
    try:
        return field.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        raise ArchiveError("the archive holds a name that is not UTF-8") from None


def _exactly(source: BinaryIO, count: int) -> bytes:
    data = source.read(count) if count else b""
    if len(data) != count:
        raise ArchiveError("the archive ends in the middle")
    return data
