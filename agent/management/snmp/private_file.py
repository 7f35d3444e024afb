"""Files that hold passphrases and communities: read only when nobody else can read or write them."""

from pathlib import Path
from typing import Final

from agent.management.kept import Failed
from agent.settings.regular import read_regular

MAX_BYTES: Final = 64 * 1024


class SecretsError(Failed):
    """A sentence for a person: which file, what is wrong with it, what to do. Never a part of a secret."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}")


def read_secrets(path: Path) -> str:
    """The text. SecretsError when it is absent, too long, not UTF-8, no regular file, or open to others."""
    try:
        data, mode = read_regular(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise SecretsError(path, f"cannot be read: {getattr(error, 'strerror', None) or 'its name is not a path'}") from None
    if mode & 0o077:
        raise SecretsError(path, f"others than its owner can read or write it. Run: chmod 600 {path}")
    if len(data) > MAX_BYTES:
        raise SecretsError(path, f"is longer than {MAX_BYTES // 1024} KiB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SecretsError(path, "is not UTF-8 text") from None
