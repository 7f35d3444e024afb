"""`understudy config export`, and the copy that is saved before a choice (Z-28): whole or not at all, over nothing."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.cli import exits
from agent.cli.answers import code_of, report
from agent.cli.config_socket import JsonObject, ask
from agent.cli.groups import checked
from agent.cli.progress import bar_for
from agent.cli.stop import Stop


def export(options: Namespace) -> int:
    """A tar with document.toml, meta.json and files/; `-`: to standard output."""
    group = checked(options.group)
    if str(options.target) != "-":
        return report(options, save(options, group, options.target, options.revision, options.part))
    if sys.stdout.isatty() or options.json:
        raise Stop(exits.BAD_SETTINGS, "An archive is not for a terminal, nor beside --json. Name a FILE.")
    answer = _export(options, group, options.revision, options.part, sys.stdout.fileno())
    return exits.DONE if not code_of(answer) else report(options, answer)


def save(options: Namespace, group: int, target: Path, revision: str | None, part: str) -> JsonObject:
    """Into `target`, which comes to be when it is complete and on the disk. Stop: it could not be written, or exists already."""
    partial = target.with_name(f"{target.name}.part")
    with _failing_with(target):
        if target.exists() or target.is_symlink():
            raise Stop(exits.REFUSED, f"{target} exists already, and nothing is overwritten. Name another file.")
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            return _write(options, (group, revision, part), descriptor, partial, target)
        finally:
            os.close(descriptor)
            partial.unlink(missing_ok=True)


def _write(options: Namespace, what: tuple[int, str | None, str], descriptor: int, partial: Path, target: Path) -> JsonObject:
    answer = _export(options, *what, descriptor)
    if not code_of(answer):
        if not is_archive(descriptor):
            raise Stop(exits.FAILED, f"What was to be saved as {target} is not complete, and was removed. Try again.")
        os.fsync(descriptor)
        _put_in_place(partial, target)
        answer = {**answer, "text": f"{answer.get('bytes', 'all')} bytes in {target}"}
    return {**answer, "file": str(target)}


def _export(options: Namespace, group: int, revision: str | None, part: str, descriptor: int) -> JsonObject:
    request = {"verb": "export", "group": group, "revision": revision, "part": part}
    with bar_for(options) as on_progress:
        return ask(options, request, [descriptor], on_progress)


def is_archive(descriptor: int) -> bool:
    """Can it be read to its end, and does it hold a document?"""
    import tarfile

    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        with os.fdopen(os.dup(descriptor), "rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
            return "document.toml" in archive.getnames()
    except (tarfile.TarError, OSError, ValueError, EOFError):
        return False


def _put_in_place(partial: Path, target: Path) -> None:
    """Never over a file that came meanwhile: the name is taken first. File systems without links (a stick) do this too."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    partial.replace(target)
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with suppress(OSError):  # some file systems cannot sync a directory
        os.fsync(directory)
    os.close(directory)


@contextmanager
def _failing_with(target: Path) -> Iterator[None]:
    """An OSError inside becomes Stop, and names the file."""
    try:
        yield
    except FileExistsError as error:
        text = f"{error.filename} exists already: another export runs, or one was cut off. Remove it, or name another file"
        raise Stop(exits.REFUSED, f"{text}. Nothing was changed.") from None
    except OSError as error:
        text = f"{target} cannot be written: {error.strerror or error}. Nothing was changed. Name another file."
        raise Stop(exits.FAILED, text) from None
