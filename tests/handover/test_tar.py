"""Archives that anybody may have made: what export writes is read again, everything else is refused and costs nothing."""

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.handover.tar import MAX_MEMBERS, ArchiveError, members
from agent.ledger.limits import MAX_FILES


def archive(
    *files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT, change: Callable[[tarfile.TarInfo], None] | None = None
) -> bytes:
    """With these files; `change` may spoil the header of the last one."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if change and (name, data) == files[-1]:
                change(info)
            tar.addfile(info, io.BytesIO(data))
    return target.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    """All members."""
    return {member.name: b"".join(member.pieces()) for member in members(io.BytesIO(data))}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_plain_tar_is_read(form: int) -> None:
    """Also one that a person packed again, with long names."""
    long = f"files/{'ü' * 60}.bin" if form != tarfile.USTAR_FORMAT else f"files/{'u' * 90}"
    files = {"document.toml": b"x = 1\n", long: bytes(70_000), "files/empty": b""}
    assert read(archive(*files.items(), form=form)) == files


def _link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/shadow"


def _hard_link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname = tarfile.LNKTYPE, "document.toml"


def _device(info: tarfile.TarInfo) -> None:
    info.type, info.size = tarfile.CHRTYPE, 0


def _sparse(info: tarfile.TarInfo) -> None:
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(1 << 40)}


def _huge_header(info: tarfile.TarInfo) -> None:
    info.pax_headers = {"comment": "x" * 100_000}


def _huge(info: tarfile.TarInfo) -> None:
    info.pax_headers = {"size": str(1 << 40)}


@pytest.mark.parametrize("change", [_link, _hard_link, _device, _sparse, _huge_header, _huge])
def test_what_is_no_plain_file_is_refused(change: Callable[[tarfile.TarInfo], None]) -> None:
    """Links, devices, holes, headers and sizes without bounds."""
    with pytest.raises(ArchiveError):
        read(archive(("document.toml", b""), ("files/a", b""), change=change))


def test_too_many_entries_are_refused() -> None:
    """Bounded, however small they are."""
    with pytest.raises(ArchiveError, match=str(MAX_MEMBERS)):
        read(archive(*((f"files/{number}", b"") for number in range(MAX_MEMBERS))))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000), st.integers(0, 3000), st.integers(0, 6000))
def test_any_damage_is_refused_or_reads_the_same_names(data: bytes, place: int, length: int) -> None:
    """Nothing but ArchiveError, whatever the bytes."""
    whole = archive(("document.toml", b"x = 1\n"), ("files/a", bytes(1000)))
    spoilt = (whole[:place] + data + whole[place + len(data) :])[:length]
    try:
        found = read(spoilt)
    except ArchiveError:
        return
    assert all(len(content) <= len(spoilt) for content in found.values())


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_as_many_files_as_a_ledger_keeps_are_read_however_long_their_names(form: int) -> None:
    """Issue 4: one limit for what is kept, told and imported."""
    files = {f"files/{number:05d}{'x' * 245}": b"" for number in range(MAX_FILES)}
    assert read(archive(("document.toml", b""), ("meta.json", b""), *files.items(), form=form)).keys() > files.keys()
