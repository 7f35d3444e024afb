"""What one scrape gets: all families, each a block of text that is written again only when it says something else."""

from collections.abc import Iterator, Sequence

from agent.management.exposition.counted import CountedSheet
from agent.management.exposition.naming import PeerNames, naming_of
from agent.management.exposition.sheet import Sheet
from agent.management.exposition.sources import Sources
from agent.management.exposition.tally import Key
from agent.management.exposition.text import END, heads, labelled, number, sample
from agent.model.metrics import Family, told
from agent.model.metrics_counted import (
    FACE_UP,
    OWN,
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_RESTARTS,
    PROCESS_START,
    PROCESS_UP,
    UP,
)
from agent.model.view import View

_AGE = next(one.family for one in told() if one.column.name == "view_age_ms")
_TOLD = tuple(one for one in told() if one.family != _AGE)
_BY_TABLE = {name: tuple(one for one in _TOLD if one.table.name == name) for name in dict.fromkeys(t.table.name for t in _TOLD)}


class Page:
    """Of one face: it remembers what it has written."""

    def __init__(self, sources: Sources) -> None:
        self._counts, self._processes, self._memory = sources.counts, sources.processes, sources.memory
        self._faces, self._labels = sources.faces_up, sources.labels
        self._sheets = {name: Sheet(tolds, naming_of(name, lambda: self._names)) for name, tolds in _BY_TABLE.items()}
        self._counted = [CountedSheet(tally) for tally in self._counts.families] if self._counts else []
        self._names: PeerNames = {}

    def text(self, view: View, form: int) -> bytes:
        """`form`: text.PLAIN or text.OPEN."""
        return b"".join([*self.blocks(view, form), END[form]])

    def blocks(self, view: View, form: int) -> Iterator[bytes]:
        """Head and lines of each family that has any."""
        for family, lines in self._families(view):
            if lines:
                yield heads(family)[form]
                yield lines

    def _families(self, view: View) -> Iterator[tuple[Family, bytes]]:
        yield UP, sample(UP.name, "", "0" if view.is_stale else "1").encode()
        yield _AGE, self._age(view)
        self._write(view)
        for name, tolds in _BY_TABLE.items():
            yield from zip((one.family for one in tolds), self._sheets[name].blocks, strict=True)
        for counted in self._counted:
            yield counted.family, counted.block()
        yield from self._of_processes()
        yield FACE_UP, _lines(FACE_UP, [(key, int(part.is_up)) for key, part in self._faces.parts.items()])
        yield from self._of_itself()

    def _age(self, view: View) -> bytes:
        """C-18: of now. A view that differs in nothing but its age is the same object."""
        age_ms = (view.row("unit") or {}).get("view_age_ms") if self._memory is None else self._memory.age_ms
        return b"" if not isinstance(age_ms, int) else sample(_AGE.name, "", number(age_ms / 1000)).encode()

    def _write(self, view: View) -> None:
        names = self._labels.of(view)
        are_new, self._names = names != self._names, names
        for name, sheet in self._sheets.items():
            is_named = name in ("peer", "reason")
            sheet.update(view.tables.get(name, {}), are_labels_new=are_new and is_named)
        if self._counts:
            self._counts.know(index[0] for index in view.tables.get("member", {}))
            for counted, tally in zip(self._counted, self._counts.families, strict=True):
                counted.update(tally)

    def _of_processes(self) -> Iterator[tuple[Family, bytes]]:
        if self._processes is None:
            return
        processes = self._processes
        processes.look()
        processes.wanted.set()
        found = processes.found
        yield PROCESS_UP, _lines(PROCESS_UP, [((name,), int(name in found)) for name in processes.names])
        yield PROCESS_RESTARTS, _lines(PROCESS_RESTARTS, [((name,), times) for name, times in processes.restarts.items()])
        yield PROCESS_START, _lines(PROCESS_START, [((name,), processes.started_at_s(one)) for name, one in found.items()])
        yield PROCESS_CPU, _lines(PROCESS_CPU, [((name,), one.cpu_s) for name, one in found.items()])
        yield PROCESS_MEMORY, _lines(PROCESS_MEMORY, [((name,), one.memory_bytes) for name, one in found.items()])

    def _of_itself(self) -> Iterator[tuple[Family, bytes]]:
        if self._counts:
            values = (self._counts.scrapes, round(self._counts.render_s, 6))
            for family, value in zip(OWN, values, strict=True):
                yield family, sample(family.name, "", number(value)).encode()


def _lines(family: Family, values: Sequence[tuple[Key, float]]) -> bytes:
    return "".join(sample(family.name, labelled(family.labels, key), number(value)) for key, value in values).encode()
