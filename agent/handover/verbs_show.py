"""Verbs that look: show, diff, history."""

from agent.documents.classes import class_of
from agent.documents.compare import items
from agent.handover.asked import group_in, part_in, revision_in, shown, shown_all, shown_files
from agent.handover.desk import Desk, Document, Held
from agent.handover.service import Json, Request, Verb, VerbError
from agent.ledger.errors import LedgerError
from agent.ledger.revision import Revision

MAX_HISTORY = 1000
MAX_DIFFERENCES = 10_000


class Looking:
    """Nothing here changes anything."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def verbs(self) -> dict[str, Verb]:
        """By name."""
        return {"show": self._show, "diff": self._diff, "history": self._history}

    def _show(self, request: Request) -> Json:
        desk, group, part = self._desk, group_in(request, self._desk), part_in(request)
        revision = revision_in(request, desk, group)
        held = held_or_refused(desk, revision)
        document, missing = part_of(desk, group, held, part)
        schema = desk.schema(group)
        return {
            "revision": shown(revision, desk) if revision else None,
            "document": document,
            "schema": schema.name,
            "files": shown_files(held.manifest if held else {}),
            "missing": list(missing),
            "class_of": {path: class_of(schema, path).value for path in items(schema, document)},
        }

    def _diff(self, request: Request) -> Json:
        group = group_in(request, self._desk)
        before, after = (self._flat(request, group, key) for key in ("from", "to"))
        paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
        rows = [{"path": path, "before": before.get(path), "after": after.get(path)} for path in paths[:MAX_DIFFERENCES]]
        return {"differences": rows}

    def _flat(self, request: Request, group: int, key: str) -> dict[str, object]:
        held = held_or_refused(self._desk, revision_in(request, self._desk, group, key))
        return flat(self._desk, group, held)

    def _history(self, request: Request) -> Json:
        desk, group = self._desk, group_in(request, self._desk)
        limit, before = request.value.get("limit", 50), request.value.get("before")
        if type(limit) is not int or not 1 <= limit <= MAX_HISTORY:
            raise VerbError(f"limit must be a whole number 1..{MAX_HISTORY}")
        start = revision_in(request, desk, group, "before") if before is not None else None
        try:
            found = desk.ledger.history(group, limit, start.id if start else None)
        except LedgerError as error:
            raise VerbError(str(error)) from None
        return {"revisions": shown_all(found, desk)}


def held_or_refused(desk: Desk, revision: Revision | None) -> Held | None:
    """None: there is no revision. VerbError: its content has been pruned, or has never come here."""
    held = desk.held(revision)
    if revision is not None and held is None:
        raise VerbError(f"The content of revision {revision.number} is not here any more (pruned, or never pulled)")
    return held


def part_of(desk: Desk, group: int, held: Held | None, part: str) -> tuple[Document, tuple[str, ...]]:
    """The document, and the own values that are missing."""
    if part == "own":
        return desk.own(group), ()
    if part == "shared":
        return (held.shared if held else {}), ()
    return desk.effective(group, held)


def flat(desk: Desk, group: int, held: Held | None) -> dict[str, object]:
    """Path → value of all items, and `file:NAME` → digest of all files; of the shared part."""
    if held is None:
        return {}
    return items(desk.schema(group), held.shared, held.manifest)
