"""`./dev dashboards`: writes dashboards/json and the rules of the mixin.

`--check` writes nothing and fails when a committed file differs.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dashboards.pages import HERE, pages


def differing(folder: Path) -> list[str]:
    """Files that are not what this code says."""
    return [name for name, text in pages().items() if not _is(folder / name, text)]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1: a file differs (`--check`)."""
    options = _parse(arguments)
    if options.render:
        return _render(options)
    if options.check:
        wrong = differing(options.folder)
        print("".join(f"dashboards: {name} is not what the code says; run: ./dev dashboards\n" for name in wrong), end="")
        return 1 if wrong else 0
    _write(options.folder)
    return 0


def _write(folder: Path) -> None:
    for name, text in pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        print(f"dashboards: {folder / name}")


def _render(options: argparse.Namespace) -> int:
    """0; 1: with a sentence."""
    from dashboards.render.ask import Source, ask_everything
    from dashboards.render.draw import draw
    from dashboards.render.recording import FAILOVER, RenderError, load, save

    end = options.end or time.time()
    start = end - 60 * options.minutes
    try:
        if options.prometheus:
            source = Source(options.prometheus, start, end, options.scrape, options.group, options.instance)
            recording = ask_everything(source)
        else:
            recording = load(options.recorded or FAILOVER)
        if options.record:
            save(recording, options.record)
        for picture in draw(recording, options.render):
            print(f"dashboards: {picture}")
    except RenderError as error:
        print(f"dashboards: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev dashboards", description="The Grafana dashboards, from dashboards/*.py.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a committed file differs")
    parser.add_argument("--folder", type=Path, default=HERE, metavar="PATH", help="where to write (default: dashboards/)")
    drawn = parser.add_argument_group("pictures, in headless Chromium with Grafana's own components (from npm: 486 MB, once)")
    drawn.add_argument("--render", type=Path, metavar="DIR", help="draw each dashboard into DIR")
    drawn.add_argument("--recorded", type=Path, metavar="FILE", help="from these answers (default: a real failover)")
    drawn.add_argument("--prometheus", metavar="URL", help="from a live Prometheus instead")
    drawn.add_argument("--record", type=Path, metavar="FILE", help="keep its answers")
    drawn.add_argument("--minutes", type=float, default=30, metavar="N", help="so long (default: 30)")
    drawn.add_argument("--end", type=float, metavar="SECONDS", help="until then, since 1970 (default: now)")
    drawn.add_argument("--scrape", type=float, default=15, metavar="SECONDS", help="Prometheus scrapes so often (default: 15)")
    drawn.add_argument("--group", default=".+", help="which the group's dashboard shows (default: all)")
    drawn.add_argument("--instance", default=".+", help="which the unit's dashboard shows (default: all)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
