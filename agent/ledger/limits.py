"""Named limits of a ledger, and the checks of texts and names."""

import unicodedata
from typing import Final

MAX_GROUP: Final = 255
MAX_FILES_BYTES: Final = 1 << 30  # all files of one group together
MAX_FILES: Final = 4096
MAX_DOCUMENT_BYTES: Final = 16 << 20
MAX_NAME_BYTES: Final = 255
MAX_TEXT: Final = 255  # characters of author, face and unit
MAX_NOTE: Final = 4096
MAX_NUMBER: Final = (1 << 31) - 1
MAX_TIME_NS: Final = (1 << 63) - 1
DIGEST_BYTES: Final = 32
_BREAKS: Final = ("Zl", "Zp")


def is_plain(text: str) -> bool:
    """No control characters, line breaks, or halves of characters: it can be shown, logged, and stored as UTF-8."""
    return not any(unicodedata.category(letter).startswith("C") or unicodedata.category(letter) in _BREAKS for letter in text)


def bad_name(name: object) -> str:
    """Why this cannot be the name of a file; empty when it can: 1..255 bytes, no slash, plain, neither "." nor ".."."""
    if not isinstance(name, str) or not name or name in (".", ".."):
        return "is not a file name"
    if "/" in name:
        return "has a slash in it"
    if not is_plain(name):
        return "has control characters in it"
    return f"is longer than {MAX_NAME_BYTES} bytes" if len(name.encode()) > MAX_NAME_BYTES else ""
