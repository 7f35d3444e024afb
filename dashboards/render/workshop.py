"""Grafana's components from npm (486 MB, once, in the user's cache) and our page, bundled into one script."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from dashboards.render.recording import RenderError

HERE: Final = Path(__file__).parent
INSTALL_LIMIT_S: Final = 900
BUNDLE: Final = (
    *("--bundle", "--jsx=automatic", "--minify", "--log-level=error", "--loader:.svg=dataurl", "--loader:.woff2=dataurl"),
    *("--loader:.ttf=empty", '--define:process.env.NODE_ENV="production"'),
)


def folder() -> Path:
    """Where packages are kept: outside the repository."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "understudy-render"


def bundle() -> Path:
    """The folder with page.js and page.css. RenderError when something is missing that it needs."""
    place = folder()
    _install(place)
    entry, tool = HERE / "page" / "main.jsx", place / "node_modules" / ".bin" / "esbuild"
    surroundings = {**os.environ, "NODE_PATH": str(place / "node_modules")}
    _run([str(tool), str(entry), f"--outfile={place / 'page.js'}", *BUNDLE], place, surroundings)
    return place


def _install(place: Path) -> None:
    """Exactly what package-lock.json names; again only when that changed."""
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    stamp = place / "installed-lock.json"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == lock:
        return
    if shutil.which("npm") is None:
        raise RenderError("npm is missing, and Grafana's components come from it. Debian: apt-get install nodejs npm")
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, place / name)
    print(f"dashboards: installing Grafana's components into {place} (486 MB, once) ...")
    _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], place, dict(os.environ))
    stamp.write_text(lock, encoding="utf-8")


def _run(command: list[str], place: Path, surroundings: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, cwd=place, env=surroundings, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"{command[0]} could not be run: {error}") from error
    if done.returncode != 0:
        raise RenderError(f"{command[0]} failed: {done.stderr.strip()[-1500:]}")
