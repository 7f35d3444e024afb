"""Histories against a plain model (S-29, Z-28): whatever is done in what order, the ledger gives back what the model keeps."""

import os
import random
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from agent.documents.canonical import CHUNK_BYTES, FileEntry, canonical, content_digest
from agent.ledger.errors import LedgerError, StaleHead
from agent.ledger.ledger import Ledger
from agent.ledger.reader import LedgerReader
from agent.ledger.retention import Retention
from agent.ledger.revision import Author, Revision, make_revision
from tests.ledger.kit import AUTHOR, OTHER

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the order of things is in question, not the disk
GROUPS = st.sampled_from((1, 2))
SMALL = st.integers(0, 5)
CHUNKS = tuple(random.Random(number).randbytes(CHUNK_BYTES if number < 3 else 1000) for number in range(5))
FILES = tuple(b"".join(CHUNKS[number] for number in parts) for parts in ((0, 3), (0, 1, 4), (2,), (3,), ()))


@dataclass
class Model:
    """Everything in dicts. `contents`: by digest, document and the indexes of its files in FILES."""

    revisions: dict[bytes, Revision] = field(default_factory=dict)
    contents: dict[bytes, tuple[bytes, dict[str, int]]] = field(default_factory=dict)
    heads: dict[int, bytes] = field(default_factory=dict)
    moves: dict[int, list[bytes]] = field(default_factory=lambda: {1: [], 2: []})
    own: dict[int, list[bytes]] = field(default_factory=lambda: {1: [], 2: []})
    pins: set[tuple[bytes, str]] = field(default_factory=set)

    def of_group(self, group: int) -> list[Revision]:
        found = [revision for revision in self.revisions.values() if revision.group == group]
        return sorted(found, key=lambda revision: (-revision.number, revision.id))

    def ancestors(self, revision_id: bytes) -> set[bytes]:
        if revision_id not in self.revisions:
            return set()
        return {revision_id}.union(*map(self.ancestors, self.revisions[revision_id].parents))

    def protected(self) -> set[bytes]:
        """Digests that must never be pruned (a revision may be pinned before its content comes)."""
        ids = {*self.heads.values(), *(revision_id for revision_id, _ in self.pins)}
        return {self.revisions[revision_id].digest for revision_id in ids} & set(self.contents)


class Histories(RuleBasedStateMachine):
    ids: Bundle[bytes] = Bundle("ids")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-model-", dir=MEMORY))
        self.ledger = Ledger(self.folder / "ledger")
        self.model = Model()
        self.clock = 0

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            shutil.rmtree(self.folder)

    def store(self, files: dict[str, int]) -> dict[str, FileEntry]:
        source = self.folder / "source"
        entries = {}
        for name, index in files.items():
            source.write_bytes(FILES[index])
            entries[name] = self.ledger.packs.store_file(source)
        return entries

    def remember(self, revision: Revision, shared: bytes, files: dict[str, int]) -> None:
        assert self.model.revisions.setdefault(revision.id, revision) == revision
        self.model.contents[revision.digest] = (shared, files)

    def moved(self, group: int, new: bytes) -> None:
        if self.model.heads.get(group) != new:
            self.model.moves[group].append(new)
        self.model.heads[group] = new

    @rule(target=ids, group=GROUPS, number=SMALL, files=st.dictionaries(st.sampled_from("ab"), st.integers(0, 4)))
    def commit(self, group: int, number: int, files: dict[str, int]) -> bytes:
        head = self.model.heads.get(group)
        shared = canonical({"number": number})
        self.clock += 1
        revision = self.ledger.commit(
            group, shared, self.store(files), AUTHOR, "edit", saved_at_ns=self.clock, expect_head=head, note="x"
        )
        assert revision.parents == ((head,) if head else ())
        self.remember(revision, shared, files)
        self.moved(group, revision.id)
        return revision.id

    @rule(target=ids, one=ids, other=ids, number=SMALL)
    def choice(self, one: bytes, other: bytes, number: int) -> bytes:
        first, second = (self.model.revisions[revision_id] for revision_id in (one, other))
        parents = (one, other) if first.group == second.group and one != other else (one,)
        self.clock += 1
        revision = self.ledger.commit(
            first.group, canonical({"number": number}), {}, AUTHOR, "choice", parents=parents, saved_at_ns=self.clock
        )
        assert revision.number == 1 + max(self.model.revisions[parent].number for parent in parents)
        self.remember(revision, canonical({"number": number}), {})
        self.moved(first.group, revision.id)
        return revision.id

    @rule(target=ids, parent=ids, number=SMALL, is_whole=st.booleans(), author=st.sampled_from((AUTHOR, OTHER)))
    def adopt(self, parent: bytes, number: int, is_whole: bool, author: Author) -> bytes:
        after = self.model.revisions[parent]
        shared = canonical({"number": number})
        digest = content_digest(shared, {})
        revision = make_revision(after.group, after.number + 1, (parent,), author, number, digest=digest, kind="edit")
        self.ledger.adopt(revision, shared if is_whole else None, {} if is_whole else None)
        self.model.revisions[revision.id] = revision
        if is_whole:
            self.remember(revision, shared, {})
        return revision.id

    @rule(revision_id=ids, why=st.text("abc", max_size=3))
    def move_head(self, revision_id: bytes, why: str) -> None:
        revision = self.model.revisions[revision_id]
        if revision.digest in self.model.contents:
            self.ledger.move_head(revision.group, revision_id, why)
            self.moved(revision.group, revision_id)
        else:
            with pytest.raises(LedgerError, match="not held completely"):
                self.ledger.move_head(revision.group, revision_id, why)

    @rule(revision_id=ids, wrong=ids)
    def stale(self, revision_id: bytes, wrong: bytes) -> None:
        """Nothing changes when the head is another one than expected."""
        revision = self.model.revisions[revision_id]
        if revision.digest in self.model.contents and self.model.heads.get(revision.group) != wrong:
            with pytest.raises(StaleHead):
                self.ledger.move_head(revision.group, revision_id, "", expect_head=wrong)

    @rule(group=GROUPS, number=SMALL)
    def commit_own(self, group: int, number: int) -> None:
        self.ledger.commit_own(group, canonical({"own": number}), AUTHOR)
        self.model.own[group].append(canonical({"own": number}))

    @rule(revision_id=ids, why=st.sampled_from("xy"))
    def pin(self, revision_id: bytes, why: str) -> None:
        self.ledger.pin(revision_id, why)
        self.model.pins.add((revision_id, why))

    @rule(revision_id=ids, why=st.sampled_from(("x", "y", None)))
    def unpin(self, revision_id: bytes, why: str | None) -> None:
        self.ledger.unpin(revision_id, why)
        self.model.pins = {pin for pin in self.model.pins if pin[0] != revision_id or why not in (pin[1], None)}

    @rule(most=st.integers(1, 6))
    def prune_by_count(self, most: int) -> None:
        """Exactly what only revisions have that are not among the newest `most` with content of their group."""
        kept = self.model.protected()
        for group in (1, 2):
            held = [revision for revision in self.model.of_group(group) if revision.digest in self.model.contents]
            kept |= {revision.digest for revision in held[:most]}
        self.ledger.prune(Retention(most, 1 << 40, 0))
        self.model.contents = {digest: content for digest, content in self.model.contents.items() if digest in kept}
        self.model.own = {group: parts[-most:] for group, parts in self.model.own.items()}

    @rule(most=st.integers(0, 2 * CHUNK_BYTES))
    def prune_by_size(self, most: int) -> None:
        """Enough, and never what is protected; the model then forgets what the ledger has."""
        pruned = self.ledger.prune(Retention(1000, most, 0))
        kept = {revision.digest for revision in self.model.revisions.values() if self.ledger.content(revision.id)}
        assert self.model.protected() <= kept <= set(self.model.contents)
        if pruned.kept_bytes > most:
            assert kept == self.model.protected()
        self.model.contents = {digest: self.model.contents[digest] for digest in kept}

    @rule(changes=st.lists(GROUPS, max_size=3))
    def gives_up(self, changes: list[int]) -> None:
        """A transaction that fails at its end has done nothing."""
        with suppress(ZeroDivisionError), self.ledger.transaction():
            for group in changes:
                self.ledger.commit(group, canonical({"never": 1}), {}, AUTHOR, "edit")
                self.ledger.commit_own(group, canonical({"never": 1}), AUTHOR)
            raise ZeroDivisionError

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.folder / "ledger")

    @rule(one=ids, other=ids)
    def ancestry(self, one: bytes, other: bytes) -> None:
        above = self.model.ancestors(other)
        assert self.ledger.is_ancestor(one, other) == (one in above)
        assert set(self.ledger.recent_ids(self.model.revisions[other].group, other)) == above
        both = above & self.model.ancestors(one)
        newest = min(both, key=lambda id_: (-self.model.revisions[id_].number, id_), default=None)
        assert self.ledger.common_ancestor(one, other) == newest

    @rule(revision_id=ids)
    def content(self, revision_id: bytes) -> None:
        """Z-28: byte for byte, files and all."""
        found = self.ledger.content(revision_id)
        expected = self.model.contents.get(self.model.revisions[revision_id].digest)
        assert (found is None) == (expected is None)
        if found and expected:
            assert found.shared == expected[0]
            files = {name: b"".join(self.ledger.packs.open_file(entry)) for name, entry in found.manifest.items()}
            assert files == {name: FILES[index] for name, index in expected[1].items()}

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for group in (1, 2):
            head = self.ledger.head(group)
            assert (head.id if head else None) == self.model.heads.get(group)
            assert [move.new for move in self.ledger.head_moves(group, 1000)] == self.model.moves[group][::-1]
            assert self.ledger.history(group, 1000) == self.model.of_group(group)
            assert self.ledger.own(group) == (self.model.own[group][-1] if self.model.own[group] else None)
            seen = LedgerReader(self.ledger.directory).head_content(group)
            assert (seen.revision_id if seen else None) == self.model.heads.get(group)
        assert set(self.ledger.pins()) == self.model.pins


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=30, deadline=None, derandomize=True)
