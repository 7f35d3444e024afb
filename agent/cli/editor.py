"""A text in a person's editor: in a private file, which stays when anything goes wrong, so that nothing is lost."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from agent.cli import exits
from agent.cli.stop import Stop
from agent.cli.terminal import is_person_there

_USUAL = ("editor", "sensible-editor", "nano", "vi")


class Draft:
    """A file of mode 0600 in a directory of mode 0700."""

    def __init__(self, name: str, text: str) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="understudy-"))
        self.path = self._directory / name
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self._first = text.encode()

    def edit(self) -> None:
        """Until the editor ends. Stop when there is none, or it fails."""
        command = [*_editor(), str(self.path)]
        before = signal.signal(signal.SIGINT, _left_to_the_editor)
        try:
            code = subprocess.run(command, check=False).returncode
        except OSError as error:
            raise Stop(exits.FAILED, f"The editor {command[0]} cannot be started: {error.strerror}. {SET_EDITOR}.") from None
        finally:
            signal.signal(signal.SIGINT, before)
        if code:
            raise Stop(exits.FAILED, f"The editor {command[0]} ended with code {code}. Nothing was changed.")

    def read(self) -> bytes:
        """What is saved now; editors may write a new file in place of the old one."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise Stop(exits.FAILED, f"{self.path} cannot be read: {error.strerror}. Nothing was changed.") from None

    def is_changed(self) -> bool:
        """Is there anything in it that would be lost?"""
        return self.path.exists() and self.read() != self._first

    def forget(self) -> None:
        """It has served, backups of the editor too."""
        shutil.rmtree(self._directory, ignore_errors=True)


def _left_to_the_editor(_number: int, _frame: object) -> None:
    """Ctrl-C means something in most editors; ending them would lose the text. A handler, unlike SIG_IGN, is not inherited."""


SET_EDITOR = "Set EDITOR to one that is installed (EDITOR=nano), or give the document with --from FILE"


def _editor() -> list[str]:
    """$VISUAL, else $EDITOR, else the usual ones."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    try:
        words = shlex.split(named) if named else []
    except ValueError:
        raise Stop(exits.BAD_SETTINGS, f"The editor {named!r} cannot be understood. {SET_EDITOR}.") from None
    if words:
        return words
    found = next((name for name in _USUAL if shutil.which(name)), None) if is_person_there() else None
    if found is None:
        raise Stop(exits.FAILED, f"There is no editor, or no terminal for it. {SET_EDITOR}.")
    return [found]
