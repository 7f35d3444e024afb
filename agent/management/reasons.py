"""Why the next command is given, left beforehand by faces that have no room for words in a command (SNMP, Modbus)."""

import time
from dataclasses import replace

from agent.model.answers import Principal

REASON_LIFE_S = 300.0
"""What nobody used by then was for something else."""


class Reasons:
    """One a group, of whoever left it last."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[str, str, float]] = {}

    def leave(self, group: int, text: str, principal: Principal) -> None:
        """For this very principal's next command."""
        self._left[group] = (text, _key(principal), time.monotonic())

    def take(self, group: int, principal: Principal) -> str:
        """Used once; empty: there is none of his."""
        _, key, _ = self._left.get(group, ("", "", 0.0))
        text = self.shown(group) if key == _key(principal) else ""
        if text:
            del self._left[group]
        return text

    def shown(self, group: int) -> str:
        """What command_reason reads as: nothing once it is too old to be used."""
        text, _, at_s = self._left.get(group, ("", "", 0.0))
        return text if time.monotonic() - at_s < REASON_LIFE_S else ""


def _key(principal: Principal) -> str:
    return str(replace(principal, address=""))
