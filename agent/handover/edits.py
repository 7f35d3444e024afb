"""Putting a new content in force: checked whole, all problems at once, and nothing changed when it is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.documents.canonical import FileEntry, canonical
from agent.documents.check import check
from agent.documents.classes import split
from agent.documents.differences import items
from agent.documents.errors import Finding
from agent.documents.overlay import beyond
from agent.documents.paths import names_of
from agent.documents.schema import Rows, Schema, Table, node_at
from agent.handover.asked import shown, utc
from agent.handover.desk import Desk, Document, Held
from agent.handover.service import Json, VerbError
from agent.ledger.heads import ANY
from agent.ledger.limits import MAX_FILES, MAX_FILES_BYTES
from agent.ledger.revision import Author, Revision

_SAME = "Nothing has changed: this is what is in force already"


@dataclass(slots=True)
class Wanted:
    """A new content. `document`: the effective one, or the shared part alone (`is_shared`: own values stay). `manifest`
    None: the files stay. `expect`: the head (64 hex digits) that it was made from; None: there was none; ANY: whatever."""

    group: int
    document: Document
    author: Author
    kind: str
    note: str = ""
    manifest: Mapping[str, FileEntry] | None = None
    expect: object = ANY
    is_shared: bool = False
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    remove_files: tuple[str, ...] = ()


def carry_out(desk: Desk, wanted: Wanted) -> Json:
    """Check, compare, commit; the answer. VerbError: nothing was changed."""
    with desk.commit_lock:
        head = desk.held(desk.ledger.head(wanted.group))
        _expect(desk, wanted, head)
        shared, own = _parts(desk, wanted)
        manifest = _manifest(wanted, head)
        is_new = not desk.is_home(wanted.group) and _is_new(head, shared, manifest)
        is_own_new = canonical(own) != canonical(desk.own(wanted.group))
        if is_new and (head is not None or shared or manifest or not is_own_new):
            may_edit(desk, wanted.group)
        else:
            is_new = False
        _commit(desk, wanted, (shared, manifest) if is_new else None, own if is_own_new else None)
        revision = desk.ledger.head(wanted.group)
    for group in desk.touched_by(wanted.group):
        desk.changed(group)
    text = _words(revision, is_new, is_own_new)
    return {"text": text, "revision": shown(revision, desk) if revision else None}


def _is_new(head: Held | None, shared: Document, manifest: Mapping[str, FileEntry]) -> bool:
    return head is None or canonical(head.shared) != canonical(shared) or dict(head.manifest) != dict(manifest)


def _commit(desk: Desk, wanted: Wanted, content: tuple[Document, Mapping[str, FileEntry]] | None, own: Document | None) -> None:
    with desk.ledger.transaction():
        if content is not None:
            shared, manifest = content
            desk.ledger.commit(wanted.group, canonical(shared), manifest, wanted.author, wanted.kind, note=wanted.note)
        if own is not None:
            desk.ledger.commit_own(wanted.group, canonical(own), wanted.author)


def _words(revision: Revision | None, is_new: bool, is_own_new: bool) -> str:
    if is_new and revision:
        return f"Revision {revision.number} of group {revision.group} is in force"
    return "This unit's own values are in force; they are not handed over" if is_own_new else _SAME


def _parts(desk: Desk, wanted: Wanted) -> tuple[Document, Document]:
    """Shared and own part. VerbError with every finding."""
    schema = desk.schema(wanted.group)
    own = desk.own(wanted.group)
    findings = check(schema, wanted.document, is_shared=wanted.is_shared)
    if findings:
        raise refusal(findings)
    shared, own_after = split(schema, wanted.document, own)
    home = desk.home_of(wanted.group)
    if desk.is_home(wanted.group):
        _refuse_shared(schema, shared, wanted)
        return {}, split(schema, wanted.document)[1]
    if home is not None:
        own_after = beyond(schema, desk.own(home), own_after)
    return shared, own if wanted.is_shared else own_after


def _refuse_shared(schema: Schema, shared: Document, wanted: Wanted) -> None:
    """VerbError for whatever in an N:M backup's own group is not a value of its own, nor the name of a row with one."""
    strange = [path for path in items(schema, shared) if not isinstance(node_at(schema, names_of(path)), Table | Rows)]
    if strange or wanted.is_shared or wanted.manifest or wanted.files:
        what = f"{', '.join(strange[:5])} cannot be one" if strange else "it has no files and no shared part"
        text = f"Group {wanted.group} is this N:M backup's own: it has own values (own-per-unit) alone, and {what}"
        raise VerbError(f"{text}. Nothing was changed; edit the rest on the masters")


def refusal(findings: Sequence[Finding]) -> VerbError:
    """All of them, the first in the sentence."""
    listed: list[Json] = [{"path": found.path, "what": found.what, "remedy": found.remedy} for found in findings]
    text = f"The document has {len(findings)} problem(s), nothing was changed. {findings[0].text()}"
    return VerbError(text, findings=listed)


def _manifest(wanted: Wanted, head: Held | None) -> dict[str, FileEntry]:
    """The files that are to be there. VerbError."""
    before = dict(head.manifest) if head and wanted.manifest is None else dict(wanted.manifest or {})
    missing = [name for name in wanted.remove_files if name not in before]
    if missing:
        raise VerbError(f"There is no file {missing[0]!r} to remove; there are: {', '.join(before) or 'none'}")
    manifest = {name: of for name, of in before.items() if name not in wanted.remove_files} | dict(wanted.files)
    if sum(of.size_bytes for of in manifest.values()) > MAX_FILES_BYTES or len(manifest) > MAX_FILES:
        raise VerbError(f"The files of one group may be {MAX_FILES} and have 1 GiB together")
    return manifest


def _expect(desk: Desk, wanted: Wanted, head: Held | None) -> None:
    """VerbError with who was faster, when the head is not the one that the edit began from."""
    now = head.revision if head else None
    if wanted.expect is ANY or (now.id.hex() if now else None) == wanted.expect:
        return
    by = f"{now.author} at {now.unit} on {utc(now.saved_at_ns)} (revision {now.number})" if now else "nobody: there is none"
    text = f"The configuration was changed meanwhile by {by}. Look at it (understudy config diff), then edit again"
    raise VerbError(text, revision=shown(now, desk) if now else None)


def may_edit(desk: Desk, group: int) -> None:
    """VerbError on a backup that follows a master: it would be overtaken by the master's next revision, or ask a question."""
    if desk.knowledge.is_master(group):
        return
    master = desk.knowledge.master_of(group)
    if desk.is_pool(group):
        where = f"on {master.name} ({master.address})" if master else "on its master"
        raise VerbError(f"This unit protects group {group}, and owns nothing of it: edit it {where}. Nothing was changed")
    if master and desk.records.partners(group):
        text = f"This unit follows {master.name} ({master.address}) in group {group}: edit it there. Nothing was changed"
        raise VerbError(f"{text}; only this unit's own values (own-per-unit) can be edited here")
