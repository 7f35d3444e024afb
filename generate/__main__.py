"""`./dev generate`: writes every page; `--check` writes nothing and fails when a committed page differs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.model.smi import DEFAULT_ROOT
from generate.exporter import exporter_page, old_exporter_page
from generate.exporter_generator import generator_page
from generate.http_schema import http_schema
from generate.librenms import detection_page, discovery_page
from generate.mib import mib_page
from generate.oids import Root, RootError, root_in
from generate.reference import reference_page
from generate.registers_page import registers_page
from generate.zabbix import zabbix_page

ROOT = Path(__file__).parents[1]
MIB = "mibs/UNDERSTUDY-MIB.txt"
Pages = dict[str, str]


def pages(root: Root = DEFAULT_ROOT) -> Pages:
    """Path below the repository → text. Those with OIDs in them follow the root."""
    return {
        MIB: mib_page(root),
        "mibs/snmp.yml": exporter_page(root),
        "mibs/snmp-0.22.yml": old_exporter_page(root),
        "mibs/generator.yml": generator_page(),
        "mibs/zabbix/understudy.yaml": zabbix_page(root),
        "mibs/librenms/os_detection/understudy.yaml": detection_page(root),
        "mibs/librenms/os_discovery/understudy.yaml": discovery_page(root),
        "mibs/UNDERSTUDY-REGISTERS.md": registers_page(),
        "mibs/understudy-api.json": http_schema(),
        "docs/reference.md": reference_page(root),
    }


def differing(found: Pages, folder: Path) -> list[str]:
    """Paths of those that are not as they should be."""
    return [path for path, text in found.items() if _read(folder / path) != text]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1: a page differs (`--check`); 2: asked wrongly."""
    options = _parse(arguments)
    try:
        found = pages(root_in(options.root) if options.root else DEFAULT_ROOT)
    except RootError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 2
    if options.check:
        wrong = differing(found, options.folder)
        print("".join(f"generate: {path} is not what the model declares; run: ./dev generate\n" for path in wrong), end="")
        return 1 if wrong else 0
    _write(found, options.folder)
    return 0


def _write(found: Pages, folder: Path) -> None:
    for path, text in found.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        print(f"generate: {folder / path}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev generate", description="Every page that follows from agent/model.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a committed page differs")
    parser.add_argument("--root", metavar="OID", help="an OID of your own, as in [snmp] root; use it with --folder")
    parser.add_argument("--folder", type=Path, default=ROOT, metavar="PATH", help="where to write (default: this repository)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
