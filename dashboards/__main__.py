"""`./dev dashboards`: writes dashboards/json and the rules of the mixin.

`--check` writes nothing and fails when a committed file differs.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboards.pages import HERE, pages
from dashboards.render.order import add_words, render


def differing(folder: Path) -> list[str]:
    """Files that are not what this code says."""
    return [name for name, text in pages().items() if not _is(folder / name, text)]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1: a file differs (`--check`)."""
    options = _parse(arguments)
    if options.render:
        return render(options)
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


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev dashboards", description="The Grafana dashboards, from dashboards/*.py.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a committed file differs")
    parser.add_argument("--folder", type=Path, default=HERE, metavar="PATH", help="where to write (default: dashboards/)")
    add_words(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
