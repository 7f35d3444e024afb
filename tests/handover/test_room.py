"""What an authorised peer that means no good may leave on the master's disk, and how far ahead it may number."""

import os
from collections.abc import Iterator

import pytest

from agent.documents.canonical import CHUNK_BYTES, FileEntry, canonical, content_digest
from agent.handover import limits
from agent.handover.ledger_requests import chunk_sizes
from agent.handover.protocol import Contents, PushContent
from agent.handover.puller import Puller, relate
from agent.handover.refusals import TransferError
from agent.ledger.limits import MAX_NUMBER
from agent.ledger.revision import make_revision
from tests.handover.transfer_site import GROUP, PERSON, Answers, Side, Site, client_of, serving

PACK = "show.bin"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def a(site: Site) -> Side:
    """The master."""
    side = site.side("rx-a")
    side.save({"n": 1})
    return side


@pytest.fixture
def b(site: Site) -> Side:
    return site.side("rx-b")


def asked(side: Side, entry: FileEntry | None = None, number: int = 2) -> PushContent:
    """A revision after the head of `side`, with this file."""
    head, files = side.ledger.head(GROUP), {PACK: entry} if entry else {}
    assert head
    shared = canonical({"n": number})
    digest = content_digest(shared, files)
    revision = make_revision(GROUP, number, (head.id,), PERSON, 1, digest=digest, kind="edit")
    return PushContent(GROUP, revision, Contents(shared, files))


def files(site: Site, b: Side, count: int) -> list[FileEntry]:
    """Of two chunks each."""
    return [b.store(os.urandom(2 * CHUNK_BYTES), site.directory) for _ in range(count)]


def test_contents_that_are_begun_and_never_ended_are_bounded(
    site: Site, a: Side, b: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Announced, brought but for one chunk, and left: the third is refused, over another connection too, until one ends."""
    monkeypatch.setattr(limits, "MAX_LOOSE_BYTES", 3 * CHUNK_BYTES)
    first, second, third = (asked(a, entry) for entry in files(site, b, 3))
    with serving(a) as server:
        for one in (first, second):
            with client_of(b, server.port) as client:
                missing = client.push_content(one).digests[:1]
                client.put_chunks(GROUP, missing, map(b.ledger.packs.read, missing))
        with client_of(b, server.port) as client:
            with pytest.raises(TransferError, match=r"rx-b has brought 1 MiB that are part of no revision yet, and a unit may"):
                client.push_content(third)
            rest = client.push_content(first).digests
            client.put_chunks(GROUP, rest, map(b.ledger.packs.read, rest))
            assert not client.push_content(first).digests
            assert client.push_content(third).digests
    assert a.refusals.counts() == {"no-room": 1}


def test_the_last_of_the_disk_is_not_for_what_a_peer_brings(
    site: Site, a: Side, b: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither pushed nor pulled, nor is a document without files."""
    one = asked(a, files(site, b, 1)[0])
    a.save({"n": 5}, {PACK: a.store(os.urandom(CHUNK_BYTES), site.directory)})
    monkeypatch.setattr(limits, "MIN_FREE_SHARE", 1.0)
    monkeypatch.setattr(limits, "MIN_FREE_BYTES", 1 << 60)
    with serving(a) as server, client_of(b, server.port) as client:
        with pytest.raises(TransferError, match=r"1 MiB are not taken: the disk of .* stay free. Free space there"):
            client.push_content(one)
        related = relate(client, b.ledger, GROUP)
        assert related.head
        with pytest.raises(TransferError, match=r"1 MiB are not taken"):
            Puller(client, b.ledger).pull(GROUP, related.head)
        with pytest.raises(TransferError, match=r"1 MiB are not taken"):
            client.push_content(asked(a))
    assert a.refusals.counts() == {"no-room": 2}


def test_a_content_that_retention_would_not_keep_is_refused(site: Site, a: Side, b: Side) -> None:
    """max_bytes, here 256 KiB."""
    answers = Answers("rx-a", a.ledger, max_bytes=CHUNK_BYTES)
    with (
        serving(a, answers) as server,
        client_of(b, server.port) as client,
        pytest.raises(TransferError, match=r"a configuration of 1 MiB is more than this unit keeps \(max_bytes: 1 MiB\)"),
    ):
        client.push_content(asked(a, files(site, b, 1)[0]))


def test_only_chunks_of_what_was_announced_on_this_connection_are_stored(site: Site, a: Side, b: Side) -> None:
    """Not those that another connection of the same unit has announced."""
    one = asked(a, files(site, b, 1)[0])
    wanted = tuple(chunk_sizes(one.content.manifest))
    with serving(a) as server, client_of(b, server.port) as client, client_of(b, server.port) as other:
        assert client.push_content(one).digests == wanted
        with pytest.raises(TransferError, match=r"chunks that nobody asked for"):
            other.put_chunks(GROUP, wanted, map(b.ledger.packs.read, wanted))
    assert len(a.ledger.packs.missing(wanted)) == 2


@pytest.mark.parametrize("number", [MAX_NUMBER, 2 + limits.MAX_AHEAD])
def test_a_revision_that_is_numbered_far_ahead_is_refused(a: Side, b: Side, number: int) -> None:
    """A choice takes the number after both sides': there would be none."""
    with serving(a) as server, client_of(b, server.port) as client:
        with pytest.raises(TransferError, match=rf"number {number} is refused: in group 7 it may be 1000001 at most. Look at"):
            client.push_content(asked(a, number=number))
        assert not client.push_content(asked(a, number=1 + limits.MAX_AHEAD)).digests
    assert len(a.ledger.history(GROUP, 10)) == 2
