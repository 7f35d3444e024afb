"""`understudy config restore|import`: a whole revision comes into force, as a new one; what was there stays."""

import os
import stat
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import BinaryIO

from agent.cli import exits
from agent.cli.answers import report
from agent.cli.config_socket import ask, open_to_send
from agent.cli.groups import checked
from agent.cli.progress import bar_for
from agent.cli.stop import Stop

_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_PACKED = {b"\x1f\x8b": "gunzip", b"BZ": "bunzip2", b"\xfd7": "unxz", b"PK": "unzip", b"\x28\xb5": "unzstd"}


def restore(options: Namespace) -> int:
    """An old content again, byte for byte (Z-28)."""
    request = {"verb": "restore", "group": checked(options.group), "revision": options.revision}
    with bar_for(options) as on_progress:
        return report(options, ask(options, request, on_progress=on_progress))


def import_(options: Namespace) -> int:
    """TOML, JSON or the archive of `export`: what the file holds decides, not its name."""
    group = checked(options.group)
    with _opened(options.source) as file:
        descriptor = file.fileno()
        name = "standard input" if str(options.source) == "-" else options.source.name
        request = {"verb": "import", "group": group, "kind": kind_of(descriptor, name), "note": options.note, "name": name}
        request["part"] = options.part
        with bar_for(options) as on_progress:
            return report(options, ask(options, request, [descriptor], on_progress))


def _opened(source: Path) -> BinaryIO:
    if str(source) != "-":
        return os.fdopen(open_to_send(source), "rb")
    if stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    return _spooled()


def _spooled() -> BinaryIO:
    """A pipe cannot be read twice, so it becomes a file."""
    import shutil

    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked for it closes it)
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    file.seek(0)
    return file


def kind_of(descriptor: int, name: str) -> str:
    """`archive` or `document`. Stop for what is packed, and for nothing."""
    start = os.pread(descriptor, 512, 0)
    for mark, program in _PACKED.items():
        if start.startswith(mark):
            raise Stop(exits.REFUSED, f"{name} is packed. Unpack it first ({program}). Nothing was changed.")
    if not start.strip():
        raise Stop(exits.REFUSED, f"{name} is empty. Nothing was changed.")
    return "archive" if start[_TAR_MARK_AT:].startswith(_TAR_MARK) else "document"
