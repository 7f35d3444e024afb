"""How much a second."""

from dataclasses import dataclass


@dataclass(slots=True)
class BitRate:
    """Bits of UDP payload a second, between two questions."""

    last_bytes: int = 0
    last_ns: int = 0
    bps: int = 0

    def update(self, total_bytes: int, now_ns: int) -> int:
        """`total_bytes` since the start. The first answer is 0."""
        elapsed_ns = now_ns - self.last_ns
        if self.last_ns and elapsed_ns > 0:
            self.bps = (total_bytes - self.last_bytes) * 8 * 1_000_000_000 // elapsed_ns
        self.last_bytes, self.last_ns = total_bytes, now_ns
        return self.bps
