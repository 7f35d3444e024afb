"""The ledger as a device reads it: the head of a group, joined with the unit's own part, within the device's capacity.

It reads and never writes; the handover process is the one that writes.
"""

import json
from pathlib import Path
from typing import Any

from agent.devices.source import ConfigurationError, Effective, Head
from agent.documents.classes import join
from agent.documents.receiver import RECEIVER
from agent.documents.services import within
from agent.ledger.errors import LedgerError
from agent.ledger.reader import LedgerReader


class LedgerStore:
    """`directory`: DATA_DIR/ledger. `capacity`: services (C-15), 0: not stated."""

    def __init__(self, directory: Path, capacity: int) -> None:
        self._reader, self._capacity = LedgerReader(directory), capacity

    def head(self, group: int) -> Head | None:
        """None: the ledger does not exist, or has no head for that group. ConfigurationError."""
        try:
            return self._reader.head_content(group)
        except LedgerError as error:
            raise ConfigurationError(f"{error}.") from None
        except OSError as error:
            what = f"the ledger cannot be read: {error.filename}: {error.strerror or error}"
            raise ConfigurationError(f"{what}. Mend the permissions of the data directory.") from None

    def effective(self, head: Head, is_acting: bool) -> Effective:
        """The document as this unit carries it out. What is this unit's own it has from its own part alone (C-19)."""
        document = join(RECEIVER, _table(head.shared), _table(head.own or b"{}"), is_acting).document
        kept, lost = within(document, self._capacity)
        return Effective(kept, tuple({"rank": service.rank, "name": service.name} for service in lost))


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
