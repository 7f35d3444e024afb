"""A peer with a good certificate that lies, or whose disk does: nothing that it says is believed without its digest."""

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.documents.canonical import CHUNK_BYTES, FileEntry, canonical
from agent.handover import limits
from agent.handover.fields import JsonObject
from agent.handover.framing import FrameKind
from agent.handover.peer import Peer
from agent.handover.protocol import Contents, GetChunks, GetContent, Missing, PushContent, Relate, Related
from agent.handover.puller import Puller, relate
from agent.handover.refusals import RefusalReason, TransferError
from agent.handover.relation import Relation
from agent.ledger.revision import Author, Revision, make_revision, to_json
from tests.handover.liar import Liar, lying
from tests.handover.transfer_site import GROUP, Answers, Side, Site, client_of, serving


class Pair(NamedTuple):
    """`a` serves `revision`, of three chunks; `b` has `old` in force."""

    a: Side
    b: Side
    revision: Revision
    old: Revision


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def pair(site: Site, tmp_path: Path) -> Pair:
    a, b = site.side("rx-a"), site.side("rx-b")
    revision = a.save({"n": 1}, {"show.bin": a.store(os.urandom(3 * CHUNK_BYTES), tmp_path)})
    return Pair(a, b, revision, b.save({"n": "old"}))


class Lying(Answers):
    """Says what the test wants instead of the truth."""

    lie: Callable[[Contents], Contents] = staticmethod(lambda content: content)
    spoil: Callable[[bytes], bytes] = staticmethod(lambda chunk: chunk)

    def get_content(self, peer: Peer, asked: GetContent) -> Contents:
        return type(self).lie(super().get_content(peer, asked))

    def get_chunks(self, peer: Peer, asked: GetChunks) -> Iterator[bytes]:
        return map(type(self).spoil, super().get_chunks(peer, asked))


def refused(pair: Pair, port: int) -> RefusalReason:
    """Why a pull is refused; and b is as it was, and has counted it once."""
    with client_of(pair.b, port) as client, pytest.raises(TransferError) as raised:
        Puller(client, pair.b.ledger).pull(GROUP, pair.revision)
    assert pair.b.ledger.head(GROUP) == pair.old
    assert pair.b.ledger.revision(pair.revision.id) is None
    assert pair.b.refusals.counts() == {str(raised.value.reason): 1}
    return raised.value.reason


def other_document(content: Contents) -> Contents:
    return Contents(canonical({"n": 2}), content.manifest)


def not_canonical(content: Contents) -> Contents:
    return Contents(b'{ "n": 1 }', content.manifest)


def no_files(content: Contents) -> Contents:
    return Contents(content.shared, {})


def renamed(content: Contents) -> Contents:
    return Contents(content.shared, {f"other-{name}": entry for name, entry in content.manifest.items()})


def escaping(content: Contents) -> Contents:
    return Contents(content.shared, {f"../../{name}": entry for name, entry in content.manifest.items()})


def longer(content: Contents) -> Contents:
    return Contents(
        content.shared, {name: entry._replace(size_bytes=entry.size_bytes + 1) for name, entry in content.manifest.items()}
    )


def swapped(content: Contents) -> Contents:
    """The chunks are right, their order is not; the content digest does not tell."""
    manifest = {name: entry._replace(chunk_digests=entry.chunk_digests[::-1]) for name, entry in content.manifest.items()}
    return Contents(content.shared, manifest)


def repeated(content: Contents) -> Contents:
    """The first chunk three times, so that the file is not proven as it comes but read again."""
    manifest = {name: entry._replace(chunk_digests=entry.chunk_digests[:1] * 3) for name, entry in content.manifest.items()}
    return Contents(content.shared, manifest)


def fewer(content: Contents) -> Contents:
    manifest = {name: entry._replace(chunk_digests=entry.chunk_digests[:2]) for name, entry in content.manifest.items()}
    return Contents(content.shared, manifest)


@pytest.mark.parametrize(
    "lie",
    [other_document, not_canonical, no_files, renamed, escaping, longer, swapped, repeated, fewer],
    ids=lambda lie: lie.__name__,
)
def test_a_content_that_is_not_that_of_the_revision_is_refused(pair: Pair, lie: Callable[[Contents], Contents]) -> None:
    """C-08: signed by its digest, or not taken."""
    answers = type("LyingAbout", (Lying,), {"lie": staticmethod(lie)})("rx-a", pair.a.ledger)
    with serving(pair.a, answers) as server:
        assert refused(pair, server.port) == RefusalReason.DIGEST_MISMATCH


@pytest.mark.parametrize(
    "spoil",
    [lambda chunk: bytes(len(chunk)), lambda chunk: chunk[:-1], lambda chunk: chunk[::-1], lambda _chunk: b"x"],
    ids=["zeros", "shorter", "backwards", "one byte"],
)
def test_a_chunk_that_is_not_what_was_asked_for_is_refused(pair: Pair, spoil: Callable[[bytes], bytes]) -> None:
    """And named by its digest."""
    answers = type("Spoiling", (Lying,), {"spoil": staticmethod(spoil)})("rx-a", pair.a.ledger)
    with serving(pair.a, answers) as server:
        assert refused(pair, server.port) == RefusalReason.DIGEST_MISMATCH


def test_a_damaged_disk_of_the_master_is_told_and_leaves_the_backup_as_it_was(pair: Pair) -> None:
    """The sentence comes from the master, which found it; both count it."""
    pack = next((pair.a.ledger.directory / "packs").glob("*.pack"))
    data = bytearray(pack.read_bytes())
    data[-1000] ^= 1
    pack.write_bytes(data)
    with serving(pair.a) as server:
        assert refused(pair, server.port) == RefusalReason.STORAGE
    assert pair.a.refusals.counts() == {"storage": 1}
    assert "cannot be read" in pair.b.refusals.recent()[0].text


def test_a_full_disk_of_the_backup_is_its_own_sentence(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is half there, and the next try works."""
    from agent.ledger import writer

    def full(*_words: object) -> list[int]:
        raise OSError(28, "No space left on device")

    with serving(pair.a) as server:
        monkeypatch.setattr(writer, "append", full)
        assert refused(pair, server.port) == RefusalReason.STORAGE
        monkeypatch.undo()
        with client_of(pair.b, server.port) as client:
            Puller(client, pair.b.ledger).pull(GROUP, pair.revision)
    assert pair.b.ledger.is_complete(pair.revision.id)


# Frames that lie -----------------------------------------------------------------------------------------------------


def giant_answer(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.ANSWER, request, 0xFFFF_FFFF))


def giant_chunk(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.CHUNK, request, limits.MAX_CHUNK_BYTES + 1))


def empty_chunk(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.CHUNK, request, 0))


def no_json(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.ANSWER, request, 3) + b"{,}")


def deep_json(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.ANSWER, request, 200_000) + b"[" * 200_000)


def a_list(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.ANSWER, request, 2) + b"[]")


def other_kind(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", 77, request, 0))


def other_request(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.answer(request + 1, {})


def empty_object(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.answer(request, {})


def wrong_types(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.answer(request, {"shared": "{}", "manifest": {"show.bin": [1, "00", "zz"]}})


def half_a_character(liar: Liar, request: int, _data: JsonObject) -> None:
    liar.raw(struct.pack("!BII", FrameKind.ANSWER, request, 35) + b'{"shared": "\\ud800", "manifest": {}}'[:35])


def error_without_reason(liar: Liar, request: int, _data: JsonObject) -> None:
    assert liar.channel
    liar.channel.send_json(FrameKind.ERROR, request, {"text": 5, "reason": ["x"]})


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (giant_answer, RefusalReason.TOO_LONG),
        (giant_chunk, RefusalReason.TOO_LONG),
        (empty_chunk, RefusalReason.BAD_FRAME),
        (no_json, RefusalReason.BAD_FRAME),
        (deep_json, RefusalReason.BAD_FRAME),
        (a_list, RefusalReason.BAD_FRAME),
        (other_kind, RefusalReason.BAD_FRAME),
        (other_request, RefusalReason.BAD_FRAME),
        (empty_object, RefusalReason.BAD_ANSWER),
        (wrong_types, RefusalReason.BAD_ANSWER),
        (half_a_character, RefusalReason.BAD_FRAME),
        (error_without_reason, RefusalReason.INTERNAL),
    ],
)
def test_frames_that_lie_are_refused(pair: Pair, script: Callable[[Liar, int, JsonObject], None], reason: RefusalReason) -> None:
    """Before the memory that they ask for is given."""
    with lying(pair.a, script) as liar:
        assert refused(pair, liar.port) == reason


def test_a_server_that_says_nothing_is_given_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 8 s; here less."""
    monkeypatch.setattr(limits, "ANSWER_S", 0.2)
    with lying(pair.a, lambda _liar, _request, _data: None) as liar:
        assert refused(pair, liar.port) == RefusalReason.IDLE


def test_a_server_that_drips_is_given_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that has begun goes on."""
    monkeypatch.setattr(limits, "STALL_S", 0.2)
    with lying(pair.a, lambda liar, request, _data: liar.raw(struct.pack("!BII", 2, request, 100) + b"{")) as liar:
        assert refused(pair, liar.port) == RefusalReason.SLOW


# Histories that lie --------------------------------------------------------------------------------------------------


def revisions(count: int, group: int = GROUP) -> list[Revision]:
    """A line of them, oldest first."""
    made: list[Revision] = []
    for number in range(1, count + 1):
        parents = (made[-1].id,) if made else ()
        made.append(make_revision(group, number, parents, Author("x", "y", "z"), number, digest=bytes(32), kind="edit"))
    return made


def test_an_endless_chain_is_refused(pair: Pair) -> None:
    """At most 2000 at a time."""
    one = to_json(revisions(1)[0])
    related: JsonObject = {"relation": "behind", "head": one, "base": None, "via_choice": False, "wants_more": False}
    script = lambda liar, request, _data: liar.answer(request, {**related, "chain": [one] * (limits.MAX_CHAIN + 1)})  # noqa: E731
    with (
        lying(pair.a, script) as liar,
        client_of(pair.b, liar.port) as client,
        pytest.raises(TransferError, match="at most 2000"),
    ):
        relate(client, pair.b.ledger, GROUP)


def test_a_revision_whose_id_is_not_its_own_is_refused(pair: Pair) -> None:
    """The id is a digest."""
    forged = {**to_json(pair.revision), "author": "somebody else"}
    related: JsonObject = {
        "relation": "empty",
        "head": forged,
        "base": None,
        "via_choice": False,
        "wants_more": False,
        "chain": [],
    }
    with (
        lying(pair.a, lambda liar, request, _data: liar.answer(request, related)) as liar,
        client_of(pair.b, liar.port) as client,
        pytest.raises(TransferError, match="its id says"),
    ):
        relate(client, pair.b.ledger, GROUP)
    assert pair.b.refusals.counts() == {"bad-answer": 1}


def test_strangers_in_a_chain_are_left_out(pair: Pair) -> None:
    """Only what the revision goes back to is kept, and of its own group alone."""
    strangers = [*revisions(3), *revisions(2, group=9)]
    with serving(pair.a) as server, client_of(pair.b, server.port) as client:
        Puller(client, pair.b.ledger).pull(GROUP, pair.revision, strangers)
    assert all(pair.b.ledger.revision(one.id) is None for one in strangers)
    assert pair.b.ledger.is_complete(pair.revision.id)


def test_a_server_that_asks_for_more_for_ever_is_asked_twice(pair: Pair) -> None:
    """`wants_more` is heard once."""
    for number in range(30):
        pair.b.save({"n": number})

    class Insatiable(Answers):
        asked_for = 0

        def relate(self, _peer: Peer, _asked: Relate) -> Related:
            type(self).asked_for += 1
            return Related(Relation.UNRELATED, None, wants_more=True)

    with serving(pair.a, Insatiable("rx-a", pair.a.ledger)) as server, client_of(pair.b, server.port) as client:
        assert relate(client, pair.b.ledger, GROUP).wants_more
    assert Insatiable.asked_for == 2


def test_a_master_that_lacks_chunks_for_ever_is_left(pair: Pair) -> None:
    """Each is given once."""

    class Forgetful(Answers):
        def push_content(self, peer: Peer, asked: PushContent) -> Missing:
            chunks = asked.content.manifest["show.bin"].chunk_digests
            peer.wanted[GROUP] = dict.fromkeys(chunks, CHUNK_BYTES)
            return Missing(chunks)

    with (
        serving(pair.b, Forgetful("rx-b", pair.b.ledger)) as server,
        client_of(pair.a, server.port, "rx-b") as client,
        pytest.raises(TransferError, match="asks for chunks that it has"),
    ):
        Puller(client, pair.a.ledger).push(GROUP, pair.revision)


def test_a_pushed_chunk_that_is_not_what_was_announced_is_refused(pair: Pair) -> None:
    """The master is as careful as the backup."""
    content = pair.a.ledger.content(pair.revision.id)
    assert content
    chunks = content.manifest["show.bin"].chunk_digests
    pushed = PushContent(GROUP, pair.revision, Contents(content.shared, content.manifest))
    with serving(pair.b) as server, client_of(pair.a, server.port, "rx-b") as client:
        assert client.push_content(pushed).digests == chunks
        with pytest.raises(TransferError, match="is not what came"):
            client.put_chunks(GROUP, chunks, [bytes(CHUNK_BYTES)] * 3)
    assert pair.b.refusals.counts() == {"digest-mismatch": 1}
    assert pair.b.ledger.revision(pair.revision.id) is None


def test_a_pushed_content_that_is_not_the_revisions_is_refused(pair: Pair) -> None:
    """The same sentence as for a pull."""
    entry = FileEntry(0, bytes(32), ())
    pushed = PushContent(GROUP, pair.revision, Contents(canonical({"n": 3}), {"x": entry}))
    with (
        serving(pair.b) as server,
        client_of(pair.a, server.port, "rx-b") as client,
        pytest.raises(TransferError, match="has content"),
    ):
        client.push_content(pushed)
    assert pair.b.refusals.counts() == {"digest-mismatch": 1}
