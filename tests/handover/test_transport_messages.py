"""The messages as values: what is written is read again, what cannot be is refused by a sentence. Relations against a model."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.documents.canonical import FileEntry, canonical
from agent.handover import ancestry, limits, protocol
from agent.handover.protocol import Hello, JsonObject, Relate, Related, SchemaVersion
from agent.handover.relation import Relation
from agent.ledger.ledger import Ledger
from agent.ledger.limits import MAX_FILES
from agent.ledger.revision import Author, Revision, make_revision
from tests.handover.transfer_site import GROUP, PERSON, Site, hello

ONE, TWO = bytes(range(32)), bytes(range(32, 64))
REVISION = make_revision(GROUP, 1, (), Author("eva", "cli", "rx-a"), 5, digest=ONE, kind="first")
CONTENTS = protocol.Contents(
    canonical({"ä": "“x”\n"}), {"show.bin": FileEntry(300_000, ONE, (ONE, TWO)), "empty": FileEntry(0, TWO, ())}
)
MESSAGES: list[tuple[object, Callable[[JsonObject], object]]] = [
    (hello("rx-a"), protocol.hello_from),
    (Hello("Köln 1", "ab" * 8, "", {0: SchemaVersion("none", 3, 9)}, frozenset(range(256)), (7, 9)), protocol.hello_from),
    (Relate(0, None, None, (), True), protocol.relate_from),
    (Relate(255, ONE, TWO, (ONE, TWO), False), protocol.relate_from),
    (Related(Relation.NOTHING), protocol.related_from),
    (Related(Relation.DIVERGED, REVISION, REVISION, True, (REVISION,), True), protocol.related_from),
    (protocol.GetContent(GROUP, ONE), protocol.get_content_from),
    (CONTENTS, protocol.contents_from),
    (protocol.GetChunks(GROUP, (ONE, TWO)), protocol.get_chunks_from),
    (protocol.PutChunks(GROUP, (ONE,)), protocol.put_chunks_from),
    (protocol.PushContent(GROUP, REVISION, CONTENTS, (REVISION,)), protocol.push_content_from),
    (protocol.Missing((TWO,)), protocol.missing_from),
    (protocol.Propose(GROUP, "abc", ONE, {"a": [1]}), protocol.propose_from),
    (protocol.Choose(GROUP, "abc", "items", {"carrier.c1": "master"}, "eva (cli)"), protocol.choose_from),
    (protocol.Pair(GROUP, {"a": None}), protocol.pair_from),
    (protocol.Unpair(GROUP), protocol.unpair_from),
]


@pytest.mark.parametrize(("message", "reader"), MESSAGES, ids=lambda value: type(value).__name__)
def test_what_is_written_is_read_again(message: object, reader: Callable[[JsonObject], object]) -> None:
    """And fields that a later minor version adds are left out."""
    data = message.to_json()  # type: ignore[attr-defined]
    assert reader({**data, "later": 1}) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70_000) | st.text(max_size=5) | st.just("00" * 32),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(MESSAGES), st.data())
def test_a_message_with_any_field_replaced_is_read_or_refused(
    case: tuple[object, Callable[[JsonObject], object]], data: st.DataObject
) -> None:
    """ValueError and nothing else; what was read can be written."""
    message, reader = case
    fields: JsonObject = message.to_json()  # type: ignore[attr-defined]
    name = data.draw(st.sampled_from(sorted(fields)))
    fields[name] = data.draw(JSON)
    try:
        found = reader(fields)
    except ValueError:
        return
    assert reader(found.to_json()) == found  # type: ignore[attr-defined]


# Relations -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


class History:
    """Two units, a group of their own, and all that ever was: edits, pulls, choices."""

    def __init__(self, group: int, a: Ledger, b: Ledger, seed: int) -> None:
        self.group, self.ledgers, self.all, self.random = group, (a, b), dict[bytes, Revision](), random.Random(seed)

    def edit(self, side: int, kind: str = "edit", parents: tuple[bytes, ...] | None = None) -> None:
        shared = canonical({"n": self.random.randrange(5)})
        made = self.ledgers[side].commit(self.group, shared, {}, PERSON, kind, parents=parents, saved_at_ns=len(self.all))
        self.all[made.id] = made

    def pull(self, side: int) -> None:
        """`side` holds all that the other's head goes back to, and follows it."""
        head = self.ledgers[1 - side].head(self.group)
        if head:
            for one in sorted(self.ancestors(head.id), key=lambda revision: revision.number):
                content = self.ledgers[1 - side].content(one.id)
                assert content
                self.ledgers[side].adopt(one, content.shared, content.manifest)
            self.ledgers[side].move_head(self.group, head.id, "pull")

    def choose(self, side: int) -> None:
        """Both heads become parents of a choice."""
        mine, other = self.ledgers[side].head(self.group), self.ledgers[1 - side].head(self.group)
        if mine and other and mine.id != other.id:
            self.pull(side)
            self.edit(side, "choice", (mine.id, other.id))

    def ancestors(self, start: bytes) -> set[Revision]:
        found = {self.all[start]}
        for parent in self.all[start].parents:
            found |= self.ancestors(parent)
        return found

    def asked(self, side: int, most: int) -> Relate:
        ledger = self.ledgers[side]
        head = ledger.head(self.group)
        if head is None:
            return Relate(self.group, None, None, (), True)
        have = tuple(ledger.recent_ids(self.group, head.id, most))
        return Relate(self.group, head.id, head.digest, have, len(have) < most)

    def expected(self, side: int) -> tuple[Relation, set[bytes], set[bytes]]:
        """The relation; the chain; the candidates for the base: the newest of those that both go back to."""
        mine, other = self.ledgers[side].head(self.group), self.ledgers[1 - side].head(self.group)
        if other is None:
            return Relation.NOTHING, set(), set()
        theirs = {one.id for one in self.ancestors(other.id)}
        ours = {one.id for one in self.ancestors(mine.id)} if mine else set()
        common = [self.all[one] for one in ours & theirs]
        bases = {one.id for one in common if one.number == max(shared.number for shared in common)}
        return self.relation(mine, other, ours, theirs), theirs - ours, bases

    def relation(self, mine: Revision | None, other: Revision, ours: set[bytes], theirs: set[bytes]) -> Relation:
        if mine is None:
            return Relation.EMPTY
        if mine.digest == other.digest:
            return Relation.EQUAL
        if mine.id in theirs:
            return Relation.BEHIND
        if other.id in ours:
            return Relation.AHEAD
        return Relation.DIVERGED if ours & theirs else Relation.UNRELATED


def test_relations_are_those_of_the_model(site: Site) -> None:
    """Z-41: 200 random histories of two units with edits, pulls and choices on both sides; asked after every step, both ways."""
    a, b = site.side("rx-a").ledger, site.side("rx-b").ledger
    seen: set[Relation] = set()
    for seed in range(200):
        history = History(seed, a, b, seed)
        for _ in range(history.random.randrange(1, 9)):
            step = history.random.choice([history.edit, history.edit, history.pull, history.choose])
            step(history.random.randrange(2))
            for side in (0, 1):
                found = ancestry.relate(history.ledgers[1 - side], history.asked(side, limits.MAX_HAVE))
                relation, chain, bases = history.expected(side)
                seen.add(relation)
                assert found.relation == relation, seed
                assert {one.id for one in found.chain} == chain
                assert (found.base.id if found.base else None) in (bases or (None,))
                numbers = [one.number for one in found.chain]
                assert numbers == sorted(numbers)
                assert not found.wants_more
    assert seen == set(Relation)


def test_a_few_ids_suffice_for_what_happens_every_day(site: Site) -> None:
    """16 of 300: behind and ahead are told at once; only where the two have parted are all asked for."""
    a, b = site.side("rx-few-a").ledger, site.side("rx-few-b").ledger
    history = History(1, a, b, 1)
    for number in range(300):
        history.edit(0)
        if number == 100:
            history.pull(1)
    behind = ancestry.relate(a, history.asked(1, limits.FIRST_HAVE))
    assert (behind.wants_more, len(behind.chain)) == (False, 199)
    assert behind.relation in (Relation.BEHIND, Relation.EQUAL)
    for _ in range(20):
        history.edit(1)
    parted = ancestry.relate(a, history.asked(1, limits.FIRST_HAVE))
    assert parted.wants_more or parted.relation == Relation.EQUAL
    all_told = ancestry.relate(a, history.asked(1, limits.MAX_HAVE))
    assert all_told.base
    assert all_told.base.number == 101
    assert not all_told.wants_more


def test_who_is_far_behind_is_behind(site: Site) -> None:
    """By more than 2000 revisions: the newest 2000 come along."""
    a = site.side("rx-far").ledger
    line: list[Revision] = []
    for number in range(1, 2103):
        parents = (line[-1].id,) if line else ()
        line.append(make_revision(GROUP, number, parents, PERSON, number, digest=bytes(32), kind="edit"))
    with a.transaction():
        for one in line[:-1]:
            a.adopt(one, None, None)
    head = a.commit(GROUP, canonical({}), {}, PERSON, "edit", parents=(line[-2].id,))
    found = ancestry.relate(a, Relate(GROUP, line[5].id, line[5].digest, tuple(one.id for one in line[5::-1]), True))
    assert found.relation == Relation.BEHIND
    assert len(found.chain) == limits.MAX_CHAIN
    assert found.chain[-1] == head


def test_a_choice_that_considered_our_head_is_told(site: Site) -> None:
    """C-09: a returned master that is behind by a choice of its own head just follows."""
    a, b = site.side("rx-via-a").ledger, site.side("rx-via-b").ledger
    history = History(1, a, b, 3)
    history.edit(0)
    history.pull(1)
    history.edit(0)
    history.edit(1)
    before = ancestry.relate(a, history.asked(1, limits.MAX_HAVE))
    history.choose(0)
    history.edit(0)
    after = ancestry.relate(a, history.asked(1, limits.MAX_HAVE))
    assert (before.via_choice, after.via_choice) == (False, True)


def test_a_peer_may_tell_of_as_many_files_as_a_ledger_keeps() -> None:
    """Issue 4: what it tells of more is refused before anything is fetched, not after."""
    entry = FileEntry(0, TWO, ())
    for count, is_taken in ((MAX_FILES, True), (MAX_FILES + 1, False)):
        told = protocol.Contents(canonical({}), {f"{number}": entry for number in range(count)}).to_json()
        if is_taken:
            assert len(protocol.contents_from(told).manifest) == count
        else:
            with pytest.raises(ValueError, match="manifest"):
                protocol.contents_from(told)
