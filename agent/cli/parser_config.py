"""The grammar of `understudy config …`, `choose`, `discover`, `pair` and `unpair`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from agent.cli.parser import add, add_file

PARTS = ("effective", "shared", "own")
_PART = "effective: what this unit works with; shared: what goes over to backups; own: what never leaves this unit (%(default)s)"
_GIVEN = "effective: this unit's own values too are as the document says; shared: they stay as they are (%(default)s)"
_REVISION = "its number, or the start of its id, as `config history` shows them"


def add_config_commands(added: Any) -> None:
    """All of them talk to the handover process of the running agent."""
    config = add(added, "config", "The configuration of a group: show, edit, compare, bring back, save, load.", "")
    steps = config.add_subparsers(metavar="COMMAND", required=True)
    _add_reading(steps)
    _add_edit(steps)
    _add_whole(steps)
    pending = add(steps, "pending", "Show what waits for a decision: both sides, and every item that differs.", "choose.pending")
    add_file(pending)
    _add_choose(added)
    _add_pairing(added)


def _group(parser: ArgumentParser, is_optional: bool = False) -> None:
    what = "0..255; may be left out when the unit has one group" if is_optional else "0..255"
    parser.add_argument("group", metavar="GROUP", type=int, nargs="?" if is_optional else None, help=what)


def _add_reading(steps: Any) -> None:
    show = add(steps, "show", "Show the configuration that is in force, or an older one.", "config_read.show")
    _group(show, is_optional=True)
    show.add_argument("--revision", metavar="R", help=_REVISION)
    show.add_argument("--part", choices=PARTS, default="effective", help=_PART)
    origin = "instead: the settings of this unit that can change at run time, with where each value came from"
    show.add_argument("--origin", action="store_true", help=origin)
    show.add_argument("--toml", action="store_true", help="nothing but the document, for a file")
    history = add(steps, "history", "List the revisions of a group, newest first: when, by whom, why.", "config_read.history")
    _group(history, is_optional=True)
    history.add_argument("--limit", type=int, default=50, metavar="N", help="the last N (%(default)s)")
    diff = add(steps, "diff", "Show what changed from one revision to another, item by item.", "config_read.diff")
    _group(diff)
    diff.add_argument("before", metavar="FROM", nargs="?", help=f"{_REVISION}; without it: the one before")
    diff.add_argument("after", metavar="TO", nargs="?", help="likewise; without it: the one in force")
    for parser in (show, history, diff):
        add_file(parser)


def _add_edit(steps: Any) -> None:
    edit = add(steps, "edit", "Change the configuration of a group in an editor ($VISUAL or $EDITOR).", "config_edit.edit")
    _group(edit)
    edit.add_argument(
        "--from", dest="source", metavar="FILE", type=Path, help="no editor: the whole document, TOML or JSON; - is stdin"
    )
    base = "the id of the revision that FILE was made from, or none: refused if another one is in force by now"
    edit.add_argument("--base", metavar="ID", help=base)
    edit.add_argument("--note", metavar="TEXT", default="", help="why, for the history")
    files = "add or replace a file beside the document; without --from the document stays as it is"
    edit.add_argument("--file", dest="file_pairs", metavar="NAME=PATH", action="append", default=[], help=files)
    edit.add_argument("--part", choices=PARTS[:2], default=PARTS[0], help=_GIVEN)
    edit.add_argument("--remove-file", metavar="NAME", action="append", default=[], help="remove a file")
    add_file(edit)


def _add_whole(steps: Any) -> None:
    restore = add(steps, "restore", "Put an old revision in force again, as a new one; nothing is lost.", "config_write.restore")
    _group(restore)
    restore.add_argument("revision", metavar="REVISION", help=_REVISION)
    export = add(steps, "export", "Save a configuration with its files as a tar archive.", "config_export.export")
    _group(export)
    export.add_argument("target", metavar="FILE", type=Path, help="a new file; - is standard output")
    export.add_argument("--revision", metavar="R", help=_REVISION)
    export.add_argument("--part", choices=PARTS, default="effective", help=_PART)
    import_ = add(steps, "import", "Put a file in force: TOML, JSON, or an archive of `config export`.", "config_write.import_")
    _group(import_)
    import_.add_argument("source", metavar="FILE", type=Path, help="what is in it decides how it is read; - is standard input")
    import_.add_argument("--note", metavar="TEXT", default="", help="why, for the history")
    import_.add_argument("--part", choices=PARTS[:2], default=PARTS[0], help=f"{_GIVEN}; an archive says so itself")
    for parser in (restore, export, import_):
        add_file(parser)


def _add_choose(added: Any) -> None:
    text = "Decide a pending choice between the configurations of master and backup. Shows both first."
    choose = add(added, "choose", text, "choose.choose")
    take = "whose configuration goes on; items: each PATH as said. Usual, and preselected: master"
    choose.add_argument("take", choices=("master", "backup", "items"), nargs="?", help=take)
    choose.add_argument("items", metavar="PATH=master|backup", nargs="*", help="with items: an item, or all below it")
    choose.add_argument("--decision", metavar="ID", help="when several are pending; the start of it is enough")
    saved = "save what is replaced into FILE first, and go no further if that fails (with items: FILE-master and FILE-backup)"
    choose.add_argument("--save-first", metavar="FILE", type=Path, help=saved)
    choose.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    add_file(choose)


def _add_pairing(added: Any) -> None:
    add_file(
        add(added, "discover", "List the masters that are heard, and when there is none, what to check.", "pairing.discover")
    )
    pair = add(added, "pair", "Follow the configuration of this master from now on.", "pairing.pair")
    pair.add_argument("partner", metavar="GROUP|ADDRESS", help="as `discover` lists it, or an address that it cannot hear")
    pair.add_argument("--address", metavar="ADDRESS", help="of the master of GROUP, when it is not heard")
    pair.add_argument("--group", metavar="GROUP", type=int, help="which group of the master at ADDRESS, when there are several")
    add_file(pair)
    unpair = add(added, "unpair", "Follow nobody's configuration in GROUP any more; what is there stays.", "pairing.unpair")
    _group(unpair)
    add_file(unpair)
