"""`understudy config edit`: a document in an editor or from a file; what is refused is shown whole, and never lost."""

import os
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from agent.cli import exits
from agent.cli.answers import code_of, report
from agent.cli.config_socket import JsonObject, ask, open_to_send
from agent.cli.document_text import Document, Wrong, as_toml, comment, parsed
from agent.cli.editor import Draft
from agent.cli.groups import checked, done, entry_of, head_id
from agent.cli.plain import table_in
from agent.cli.progress import bar_for
from agent.cli.revisions import described
from agent.cli.stop import Stop
from agent.cli.terminal import is_agreed, is_person_there
from agent.handover.limits import MAX_DOCUMENT_LINE_BYTES, MAX_FILES_A_REQUEST

NO_BASE = "none"


@dataclass(frozen=True)
class Edit:
    """What goes with every attempt. `expect`: the head that the text was made from; who was quicker is not overwritten."""

    group: int
    expect: str | None
    files: dict[str, int]

    def send(self, options: Namespace, document: Document) -> JsonObject:
        """One attempt."""
        request = {"verb": "edit", "group": self.group, "document": document, "expect": self.expect, "note": options.note}
        request["part"] = options.part
        if self.files:
            request["files"] = {name: index for index, name in enumerate(self.files)}
        if options.remove_file:
            request["remove_files"] = options.remove_file
        with bar_for(options) as on_progress:
            return ask(options, request, list(self.files.values()), on_progress)


def edit(options: Namespace) -> int:
    """With an editor, unless --from gives the document or only files are exchanged."""
    group = checked(options.group)
    files = {name: open_to_send(path) for name, path in _named_files(options.file_pairs).items()}
    source = options.source if options.source is None or str(options.source) == "-" else options.source.absolute()
    given = None if source is None else _read(source)  # before anything is asked: a pipe may take its time
    shown = _in_force(options, group)
    attempt = Edit(group, _base(options.base, head_id(shown.get("revision"))), files)
    if given is not None:
        return _apply(options, attempt, given, str(source))
    if files or options.remove_file:
        return report(options, attempt.send(options, dict(table_in(shown.get("document")))))
    return _in_editor(options, attempt, shown)


def _in_force(options: Namespace, group: int) -> JsonObject:
    """What `show` says, and the schema's name; an empty document before the first revision."""
    entry = entry_of(options, group)
    answer = ask(options, {"verb": "show", "group": group, "revision": None, "part": options.part})
    if code_of(answer) and entry and head_id(entry.get("head")) is None:
        answer = {"outcome": "done", "revision": None, "document": {}}
    return {"schema": entry.get("schema"), **done(answer)}


def _base(named: str | None, head: str | None) -> str | None:
    """What the text was made from, in full: the head, unless --base says another, which will be refused."""
    if named is None or (head or NO_BASE).startswith(named):
        return head
    return None if named == NO_BASE else named


def _named_files(pairs: list[str]) -> dict[str, Path]:
    """NAME=PATH. Stop for anything else."""
    named = {}
    for pair in pairs:
        name, sign, path = pair.partition("=")
        if not sign or not name or not path or name in named:
            raise Stop(exits.BAD_SETTINGS, f"--file {pair}: write NAME=PATH, each NAME once, as in --file show.bin=./show.bin.")
        named[name] = Path(path)
    if len(named) > MAX_FILES_A_REQUEST:
        raise Stop(exits.BAD_SETTINGS, f"More than {MAX_FILES_A_REQUEST} files at once. Give them in several commands.")
    return named


def _read(source: Path) -> bytes:
    if str(source) == "-":
        return _bounded(sys.stdin.buffer.read(MAX_DOCUMENT_LINE_BYTES + 1), "standard input")
    with os.fdopen(open_to_send(source), "rb") as file:
        return _bounded(file.read(MAX_DOCUMENT_LINE_BYTES + 1), str(source))


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MAX_DOCUMENT_LINE_BYTES:
        raise Stop(
            exits.REFUSED, f"{name} is longer than {MAX_DOCUMENT_LINE_BYTES >> 20} MiB. Is it a document? Files go with --file."
        )
    return data


def _apply(options: Namespace, attempt: Edit, data: bytes, name: str) -> int:
    """One attempt and its answer, said."""
    return report(options, _attempt(options, attempt, data, name))


def _attempt(options: Namespace, attempt: Edit, data: bytes, name: str) -> JsonObject:
    found = parsed(data, name)
    if not isinstance(found, Wrong):
        return attempt.send(options, found)
    text = f"{name} is no document. Nothing was changed"
    return {"outcome": "refused", "text": text, "findings": [found._asdict()]}


def _in_editor(options: Namespace, attempt: Edit, shown: JsonObject) -> int:
    text = _head_lines(attempt.group, shown) + as_toml(table_in(shown.get("document")), shown.get("schema"))
    draft = Draft(f"group-{attempt.group}.toml", text)
    is_kept = True
    try:
        code = _rounds(options, attempt, draft)
        is_kept = code != exits.DONE
        return code
    finally:  # also after Ctrl-C and when the connection breaks
        _part_with(draft, attempt, is_kept)


def _part_with(draft: Draft, attempt: Edit, is_kept: bool) -> None:
    """The command that goes on with the text takes nothing back that others have changed meanwhile."""
    if not (is_kept and draft.is_changed()):
        draft.forget()
        return
    print(f"Your text is kept: {draft.path}", file=sys.stderr)
    command = f"understudy config edit {attempt.group} --from {draft.path} --base {(attempt.expect or NO_BASE)[:12]}"
    print(f"To go on with it: {command}", file=sys.stderr)


def _rounds(options: Namespace, attempt: Edit, draft: Draft) -> int:
    """Until it is accepted, or nobody wants to edit again."""
    while True:
        draft.edit()
        data = draft.read()
        if not draft.is_changed():
            return report(options, {"outcome": "done", "text": "The text was not changed, so nothing was done"})
        answer = _attempt(options, attempt, data, draft.path.name)
        code = report(options, answer)
        is_mendable = bool(answer.get("findings")) and code != exits.DONE
        if not is_mendable or options.json or not is_person_there() or not is_agreed("Edit it again?"):
            return code


def _head_lines(group: int, shown: JsonObject) -> str:
    return comment(
        f"Group {group}, {described(table_in(shown.get('revision')))}.",
        "Save and leave the editor to put it in force; leave it unchanged to do nothing. It is checked first.",
        "Comments are not kept; say why with --note.",
        "",
    )
