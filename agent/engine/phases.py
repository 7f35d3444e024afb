"""How long the phases of a takeover took (F-7): detect, claim, load, open, lock."""

from dataclasses import dataclass


@dataclass(slots=True)
class Phases:
    """Times in ns; None: not over yet."""

    detect_ns: int
    """From the last word of the old master to the decision to claim."""
    decided_at_ns: int
    claim_ns: int | None = None
    """From the decision until the claim had left."""
    load_ns: int | None = None
    """From the decision until the device held the configuration."""
    open_ordered_at_ns: int | None = None
    open_ns: int | None = None
    """From the order to open until the output was open."""
    lock_ns: int | None = None
    """From the decision until all carriers had sync: reported apart, nothing waits for it (S-26)."""
    load_order: int = 0

    @property
    def are_known(self) -> bool:
        """Nothing is missing."""
        return None not in (self.claim_ns, self.load_ns, self.open_ns, self.lock_ns)
