"""Random histories of edits, cuts, choices and role swaps on three units, against the plain rule: nothing is ever lost."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from agent.handover.following import Action
from agent.handover.service import VerbError
from tests.handover.world import Node

DOCUMENTS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), max_size=3)
CUTS = st.one_of(st.none(), st.integers(0, 8))
FAST = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


class World(RuleBasedStateMachine):
    """Common to both kinds of redundancy."""

    nodes: list[Node]
    master: Node

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(dir=FAST))
        self.serial = 0

    def teardown(self) -> None:
        for node in self.nodes:
            node.ledger.close()
        shutil.rmtree(self.directory)

    def unique(self, document: dict[str, int]) -> dict[str, object]:
        """Edits by different people differ, mostly."""
        self.serial += 1
        mark: dict[str, object] = {"n": self.serial} if self.serial % 3 else {}
        return {**document, **mark}

    @invariant()
    def nothing_is_lost(self) -> None:
        for node in self.nodes:
            node.check_nothing_is_lost()

    def looked(self, backup: Node, *, acts: bool = False, cut_after: int | None = None) -> Action | None:
        """A look, and what must hold after it."""
        before = backup.head()
        action = backup.look(self.master, acts=acts, cut_after=cut_after)
        after, of_master = backup.head(), self.master.head()
        if after != before:
            assert after == of_master, "a backup's head is its own or the master's"
        if action is Action.IN_SYNC and of_master and after:
            assert after.digest == of_master.digest or acts
        if action is Action.DECIDE:
            assert after == before
            self.same_question(backup)
        return action

    def same_question(self, backup: Node) -> None:
        """Z-22: both show the same pending decision, with the same sides."""
        ours = [found for found in backup.decisions() if found.question.unit == self.master.name]
        theirs = [found for found in self.master.decisions() if found.id in {one.id for one in ours}]
        assert len(ours) == len(theirs) == 1
        assert (ours[0].master, ours[0].backup) == (theirs[0].master, theirs[0].backup) == (self.master.head(), backup.head())


class Pair(World):
    """1:1, with a second backup."""

    @initialize(edits=st.lists(st.integers(0, 2), max_size=3))
    def begin(self, edits: list[int]) -> None:
        """Each may have a configuration of its own before they are paired."""
        self.nodes = [Node(self.directory, name) for name in "abc"]
        self.master = self.nodes[0]
        for index in edits:
            self.nodes[index].edit(self.unique({"a": index}))
        for backup in self.nodes[1:]:
            backup.pair(self.master)
        self.master.seat("master")

    @rule(document=DOCUMENTS)
    def edit_at_the_master(self, document: dict[str, int]) -> None:
        self.master.edit(self.unique(document))

    @rule(index=st.integers(0, 2), document=DOCUMENTS)
    def edit_in_a_partition(self, index: int, document: dict[str, int]) -> None:
        """Both are master for a while (C-02)."""
        node = self.nodes[index]
        node.seat("master")
        node.edit(self.unique(document))
        if node is not self.master:
            node.seat("backup", self.master)

    @rule(index=st.integers(0, 2))
    def swap(self, index: int) -> None:
        """Z-35: the other one is master now."""
        self.master = self.nodes[index]
        self.master.seat("master")
        for node in self.nodes:
            if node is not self.master:
                node.seat("backup", self.master)

    @rule(index=st.integers(0, 2), cut_after=CUTS)
    def look(self, index: int, cut_after: int | None) -> None:
        before = self.nodes[index].head()
        if self.nodes[index] is not self.master and self.master.desk.records.partners(7):
            self.looked(self.nodes[index], cut_after=cut_after)
            after = self.nodes[index].head()
            is_same = before and after and before.digest == after.digest
            assert before is None or is_same or self.nodes[index].ledger.is_ancestor(before.id, after.id if after else b"")

    @rule(index=st.integers(0, 2), document=DOCUMENTS)
    def edit_at_a_backup(self, index: int, document: dict[str, int]) -> None:
        """Refused, with the master's name."""
        node = self.nodes[index]
        if node is not self.master and node.desk.records.partners(7) and node.look(self.master) is not None:
            before = node.head()
            with pytest.raises(VerbError, match=f"follows {self.master.name}"):
                node.edit({**document, "refused": True})
            assert node.head() == before

    @rule(index=st.integers(0, 2), take=st.sampled_from(["master", "backup", "items"]))
    def choose(self, index: int, take: str) -> None:
        """Z-26, Z-27, Z-30: afterwards both are equal, and hold what was chosen."""
        backup = self.nodes[index]
        if backup is self.master or self.looked(backup) is not Action.DECIDE:
            return
        decision = next(found for found in self.master.decisions() if found.backup == backup.head())
        if decision.master is None:  # a master that has none: only the backup's can be taken
            with pytest.raises(VerbError, match="nothing to take"):
                self.master.choose(decision.id, "master")
            take = "backup"
        wanted = {"master": decision.master, "backup": decision.backup}.get(take)
        self.master.choose(decision.id, "master" if take == "items" else take)
        assert self.looked(backup) is Action.IN_SYNC
        heads = [self.master.head(), backup.head()]
        assert heads[0] == heads[1]
        assert heads[0] is not None
        assert wanted is None or heads[0].digest == wanted.digest
        with pytest.raises(VerbError, match="no such decision"):
            self.master.choose(decision.id, "backup")


class Pool(World):
    """A home master, and two N:M backups that protect it."""

    @initialize()
    def begin(self) -> None:
        self.home = Node(self.directory, "home", is_pool=True)
        self.guards = [Node(self.directory, name, is_guard=True, is_pool=True) for name in ("one", "two")]
        self.nodes = [self.home, *self.guards]
        self.master = self.home
        self.home.seat("master")
        self.home.edit({"a": 0})
        for guard in self.guards:
            self.looked(guard)

    @property
    def acts(self) -> bool:
        return self.master is not self.home

    @rule(document=DOCUMENTS)
    def edit_at_the_master(self, document: dict[str, int]) -> None:
        self.master.edit(self.unique(document))

    @rule(index=st.integers(0, 1), cut_after=CUTS)
    def look(self, index: int, cut_after: int | None) -> None:
        """An N:M backup follows the home master whatever it holds; its own edits are offered there."""
        guard = self.guards[index]
        if guard is self.master:
            return
        action = self.looked(guard, acts=self.acts, cut_after=cut_after)
        if not self.acts and action is not None:
            assert action is Action.IN_SYNC
            assert guard.head() == self.home.head()
            assert guard.desk.records.offers(7) == []

    @precondition(lambda self: self.acts)
    @rule(cut_after=CUTS)
    def look_at_home(self, cut_after: int | None) -> None:
        """The repaired master has returned: what was edited meanwhile is a question, never taken over by itself (C-09)."""
        before = self.home.head()
        action = self.looked(self.home, acts=True, cut_after=cut_after)
        if action is Action.IN_SYNC and before and self.home.head() != before:
            head = self.home.head()
            assert head is not None
            is_chosen = any(
                (revision := self.home.ledger.revision(one)) and revision.kind == "choice" and before.id in revision.parents
                for one in self.home.ledger.recent_ids(7, head.id)
            )
            assert is_chosen or head.digest == before.digest

    @rule(index=st.integers(0, 1))
    def home_fails(self, index: int) -> None:
        """One that holds a snapshot takes over (C-08)."""
        if self.guards[index].head():
            self.master = self.guards[index]
            self.master.seat("master")
            for node in self.nodes:
                if node is not self.master:
                    node.seat("backup", self.master, acts=True)

    @rule()
    def home_takes_its_group_back(self) -> None:
        """set-master, chosen or not: the edits made while acting arrive as a question, whatever was held."""
        before = self.master
        self.master = self.home
        self.home.seat("master")
        for guard in self.guards:
            guard.seat("backup", self.home)
        if before is not self.home:
            self._handed_back(before)

    def _handed_back(self, before: Node) -> None:
        head, home = before.head(), self.home.head()
        assert head is not None
        assert home is not None
        is_known = self.home.ledger.revision(head.id) is not None and self.home.ledger.is_ancestor(head.id, home.id)
        assert self.looked(before) is Action.IN_SYNC
        if head.digest != home.digest and not is_known and not before.ledger.is_ancestor(head.id, home.id):
            assert head.id in [decision.backup.id for decision in self.home.decisions()]

    @rule(take=st.sampled_from(["master", "backup"]), cut_after=CUTS)
    def choose(self, take: str, cut_after: int | None) -> None:
        """At whoever is master."""
        if self.acts:
            self.looked(self.home, acts=True, cut_after=cut_after)
        for decision in self.master.decisions()[:1]:
            wanted = decision.master if take == "master" else decision.backup
            if wanted is None:
                continue  # the master has none: refused
            self.master.choose(decision.id, take)
            head = self.master.head()
            assert head is not None
            assert head.digest == wanted.digest


@pytest.mark.parametrize("world", [Pair, Pool])
def test_nothing_is_ever_lost(world: type[World]) -> None:
    """Z-22, Z-26..Z-28, Z-35, Z-41, C-08, C-09: see the rules above."""
    plan = settings(max_examples=60, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(world, settings=plan)
