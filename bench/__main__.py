"""`python -m bench [--list] [--quick] [--markdown] [--side ours|theirs] [NAME ...]`."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence

from bench import (
    changeover,
    faces,
    fleet,
    flood,
    freezes,
    intervals,
    ledger,
    metrics,
    modbus,
    pool,
    recorder,
    snmp,
    takeover,
    tracking,
    transfer,
    weight,
)
from bench.figure import Figure, Options, Row

FIGURES: tuple[Figure, ...] = (
    takeover.FIGURE,
    changeover.FIGURE,
    freezes.FIGURE,
    flood.FIGURE,
    intervals.FIGURE,
    weight.MANY,
    weight.IDLE,
    ledger.FIGURE,
    pool.FIGURE,
    tracking.FIGURE,
    fleet.FIGURE,
    transfer.FIGURE,
    snmp.FIGURE,
    modbus.FIGURE,
    faces.FIGURE,
    metrics.FIGURE,
    recorder.FIGURE,
)
HEADINGS = ("figure", "Understudy", "goal", "beside it", "met")


def arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="The figures of the README, with keepalived or other peers beside them."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="figures to measure; all when none is named")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--quick", action="store_true", help="fewer runs: to see that it works, not to quote")
    parser.add_argument("--markdown", action="store_true", help="the table as Markdown")
    parser.add_argument("--side", choices=("ours", "theirs", "both"), default="both", help="whom to measure")
    chosen = parser.parse_args(words)
    known = {figure.name for figure in FIGURES}
    for name in chosen.names:
        if name not in known:
            parser.error(f'no figure is called "{name}"; there are {", ".join(sorted(known))}')
    return chosen


def sides(wanted: str) -> tuple[str, ...]:
    if wanted == "ours":
        return ("ours",)
    if not shutil.which("keepalived"):
        print("bench: keepalived is not installed (Debian: apt-get install keepalived); its column stays empty", file=sys.stderr)
        return () if wanted == "theirs" else ("ours",)
    return ("theirs",) if wanted == "theirs" else ("ours", "theirs")


def table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    met = {True: "yes", False: "NO", None: "-"}
    return [HEADINGS, *((row.name, row.ours, row.goal, row.theirs, met[row.is_met]) for row in rows)]


def as_text(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def as_markdown(lines: Sequence[tuple[str, ...]]) -> str:
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(HEADINGS), *rows[1:]])


def main() -> int:
    chosen = arguments(sys.argv[1:])
    if chosen.list:
        print("\n".join(f"{figure.name:12} {figure.about}" for figure in FIGURES))
        return 0
    if os.geteuid() != 0 or not shutil.which("ip"):
        print("bench: needs root and iproute2, to make network namespaces", file=sys.stderr)
        return 2
    options = Options(chosen.quick, sides(chosen.side))
    wanted = [figure for figure in FIGURES if not chosen.names or figure.name in chosen.names]
    rows = [row for figure in wanted for row in figure.run(options)]
    print((as_markdown if chosen.markdown else as_text)(table(rows)))
    for failure in options.failures:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if options.failures or any(row.is_met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
