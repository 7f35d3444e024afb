"""Pulling and pushing over real TLS: what arrives, what is sent twice (nothing), what a cut or a changed byte leaves."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.documents.canonical import CHUNK_BYTES, canonical
from agent.handover.ledger_requests import chunk_sizes
from agent.handover.protocol import Choose, Contents, Pair, Propose, Unpair
from agent.handover.puller import Puller, relate
from agent.handover.refusals import RefusalReason, TransferError
from agent.handover.relation import Relation
from agent.ledger.revision import Revision
from tests.handover.cutting_proxy import wire
from tests.handover.transfer_site import GROUP, Answers, Side, Site, client_of, serving


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def a(site: Site) -> Side:
    return site.side("rx-a")


@pytest.fixture
def b(site: Site) -> Side:
    return site.side("rx-b")


def follow(b: Side, port: int) -> Revision:
    """As a backup does: relate, pull, put in force."""
    with client_of(b, port) as client:
        related = relate(client, b.ledger, GROUP)
        assert related.head
        Puller(client, b.ledger).pull(GROUP, related.head, related.chain)
        b.ledger.move_head(GROUP, related.head.id, "follows rx-a")
        return related.head


def content_of(side: Side) -> tuple[bytes, bytes]:
    """The document in force, and all bytes of its files."""
    head = side.ledger.head(GROUP)
    content = side.ledger.content(head.id) if head else None
    assert content
    return content.shared, b"".join(b"".join(side.ledger.packs.open_file(entry)) for entry in content.manifest.values())


def test_a_backup_has_document_and_files_of_the_master_byte_for_byte(a: Side, b: Side, tmp_path: Path) -> None:
    """C-08, Z-26, Z-30, S-29: the same revision, the same digest, before anything fails."""
    show = os.urandom(3 * CHUNK_BYTES + 5)
    a.save({"routes": [1, 2]}, {"show.bin": a.store(show, tmp_path), "empty": a.store(b"", tmp_path)})
    with serving(a) as server:
        head = follow(b, server.port)
    assert head == a.ledger.head(GROUP) == b.ledger.head(GROUP)
    assert content_of(b) == (canonical({"routes": [1, 2]}), show)
    assert a.refusals.counts() == b.refusals.counts() == {}


def test_edits_flow_with_their_history(a: Side, b: Side) -> None:
    """Z-31: revision after revision, over one connection, and the ancestors' metadata come along."""
    a.save({"n": 0})
    with serving(a) as server, client_of(b, server.port) as client:
        for number in range(1, 6):
            related = relate(client, b.ledger, GROUP)
            assert related.relation == (Relation.BEHIND if number > 1 else Relation.EMPTY)
            assert related.head
            Puller(client, b.ledger).pull(GROUP, related.head, related.chain)
            b.ledger.move_head(GROUP, related.head.id, "follows")
            a.save({"n": number})
            a.save({"n": -number})
    assert [one.id for one in b.ledger.history(GROUP, 100)] == [one.id for one in a.ledger.history(GROUP, 100)][2:]


def test_a_change_of_one_byte_costs_one_chunk(a: Side, b: Side, tmp_path: Path) -> None:
    """An unchanged chunk is never sent again, whatever the file is called."""
    show = bytearray(os.urandom(40 * CHUNK_BYTES))
    a.save({}, {"show.bin": a.store(bytes(show), tmp_path)})
    with serving(a) as server, wire(server.port) as between:
        follow(b, between.port)
        first = between.carried["down"]
        show[20 * CHUNK_BYTES + 7] ^= 1
        a.save({}, {"renamed.bin": a.store(bytes(show), tmp_path)})
        follow(b, between.port)
        assert first > 40 * CHUNK_BYTES
        assert between.carried["down"] - first < CHUNK_BYTES + 20_000
    assert content_of(b)[1] == show


def test_progress_is_told_in_bytes(a: Side, b: Side, tmp_path: Path) -> None:
    """From what is here already to all, never backwards."""
    size = 70 * CHUNK_BYTES
    revision = a.save({}, {"show.bin": a.store(os.urandom(size), tmp_path)})
    told: list[tuple[int, int]] = []
    with serving(a) as server, client_of(b, server.port) as client:
        Puller(client, b.ledger).pull(GROUP, revision, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, size), (64 * CHUNK_BYTES, size), (size, size)]


def test_repeated_and_empty_chunks_are_files_like_others(a: Side, b: Side, tmp_path: Path) -> None:
    """A file of zeros is one chunk, sent once; its digest as a whole is verified nevertheless."""
    zeros = bytes(10 * CHUNK_BYTES + 3)
    entry = a.store(zeros, tmp_path)
    a.save({}, {"one": entry, "two": entry, "three": a.store(b"x" + zeros, tmp_path)})
    with serving(a) as server:
        follow(b, server.port)
    assert content_of(b)[1] == zeros + b"x" + zeros + zeros


def test_a_backup_gives_its_head_to_the_master(a: Side, b: Side, tmp_path: Path) -> None:
    """Z-22, Z-27: both sides hold both contents before a person is asked; the master's head stays."""
    show = os.urandom(70 * CHUNK_BYTES)
    theirs = a.save({"n": 1})
    ours = b.save({"n": 2}, {"show.bin": b.store(show, tmp_path)})
    told: list[int] = []
    with serving(a) as server, client_of(b, server.port) as client:
        Puller(client, b.ledger).push(GROUP, ours, progress=lambda done, _total: told.append(done))
    assert a.ledger.head(GROUP) == theirs
    assert a.ledger.is_complete(ours.id)
    assert told == [64 * CHUNK_BYTES, 70 * CHUNK_BYTES]


def test_a_master_takes_nothing_from_a_unit_that_is_not_paired(a: Side, b: Side) -> None:
    """Z-20: pairing is explicit. The sentence says how."""
    ours = b.save({"n": 2})
    answers = Answers("rx-a", a.ledger, may_push=lambda _peer, _group: False)
    with (
        serving(a, answers) as server,
        client_of(b, server.port) as client,
        pytest.raises(TransferError, match="understudy pair"),
    ):
        Puller(client, b.ledger).push(GROUP, ours)
    assert a.refusals.counts() == b.refusals.counts() == {"not-paired": 1}
    assert a.ledger.revision(ours.id) is None


def test_requests_of_the_tracker_reach_its_handler(a: Side, b: Side) -> None:
    """Propose, choose, pair, unpair: values in, an object out."""
    answers = Answers("rx-a", a.ledger)
    asked = [
        Pair(GROUP, {"wish": 1}),
        Unpair(GROUP),
        Propose(GROUP, "0123456789abcdef", bytes(32)),
        Choose(GROUP, "0123456789abcdef", "items", {"carrier.c1": "master"}, "eva (cli)"),
    ]
    with serving(a, answers) as server, client_of(b, server.port) as client:
        said = [client.pair(asked[0]), client.unpair(asked[1]), client.propose(asked[2]), client.choose(asked[3])]  # type: ignore[arg-type]
    assert said == [{"text": "hello rx-b"}] * 4
    assert answers.asked == asked


def test_chunks_are_given_for_contents_that_were_given(a: Side, b: Side, tmp_path: Path) -> None:
    """Who knows a digest does not get the chunk: it must be of a content of that group that this connection has asked for."""
    revision = a.save({}, {"show.bin": a.store(b"secret", tmp_path)})
    digest = next(iter(chunk_sizes(_content(a, revision).manifest)))
    with serving(a) as server, client_of(b, server.port) as client:
        with pytest.raises(TransferError, match="in no content of group 7") as raised:
            client.chunks(GROUP, (digest,), lambda _digest, _data: None)
        client.content(GROUP, revision.id)
        got: list[bytes] = []
        client.chunks(GROUP, (digest,), lambda _digest, data: got.append(bytes(data)))
    assert (raised.value.reason, got) == (RefusalReason.NOT_HELD, [b"secret"])


def _content(side: Side, revision: Revision) -> Contents:
    content = side.ledger.content(revision.id)
    assert content
    return Contents(content.shared, content.manifest)


def test_a_revision_that_is_not_held_is_refused(a: Side, b: Side) -> None:
    """And the connection goes on."""
    a.save({})
    with serving(a) as server, client_of(b, server.port) as client:
        with pytest.raises(TransferError, match="is not held here"):
            client.content(GROUP, bytes(32))
        assert relate(client, b.ledger, GROUP).relation == Relation.EMPTY


def test_chunks_that_nobody_asked_for_are_not_stored(a: Side, b: Side) -> None:
    """A peer cannot fill a master's disk."""
    with serving(a) as server, client_of(b, server.port) as client, pytest.raises(TransferError, match="nobody asked for"):
        client.put_chunks(GROUP, (bytes(32),), [b"junk"])
    assert a.refusals.counts() == {"bad-request": 1}


# Cut and changed -----------------------------------------------------------------------------------------------------


def places(total: int, count: int) -> list[int]:
    """The first bytes, the last ones, around every chunk, and some at random: always the same."""
    chosen = {*range(3), *range(total - 3, total), *(total - turn * (CHUNK_BYTES + 400) for turn in range(1, 3))}
    return sorted(place for place in chosen | set(random.Random(total).sample(range(total), count)) if 0 <= place < total)


@pytest.mark.parametrize("direction", ["down", "up"])
@pytest.mark.parametrize("how", ["cut_after", "flip_at"])
def test_a_transfer_cut_or_changed_at_any_byte_leaves_the_old(site: Site, tmp_path: Path, direction: str, how: str) -> None:
    """C-08, S-29: in handshake, hello, answers, chunks. No ledger has moved, nothing is half there; the next try works."""
    a, paths = site.side("rx-a"), site.paths("rx-b")
    revision = a.save({"n": "new"}, {"show.bin": a.store(os.urandom(3 * CHUNK_BYTES), tmp_path)})
    with serving(a) as server:
        with wire(server.port) as between:
            follow(site.with_paths("rx-b", paths), between.port)
        for place in places(between.carried[direction] - 100, 20):
            b = site.with_paths("rx-b", paths)
            old = b.save({"n": "old"})
            with wire(server.port, direction, **{how: place}) as between:
                try:
                    follow(b, between.port)
                except TransferError:
                    assert (b.ledger.head(GROUP), b.ledger.revision(revision.id)) == (old, None)
                    assert b.refusals.counts()
                else:  # the one byte of TLS that means nothing: the minor version of its first record
                    assert (how, place, b.ledger.head(GROUP)) == ("flip_at", 2, revision)
        assert a.ledger.head(GROUP) == revision
        assert follow(b, server.port) == revision


def test_what_came_whole_before_a_cut_is_not_sent_again(a: Side, b: Side, tmp_path: Path) -> None:
    """A transfer is resumed, not repeated."""
    show = os.urandom(40 * CHUNK_BYTES)
    a.save({}, {"show.bin": a.store(show, tmp_path)})
    with serving(a) as server:
        with wire(server.port, cut_after=30 * CHUNK_BYTES) as between, pytest.raises(TransferError):
            follow(b, between.port)
        with wire(server.port) as between:
            follow(b, between.port)
            assert between.carried["down"] < 12 * CHUNK_BYTES
    assert content_of(b)[1] == show
