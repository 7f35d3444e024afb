"""`python -m tests.handover.launch ADDRESS[,ADDRESS] [KEY=VALUE ...] --settings-path PATH`: the process, on loopback addresses.

KEY=VALUE: what is different in this one's software: `software=0.9.0`, `major=2`, `die_after=BYTES` (killed in a pull),
`ask_every=SECONDS` (masters that are not heard).
"""

import dataclasses
import os
import signal
import sys
from collections.abc import Mapping
from types import MappingProxyType

from agent.documents import registry
from agent.handover import __main__ as handover
from agent.handover import own_address, tracker
from agent.ledger.writer import ChunkWriter


def main(argv: list[str]) -> int:
    """As `python -m agent.handover`."""
    address, *rest = argv
    begin = rest.index("--settings-path")
    _change(dict(word.split("=", 1) for word in rest[:begin]))
    own_address.__dict__["addresses_of"] = lambda _interface: tuple(address.split(","))
    return handover.main(rest[begin:])


def _change(changes: Mapping[str, str]) -> None:
    if "software" in changes:
        from agent.handover import follower, wire_side

        follower.__dict__["__version__"] = wire_side.__dict__["__version__"] = changes["software"]
    if "major" in changes:
        schemas = {name: dataclasses.replace(of, major=int(changes["major"])) for name, of in registry.SCHEMAS.items()}
        from agent.handover import desk

        desk.__dict__["SCHEMAS"] = MappingProxyType(schemas)
    if "ask_every" in changes:
        tracker.__dict__["ASK_EVERY_S"] = float(changes["ask_every"])
    if "die_after" in changes:
        _die_after(int(changes["die_after"]))


def _die_after(limit_bytes: int) -> None:
    """kill -9 itself when so many bytes of chunks have come."""
    verify, left = ChunkWriter.add, [limit_bytes]

    def add(self: ChunkWriter, data: bytes) -> bytes:
        left[0] -= len(data)
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return verify(self, data)

    ChunkWriter.add = add  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
