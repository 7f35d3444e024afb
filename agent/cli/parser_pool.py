"""The grammar of `understudy coverage`, `pool …` and `pki …`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from agent.cli.parser import add, add_file


def add_pool_commands(added: Any) -> None:
    """Coverage asks the running agent; the others work on files."""
    text = "Show which masters are covered now and by whom, and which failures together the pool survives."
    add_file(add(added, "coverage", text, "coverage.coverage"))
    pool = add(added, "pool", "Enable or disable N:M in the settings file (S-18).", "")
    steps = pool.add_subparsers(metavar="COMMAND", required=True)
    enable = add(steps, "enable", "N:M from the next start on: a backup may protect several masters.", "pool.enable")
    disable = add(steps, "disable", "1:1 from the next start on.", "pool.disable")
    for parser in (enable, disable):
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
        add_file(parser)
    _add_pki(added)


def _add_pki(added: Any) -> None:
    pki = add(added, "pki", "Certificates with which units know one another when they hand configuration over.", "")
    steps = pki.add_subparsers(metavar="COMMAND", required=True)
    _add_init(add(steps, "init", "Make the authority of a site, in a directory that stays off the units.", "pki.init"))
    _add_issue(add(steps, "issue", "Make key and certificate of a unit.", "pki.issue"))
    _add_rotate(add(steps, "rotate", "Renew the certificate of a unit, or the authority itself.", "pki.rotate"))


def _common(parser: ArgumentParser) -> None:
    parser.add_argument("--days", type=int, metavar="N", help="how long it is valid")
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")


def _add_init(parser: ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument("--name", default="site", help="of the site (%(default)s)")
    _common(parser)


def _add_issue(parser: ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument("unit", metavar="UNIT_NAME", help="as name under [unit] says, letter for letter")
    groups = parser.add_mutually_exclusive_group(required=True)
    groups.add_argument(
        "--group", metavar="N", type=int, action="append", help="it may hand over and follow this group; repeatable"
    )
    groups.add_argument("--all-groups", action="store_true", help="every group")
    parser.add_argument("-o", dest="out_dir", metavar="OUT_DIR", type=Path, help="where the files go (DIR/UNIT_NAME)")
    _common(parser)


def _add_rotate(parser: ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument("unit", metavar="UNIT_NAME", nargs="?", help="whose certificate is renewed")
    parser.add_argument("--ca", action="store_true", help="make a new authority; the old one is trusted too until --retire")
    parser.add_argument(
        "--retire", action="store_true", help="trust the newest authority alone: the last step, when all units have new ones"
    )
    parser.add_argument("-o", dest="out_dir", metavar="OUT_DIR", type=Path, help="where the unit's files are (DIR/UNIT_NAME)")
    groups = parser.add_mutually_exclusive_group()
    groups.add_argument(
        "--group", metavar="N", type=int, action="append", help="of a unit: for this group from now on; repeatable (as before)"
    )
    groups.add_argument("--all-groups", action="store_true", help="of a unit: for every group from now on")
    _common(parser)
