"""The ledger as a device reads it: the head of a group, joined with the unit's own part, within the device's capacity.

It reads and never writes; the handover process is the one that writes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.devices.source import ConfigurationError, Effective, Head
from agent.documents.canonical import canonical
from agent.documents.classes import join
from agent.documents.overlay import overlaid
from agent.documents.receiver import RECEIVER
from agent.documents.services import within
from agent.ledger.errors import LedgerError
from agent.ledger.reader import HeadContent, LedgerReader


class LedgerStore:
    """`directory`: DATA_DIR/ledger. `home`: the own group of an N:M backup's device."""

    def __init__(self, directory: Path, allowed: Callable[[], int], home: int | None = None) -> None:
        self._reader, self._allowed, self._home = LedgerReader(directory), allowed, home

    def capacity(self) -> int:
        """Services that the device may carry (C-15); 0: not stated."""
        return self._allowed()

    def head(self, group: int) -> Head | None:
        """None: the ledger does not exist, or has no head for that group. ConfigurationError."""
        try:
            return _with_home(self._reader.head_content(group, self._home))
        except LedgerError as error:
            raise ConfigurationError(f"{error}.") from None
        except OSError as error:
            what = f"the ledger cannot be read: {error.filename}: {error.strerror or error}"
            raise ConfigurationError(f"{what}. Mend the permissions of the data directory.") from None

    def effective(self, head: Head, is_acting: bool, capacity: int) -> Effective:
        """The document as this unit carries it out. What is this unit's own it has from its own part alone (C-19)."""
        document = join(RECEIVER, _table(head.shared), _table(head.own or b"{}"), is_acting).document
        kept, lost = within(document, capacity)
        return Effective(kept, tuple({"rank": service.rank, "name": service.name} for service in lost))


def _with_home(head: HeadContent | None) -> HeadContent | None:
    """What a pool's unit says once for all groups is its own value in this one too, unless it says another here."""
    if head is None or head.home_own is None:
        return head
    return head._replace(own=canonical(overlaid(RECEIVER, _table(head.home_own), _table(head.own or b"{}"))))


def _table(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ConfigurationError(
            "the ledger holds something that is no document. Restore an earlier revision (understudy config)."
        )
    return content
