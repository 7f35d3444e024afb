"""What comes to an open port: junk, stalled and greedy clients, and peers that do not keep to the protocol. Nobody else waits."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from agent.handover import client as client_module
from agent.handover import limits
from agent.handover.client import Clients, Target
from agent.handover.framing import FrameKind
from agent.handover.protocol import Hello, Pair
from agent.handover.puller import relate
from agent.handover.refusals import REMEDIES, RefusalReason, Refused, TransferError
from agent.handover.server import HandoverServer
from tests.handover.cutting_proxy import wire
from tests.handover.liar import RawClient, lying
from tests.handover.transfer_site import GROUP, Answers, Side, Site, client_of, hello, serving, soon


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


class Scene(NamedTuple):
    a: Side
    b: Side
    server: HandoverServer


@pytest.fixture
def scene(site: Site) -> Iterator[Scene]:
    a, b = site.side("rx-a"), site.side("rx-b")
    a.save({"n": 1})
    with serving(a) as server:
        yield Scene(a, b, server)
        assert a.ledger.groups() == [GROUP]  # whatever came, nothing was stored
        assert len(a.ledger.history(GROUP, 10)) == 1


def works(scene: Scene, within_s: float = 3.0) -> bool:
    """Another unit is served, and soon."""
    start = time.monotonic()
    with client_of(scene.b, scene.server.port) as client:
        assert relate(client, scene.b.ledger, GROUP).head
    return time.monotonic() - start < within_s


def plain(scene: Scene, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", scene.server.port), 5, source_address=(source, 0))


def counted(scene: Scene, reason: str, count: int = 1) -> bool:
    return soon(lambda: scene.a.refusals.counts().get(reason, 0) >= count)


# Before TLS is there -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(200), b"\xff" * 5000, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x00\x05junk!"],
)
def test_what_is_not_tls_is_refused(scene: Scene, junk: bytes) -> None:
    """A browser, a scanner, another service."""
    with plain(scene) as stranger:
        stranger.sendall(junk)
        assert counted(scene, "not-tls"), scene.a.refusals.counts()
        with suppress(OSError):
            while stranger.recv(1000):
                pass
    assert works(scene)


def test_a_connection_that_is_closed_at_once_is_counted_as_cut(scene: Scene) -> None:
    """A port scan."""
    plain(scene).close()
    assert counted(scene, "cut")


def test_a_stalled_handshake_blocks_nobody_and_ends(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow loris: one byte now and then; its own thread has 5 s (here 0.5) for the whole of it."""
    monkeypatch.setattr(limits, "HANDSHAKE_S", 0.5)
    strangers = [plain(scene, "127.0.0.2") for _ in range(4)]
    hello_of_tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300)
    for place in range(6):
        for stranger in strangers:
            with suppress(OSError):
                stranger.sendall(hello_of_tls[place : place + 1])
        assert works(scene)
        time.sleep(0.1)
    assert counted(scene, "handshake-timeout", 4)
    for stranger in strangers:
        stranger.close()


def test_an_address_that_opens_many_connections_keeps_out_itself_alone(scene: Scene) -> None:
    """At most 4 handshakes of one address at a time, 16 in all."""
    greedy = [plain(scene, "127.0.0.2") for _ in range(limits.MAX_HANDSHAKES_AN_ADDRESS + 3)]
    assert counted(scene, "too-many-connections", 3)
    assert works(scene)
    for one in greedy:
        one.close()


def test_no_more_handshakes_than_there_are_places(scene: Scene) -> None:
    """Threads are bounded whatever comes."""
    before = threading.active_count()
    greedy = [plain(scene, f"127.0.0.{number // 4 + 2}") for number in range(limits.MAX_HANDSHAKES + 8)]
    assert counted(scene, "too-many-connections", 8)
    assert threading.active_count() - before <= limits.MAX_HANDSHAKES
    for one in greedy:
        one.close()
    assert soon(lambda: scene.a.refusals.counts().get("cut", 0) == limits.MAX_HANDSHAKES)
    assert works(scene)


# After it ------------------------------------------------------------------------------------------------------------


def raw(scene: Scene, is_greeted: bool = True) -> RawClient:
    client = RawClient(scene.server.port, scene.b.identity().contexts().client)
    if is_greeted:
        assert client.greet(hello("rx-b")).kind == FrameKind.ANSWER
    return client


def error_of(client: RawClient) -> RefusalReason:
    """The server's word for it."""
    frame = client.channel.read(5)
    assert frame.kind == FrameKind.ERROR
    told = frame.json()
    assert REMEDIES[RefusalReason(str(told["reason"]))] in str(told["text"])
    return RefusalReason(str(told["reason"]))


def test_a_unit_has_four_connections_at_most(scene: Scene) -> None:
    """The fifth is told so; when one is closed there is room again."""
    kept = [raw(scene) for _ in range(limits.MAX_CONNECTIONS_A_PEER)]
    with client_of(scene.b, scene.server.port) as client, pytest.raises(TransferError, match="4 a unit"):
        client.hello()
    assert counted(scene, "too-many-connections")
    kept.pop().close()
    assert soon(lambda: _is_served(scene))


def _is_served(scene: Scene) -> bool:
    try:
        return works(scene)
    except TransferError:
        return False


def test_there_are_32_connections_at_most(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here two."""
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 2)
    a, others = site.side("rx-a"), [site.side(f"rx-{name}") for name in "bcd"]
    with serving(a) as server:
        held = [client_of(other, server.port) for other in others]
        with held[0] as first, held[1] as second, held[2] as third:
            first.hello()
            second.hello()
            with pytest.raises(TransferError, match="no place is free"):
                third.hello()
            first.close()
            assert soon(lambda: server._seats.take("x"))


def greet_again(client: RawClient) -> None:
    client.say(2, {"verb": "hello", **hello("rx-b").to_json()})


def same_number(client: RawClient) -> None:
    client.say(1, {"verb": "relate", "group": GROUP})


def smaller_number(client: RawClient) -> None:
    client.say(5, {"verb": "nothing"})
    client.channel.read(5)
    client.say(4, {"verb": "nothing"})


def unknown(client: RawClient) -> None:
    client.say(2, {"verb": "format_disk", "group": GROUP})


def no_verb(client: RawClient) -> None:
    client.say(2, {})


def odd_verb(client: RawClient) -> None:
    client.say(2, {"verb": ["x"] * 100})


def no_group(client: RawClient) -> None:
    client.say(2, {"verb": "relate"})


def true_group(client: RawClient) -> None:
    client.say(2, {"verb": "relate", "group": True})


def group_256(client: RawClient) -> None:
    client.say(2, {"verb": "get_content", "group": 256, "revision": "00" * 32})


def bad_relate(client: RawClient) -> None:
    client.say(2, {"verb": "relate", "group": GROUP, "head": "00" * 32, "digest": None, "have": [], "is_all": True})


def too_much_have(client: RawClient) -> None:
    have = [f"{number:064x}" for number in range(limits.MAX_HAVE + 1)]
    client.say(2, {"verb": "relate", "group": GROUP, "head": have[0], "digest": have[0], "have": have, "is_all": True})


def too_many_chunks(client: RawClient) -> None:
    client.say(2, {"verb": "get_chunks", "group": GROUP, "digests": [f"{number:064x}" for number in range(65)]})


def strange_push(client: RawClient) -> None:
    client.say(2, {"verb": "push_content", "group": GROUP, "revision": {"id": 5}, "shared": "{}", "manifest": {}, "ancestry": []})


def an_answer(client: RawClient) -> None:
    client.say(2, {}, FrameKind.ANSWER)


def a_chunk(client: RawClient) -> None:
    client.channel.send(FrameKind.CHUNK, 2, b"x")


def giant(client: RawClient) -> None:
    client.header(FrameKind.REQUEST, 2, 0x7FFF_FFFF)


def long_ping(client: RawClient) -> None:
    client.header(FrameKind.PING, 2, 5)


def no_kind(client: RawClient) -> None:
    client.header(0, 2, 0)


def no_object(client: RawClient) -> None:
    client.channel.send(FrameKind.REQUEST, 2, b"[1]")


def not_a_number(client: RawClient) -> None:
    client.channel.send(FrameKind.REQUEST, 2, b'{"verb": NaN}')


def other_chunk(client: RawClient) -> None:
    client.say(2, {"verb": "put_chunks", "group": GROUP, "digests": ["00" * 32]})
    client.channel.send(FrameKind.CHUNK, 3, b"x")


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (greet_again, RefusalReason.UNKNOWN_REQUEST),
        (same_number, RefusalReason.REPLAYED_REQUEST),
        (smaller_number, RefusalReason.REPLAYED_REQUEST),
        (unknown, RefusalReason.UNKNOWN_REQUEST),
        (no_verb, RefusalReason.UNKNOWN_REQUEST),
        (odd_verb, RefusalReason.UNKNOWN_REQUEST),
        (no_group, RefusalReason.BAD_REQUEST),
        (true_group, RefusalReason.BAD_REQUEST),
        (group_256, RefusalReason.BAD_REQUEST),
        (bad_relate, RefusalReason.BAD_REQUEST),
        (too_much_have, RefusalReason.BAD_REQUEST),
        (too_many_chunks, RefusalReason.BAD_REQUEST),
        (strange_push, RefusalReason.BAD_REQUEST),
        (an_answer, RefusalReason.BAD_FRAME),
        (a_chunk, RefusalReason.BAD_FRAME),
        (giant, RefusalReason.TOO_LONG),
        (long_ping, RefusalReason.TOO_LONG),
        (no_kind, RefusalReason.BAD_FRAME),
        (no_object, RefusalReason.BAD_FRAME),
        (not_a_number, RefusalReason.BAD_FRAME),
        (other_chunk, RefusalReason.BAD_REQUEST),
    ],
)
def test_what_is_not_of_the_protocol_is_refused(scene: Scene, say: Callable[[RawClient], None], reason: RefusalReason) -> None:
    """With a reason and a sentence over the same connection; counted; and the next client is served."""
    client = raw(scene)
    say(client)
    assert error_of(client) == reason
    assert str(reason) in scene.a.refusals.counts()
    assert works(scene)


def test_nothing_is_answered_before_hello(scene: Scene) -> None:
    """Not even a ping; and a hello is short."""
    sayings: tuple[Callable[[RawClient], None], ...] = (
        lambda client: client.say(1, {"verb": "relate", "group": GROUP}),
        lambda client: client.channel.send(FrameKind.PING, 0),
        lambda client: client.header(FrameKind.REQUEST, 1, limits.MAX_HELLO_BYTES + 1),
        lambda client: client.say(1, {"verb": "hello"}),
        lambda client: client.say(1, {"verb": "hello", "protocol": [1, 0], "unit": 5}),
    )
    for say in sayings:
        client = raw(scene, is_greeted=False)
        say(client)
        assert error_of(client) in (
            RefusalReason.UNKNOWN_REQUEST,
            RefusalReason.BAD_FRAME,
            RefusalReason.TOO_LONG,
            RefusalReason.BAD_REQUEST,
        )


def test_another_major_version_is_refused_on_both_ends(scene: Scene) -> None:
    """C-14: whatever else its hello looks like. A minor version is not looked at."""
    client = raw(scene, is_greeted=False)
    client.say(1, {"verb": "hello", "protocol": [2, 0], "anything": "else"})
    assert error_of(client) == RefusalReason.PROTOCOL_VERSION
    assert raw(scene, is_greeted=False).greet(hello("rx-b", protocol=(1, 99))).kind == FrameKind.ANSWER
    with lying(scene.a, lambda _liar, _request, _data: None, {"protocol": [2, 0]}) as liar:
        with client_of(scene.b, liar.port) as asking, pytest.raises(TransferError, match=r"speaks version 2\.0"):
            asking.hello()
        assert soon(lambda: [told["reason"] for told in liar.told] == ["protocol-version"])


def test_a_client_that_goes_silent_loses_its_place(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its hello after 5 s, afterwards after 30 s, in the middle of a frame after 8 s; here all in 0.2."""
    for name in ("HANDSHAKE_S", "IDLE_S", "STALL_S"):
        monkeypatch.setattr(limits, name, 0.2)
    waiting, silent = raw(scene, is_greeted=False), raw(scene)
    assert (error_of(waiting), error_of(silent)) == (RefusalReason.IDLE, RefusalReason.IDLE)
    half = raw(scene)
    half.connection.sendall(struct.pack("!BII", FrameKind.REQUEST, 2, 100) + b"{")
    assert error_of(half) == RefusalReason.SLOW
    assert scene.a.refusals.counts() == {"idle": 2, "slow": 1}


def test_a_client_that_reads_nothing_does_not_hold_up_the_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread gives up; the memory for it is one chunk."""
    monkeypatch.setattr(limits, "STALL_S", 0.3)
    a, b = site.side("rx-a"), site.side("rx-b")
    a.save({}, {"show.bin": a.store(bytes(range(256)) * 64 * 1024, site.directory)})
    revision = a.ledger.head(GROUP)
    assert revision
    with serving(a) as server:
        client = RawClient(server.port, b.identity().contexts().client)
        client.greet(hello("rx-b"))
        client.say(2, {"verb": "get_content", "group": GROUP, "revision": revision.id.hex()})
        digest = bytes.fromhex(str(client.channel.read(5).json()["manifest"]["show.bin"][2])[:64])  # type: ignore[index]
        for number in range(3, 400):
            with suppress(Refused):
                client.say(number, {"verb": "get_chunks", "group": GROUP, "digests": [digest.hex()]})
        assert works(Scene(a, b, server))
        assert soon(lambda: a.refusals.counts().get("slow") == 1)


def test_a_handler_that_fails_is_told_as_such(scene: Scene) -> None:
    """Without its inner words; the next client is served."""

    class Failing(Answers):
        def hello(self) -> Hello:
            return hello("rx-a")

        def pair(self, _peer: object, _asked: object) -> dict[str, object]:
            raise RuntimeError("inner words")

    with serving(scene.a, Failing("rx-a", scene.a.ledger)) as server, client_of(scene.b, server.port) as client:
        with pytest.raises(TransferError, match="RuntimeError while answering") as raised:
            client.pair(Pair(GROUP))
        assert raised.value.reason == RefusalReason.INTERNAL
        assert "inner words" not in str(raised.value)
        assert relate(client, scene.b.ledger, GROUP).head


# Kept connections ----------------------------------------------------------------------------------------------------


def test_a_dead_connection_is_found_within_ten_seconds() -> None:
    """What the limits add up to."""
    assert limits.PING_AFTER_S + limits.PONG_WITHIN_S + client_module.KEEP_EVERY_S < 10
    assert limits.PING_AFTER_S * 3 < limits.IDLE_S
    assert limits.ANSWER_S < 10


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING_AFTER_S", 0.05)
    monkeypatch.setattr(limits, "PONG_WITHIN_S", 0.3)
    monkeypatch.setattr(client_module, "KEEP_EVERY_S", 0.05)


@pytest.mark.usefixtures("quick")
def test_a_frozen_peer_is_found_dead_and_told_to_the_tracker(scene: Scene) -> None:
    """Z-32: no carrier changes, no packet says so. Afterwards it connects again by itself."""
    lost: list[Target] = []
    clients = Clients(scene.b.identity(), lambda: hello("rx-b"), scene.b.refusals, on_lost=lost.append)
    with wire(scene.server.port) as between:
        client = clients.to(Target("127.0.0.1", between.port, "rx-a"))
        client.hello()
        time.sleep(0.4)
        assert client.is_connected
        between.is_frozen.set()
        assert soon(lambda: lost == [client.target])
        assert not client.is_connected
        between.is_frozen.clear()
        assert relate(client, scene.b.ledger, GROUP).head
    clients.close()
    assert scene.b.refusals.counts() == {"idle": 1}


@pytest.mark.usefixtures("quick")
def test_a_server_that_restarts_is_found_again(site: Site) -> None:
    """The old connection is seen to be closed before a request is spent on it."""
    a, b = site.side("rx-a"), site.side("rx-b")
    with serving(a) as server, client_of(b, server.port) as client:
        client.hello()
        port = server.port
        server.close()
        assert soon(lambda: not client.is_connected)
        with pytest.raises(TransferError) as raised:
            client.hello()
        assert raised.value.reason == RefusalReason.UNREACHABLE
        again = HandoverServer(a.identity(), Answers("rx-a", a.ledger), a.refusals, host="127.0.0.1", port=port)
        assert client.hello() == hello("rx-a")
        again.close()


def test_nobody_there_is_said_in_three_seconds(site: Site) -> None:
    """Nothing listens, and an address that does not exist."""
    b = site.side("rx-b")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with client_of(b, port) as client, pytest.raises(TransferError, match=r"Connection refused.*\[handover\] port"):
        client.hello()
    clients = Clients(b.identity(), lambda: hello("rx-b"), b.refusals)
    with pytest.raises(TransferError) as raised:
        clients.to(Target("no.such.host.invalid", 7421)).hello()
    clients.close()
    assert raised.value.reason == RefusalReason.UNREACHABLE


def test_closing_cuts_what_is_under_way(scene: Scene) -> None:
    """A process that ends does not wait for a peer that does not answer."""
    with lying(scene.a, lambda _liar, _request, _data: None) as liar, client_of(scene.b, liar.port) as client:
        client.hello()
        ended: list[Exception] = []

        def ask() -> None:
            try:
                relate(client, scene.b.ledger, GROUP)
            except TransferError as error:
                ended.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.1)
        client.close()
        asking.join(2)
        assert len(ended) == 1


def test_many_ask_over_one_connection_at_a_time(scene: Scene) -> None:
    """The tracker's threads share it; each gets its own answer."""
    with client_of(scene.b, scene.server.port) as client:
        found: list[bytes] = []
        head = scene.a.ledger.head(GROUP)
        assert head
        asking = [threading.Thread(target=lambda: found.append(client.content(GROUP, head.id).shared)) for _ in range(20)]
        for one in asking:
            one.start()
        for one in asking:
            one.join(5)
    assert found == [b'{"n":1}'] * 20


def test_every_reason_has_a_remedy() -> None:
    """A sentence that says what to do."""
    assert set(REMEDIES) == set(RefusalReason)
    assert isinstance(ssl.OPENSSL_VERSION, str)
