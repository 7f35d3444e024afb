"""The ledger as a device reads it: the head of a group, joined with the unit's own part, within the device's capacity."""

from pathlib import Path

from agent.devices.source import Effective, Head


class LedgerStore:
    """`directory`: DATA_DIR/ledger. `capacity`: services (C-15), 0: not stated."""

    def __init__(self, directory: Path, capacity: int) -> None:
        self._directory, self._capacity = directory, capacity

    def head(self, group: int) -> Head | None:
        """None: the ledger does not exist, or has no head for that group. ConfigurationError."""
        _ = group
        return None

    def effective(self, head: Head, is_acting: bool) -> Effective:
        """The document as this unit carries it out. ConfigurationError."""
        raise NotImplementedError
