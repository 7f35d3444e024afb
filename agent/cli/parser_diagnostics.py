"""The grammar of what looks back: `replay`, `explain` and `advise`."""

from pathlib import Path
from typing import Any

from agent.cli.parser import add, add_file

_EXPLAIN = "Say in one sentence why a role changed, and show the packets around it. Without FILE: the records of this unit."
_ADVISE = (
    "Say how likely a takeover from a living master is with the present interval and priority, by the loss and lateness "
    "that this backup has measured, and which settings would be better."
)
_REPLAY = "Run recorded inputs through the engine again: the same transitions at the same times, or where they first differ."


def add_diagnostics_commands(added: Any) -> None:
    """`advise` asks the running agent; the others read what its recorder has written."""
    advise = add(added, "advise", _ADVISE, "advise.advise")
    advise.add_argument("group", metavar="GROUP", type=int, nargs="?", help="0..255; without it: all groups of this unit")
    add_file(advise)
    explain = add(added, "explain", _EXPLAIN, "diagnostics.explain")
    help_ = "a record (*.pcapng.gz), a folder of them, or a capture of tcpdump; two: two units' records of the same time"
    explain.add_argument("files", metavar="FILE", type=Path, nargs="*", help=help_)
    when = explain.add_mutually_exclusive_group()
    when.add_argument("--last", action="store_true", help="the last change of role (as without it)")
    when.add_argument("--at", metavar="TIME", help="the change nearest to it: 2026-11-20T03:04:05Z, 03:04:05 (UTC), 5m (ago)")
    explain.add_argument("--group", "-g", type=int, metavar="GROUP", help="of this group alone, 0..255")
    explain.add_argument("--svg", metavar="OUT", type=Path, help="draw it into this file as well")
    add_file(explain)
    replay = add(added, "replay", _REPLAY, "diagnostics.replay")
    replay.add_argument("files", metavar="FILE", type=Path, nargs="*", help="records, or folders of them")
    add_file(replay)
