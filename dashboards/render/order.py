"""The words of `./dev dashboards --render`, and what they lead to."""

import argparse
import sys
import time
from pathlib import Path

from dashboards.render.ask import Source, ask_everything
from dashboards.render.draw import draw
from dashboards.render.drawn import note
from dashboards.render.recording import FAILOVER, Recording, RenderError, load, save


def add_words(parser: argparse.ArgumentParser) -> None:
    """Options for pictures."""
    drawn = parser.add_argument_group("pictures, in headless Chromium with Grafana's own components (from npm: 486 MB, once)")
    drawn.add_argument("--render", type=Path, metavar="DIR", help="draw each dashboard into DIR")
    drawn.add_argument(
        "--recorded", type=Path, default=FAILOVER, metavar="FILE", help="from these answers (default: a real failover)"
    )
    drawn.add_argument("--prometheus", metavar="URL", help="from a live Prometheus instead")
    drawn.add_argument("--record", type=Path, metavar="FILE", help="keep its answers")
    drawn.add_argument("--minutes", type=float, default=30, metavar="N", help="so long (default: 30)")
    drawn.add_argument("--end", type=float, metavar="SECONDS", help="until then, since 1970 (default: now)")
    drawn.add_argument("--scrape", type=float, default=15, metavar="SECONDS", help="Prometheus scrapes so often (default: 15)")
    drawn.add_argument("--group", default=".+", help="which the group's dashboard shows (default: all)")
    drawn.add_argument("--instance", default=".+", help="which the unit's dashboard shows (default: all)")


def render(options: argparse.Namespace) -> int:
    """0; 1: with a sentence on stderr."""
    try:
        recording = _asked(options) if options.prometheus else load(options.recorded)
        if options.record:
            save(recording, options.record)
        pictures = draw(recording, options.render)
        for file in [*pictures, note(recording, pictures, options.render)]:
            print(f"dashboards: {file}")
    except RenderError as error:
        print(f"dashboards: {error}", file=sys.stderr)
        return 1
    return 0


def _asked(options: argparse.Namespace) -> Recording:
    end = options.end or time.time()
    start = end - 60 * options.minutes
    return ask_everything(Source(options.prometheus, start, end, options.scrape, options.group, options.instance))
