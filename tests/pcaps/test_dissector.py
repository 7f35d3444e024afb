"""The Wireshark dissector, which was written from docs/protocol.md alone, against the agent's own decoder: field by field."""

import random
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import Keyring, make_key
from agent.wire.message import HEADER_BYTES, TRAILER_BYTES, Designation, Flag, Kind, Message, Why
from tests.pcaps.pcapfile import Frame, read_pcap, write_pcap
from tests.pcaps.tshark import Told, dissect, run

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark (Debian: apt-get install tshark)")

PLACE = Path(__file__).parents[2] / "pcaps"
CAPTURES = sorted(PLACE.glob("*.pcap"))
SEED = 7420
MUTANTS = 600
SECOND, MS = 1_000_000_000, 1_000_000
KEYS, NO_KEYS = Keyring([make_key(bytes(32))]), Keyring([])
SIGNED = int(Flag.AUTHENTICATED)

MESSAGE = Message(Kind.ADVERT, 1, 7, 254, 1000, 0xA1, 1_800_000_000, 5, 12_345, "rx-a", readiness=255, software="1.0")
# What the dissector calls what the decoder refuses.
ERRORS = {
    Rejection.NOT_UNDERSTUDY: {"bad_magic", "short"},
    Rejection.OVERSIZE: {"oversize"},
    Rejection.MAJOR_VERSION: {"major_version"},
    Rejection.UNKNOWN_KIND: {"unknown_kind"},
    Rejection.UNSIGNED: {"malformed"},
    Rejection.MALFORMED: {"malformed"},
}


def frame(payload: bytes, at_ns: int = 0, ttl: int = 255, port: int = 7420) -> Frame:
    """On the cable, from 10.0.0.1 to the multicast address."""
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, ttl, 17, 0, b"\x0a\0\0\1", b"\xef\xc0\7\7")
    udp = struct.pack(">HHHH", port, port, 8 + len(payload), 0)
    return Frame(at_ns, bytes(12) + b"\x08\0" + ip + udp + payload)


def told_of(frames: list[Frame], folder: Path, *words: str) -> list[Told]:
    """What tshark says about these frames."""
    write_pcap(folder / "made.pcap", frames)
    return dissect(folder / "made.pcap", *words)


def ours(datagram: bytes) -> Message | DecodeError:
    """The agent's opinion. A MAC is nothing to a dissector, so whoever says AUTHENTICATED is believed."""
    is_signed = len(datagram) > 5 and bool(datagram[5] & SIGNED)
    if is_signed and len(datagram) >= HEADER_BYTES + TRAILER_BYTES:
        datagram = datagram[:-TRAILER_BYTES] + KEYS.sign(datagram[:-TRAILER_BYTES])
    try:
        return decode(datagram, KEYS if is_signed else NO_KEYS)
    except DecodeError as error:
        return error


def assert_alike(told: Told, datagram: bytes) -> None:
    """Everything that the agent reads in a packet, the dissector shows; what the agent refuses, it marks as an error."""
    message = ours(datagram)
    if isinstance(message, DecodeError):
        assert told.errors & ERRORS[message.reason], (message, told, datagram.hex())
        return
    assert not told.errors - {"ttl"}, (message, told.errors, datagram.hex())
    assert shown(told) == wanted(message, datagram), datagram.hex()


def shown(told: Told) -> dict[str, object]:
    """The fields by their names in the agent, as numbers and texts."""
    numbers = {
        name: int(told.one(field), 0)
        for name, field in {
            "kind": "kind", "device_type": "device_type", "group": "group", "priority": "priority", "readiness": "readiness",
            "interval_ms": "interval_ms", "acting_for": "acting_for", "unit_id": "unit_id", "boot": "boot",
            "master_for_ms": "master_for_ms", "sequence": "sequence", "sent_at_us": "sent_at_us", "target": "target",
            "nonce": "nonce", "operation": "operation", "why": "reason", "capacity": "capacity",
            "config_revision": "configuration.revision", "designation": "designation", "header_length": "header_length",
        }.items()
    }  # fmt: skip
    names = ("authenticated", "preempt", "incumbent", "preempting", "leaving", "attended")
    flags = {name: told.one(f"flags.{name}") for name in names}
    texts = {name: told.fields.get(name, []) for name in ("name", "software", "key_id", "mac")}
    return {**numbers, **flags, **texts, "digest": told.one("configuration.digest").replace(":", "")}


def wanted(message: Message, datagram: bytes) -> dict[str, object]:
    """What `shown` must be."""
    is_signed = bool(datagram[5] & SIGNED)
    simple = {
        name: int(getattr(message, name))
        for name in message._fields
        if name not in {"flags", "name", "software", "config_digest"}
    }
    if message.why is Why.NONE:  # another reason is read as 0, but shown
        simple["why"] = int.from_bytes(datagram[68:70])
    header_length = int.from_bytes(datagram[6:8])
    trailer = datagram[-TRAILER_BYTES:] if is_signed else b""
    items = datagram[header_length : len(datagram) - len(trailer)]
    flags = {flag.name.lower(): str(int(flag in message.flags)) for flag in Flag if flag.name}
    return {
        **simple,
        **{name: value for name, value in flags.items() if name != "none"},
        "authenticated": str(int(is_signed)),
        "header_length": header_length,
        "name": [message.name],
        "software": [message.software] if has_item(items, 2) else [],
        "digest": message.config_digest.hex(),
        "key_id": [f"0x{trailer[:4].hex()}"] if is_signed else [],
        "mac": [trailer[4:].hex(":")] if is_signed else [],
    }


def has_item(items: bytes, kind: int) -> bool:
    """Among items that the decoder has found to be sound."""
    while items and items[0] != kind:
        items = items[2 + items[1] :]
    return bool(items)


# Captures ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told_captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Told]]:
    """All captures, read by one tshark: it takes half a second to start."""
    frames = [frame for path in CAPTURES for frame in read_pcap(path)]
    told = iter(told_of(frames, tmp_path_factory.mktemp("captures")))
    return {path.stem: [next(told) for _ in read_pcap(path)] for path in CAPTURES}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_field_of_a_capture_is_what_the_agent_reads(path: Path, told_captures: dict[str, list[Told]]) -> None:
    """Two implementations of one page, on each committed capture."""
    for told, seen in zip(told_captures[path.stem], read_pcap(path), strict=True):
        assert_alike(told, seen.payload)
        assert ("ttl" in told.errors) == (seen.ttl < 255)


def test_a_changeover_reads_like_its_story_and_answers_know_their_questions() -> None:
    """The Info column; the nonces. A question knows its answer when the file is read twice (-2), as Wireshark does."""
    names = "_ws.col.Info", "understudy.question_in", "understudy.answer_in", "understudy.answer_time_ms"
    lines = run(PLACE / "changeover.pcap", "-2", "-T", "fields", *(word for name in names for word in ("-e", name))).splitlines()
    story, question_in, answer_in, answer_ms = zip(*(line.split("\t") for line in lines), strict=True)
    assert story[:3] == (
        "advert group 7 priority 254 A=0.1 s rx-a master for 0.4 s",
        "question group 7 rx-b to rx-a: prove that you are alive",
        "advert group 7 priority 254 A=0.1 s rx-a master for 0.4 s (answer to frame 2)",
    )
    assert story[5] == "question group 7 rx-b to everybody: who is master?"
    assert story[13:18] == (
        "request group 7 rx-b to rx-a: command of an operator",
        "handover group 7 rx-a to rx-b: command of an operator",
        "beacon group 7 priority 254 A=0.1 s rx-a readiness 255",
        "claim group 7 priority 252 A=0.1 s rx-b",
        "advert group 7 priority 252 A=0.1 s rx-b master for 0.0 s",
    )
    assert [question_in[number] for number in (2, 4, 7)] == ["2", "4", "6"]
    assert [answer_in[number] for number in (1, 3, 5)] == ["3", "5", "8"]
    assert float(answer_ms[2]) == pytest.approx(0.239, abs=0.01)


@pytest.mark.parametrize(("filter_", "count"), [
    ("understudy.kind == advert && understudy.name == \"rx-b\"", 4),
    ("understudy.party == 0xb2 && understudy.reason == 1 && understudy.group == 7", 2),
])  # fmt: skip
def test_fields_can_be_filtered_for(filter_: str, count: int) -> None:
    """understudy.kind, understudy.party (sender or target) and the others."""
    assert len(run(PLACE / "changeover.pcap", "-Y", filter_).splitlines()) == count


def test_replayed_and_rival_packets_are_pointed_out() -> None:
    """What one packet alone does not show."""
    replayed = dissect(PLACE / "replayed.pcap")
    assert sum("replayed" in {expert.name for expert in told.experts} for told in replayed) == 22
    rival = [expert.message for told in dissect(PLACE / "partition.pcap") for expert in told.experts]
    assert rival == ["Two masters: rx-b advertises this group too"]
    restart = [expert.name for told in dissect(PLACE / "restart.pcap") for expert in told.experts]
    assert restart == ["new_boot"]


# Made packets ----------------------------------------------------------------------------------------------------------


def messages() -> Iterator[Message]:
    """Each kind, flag, designation and reason, and the ends of every range."""
    for kind in Kind:
        priority = 0 if kind in {Kind.GIVE_UP, Kind.HANDOVER} else 1
        nonce = 9 if kind is Kind.QUESTION else 0
        yield MESSAGE._replace(kind=kind, priority=priority, nonce=nonce, target=0xB2, sequence=int(kind))
    for flag in Flag:
        yield MESSAGE._replace(flags=flag)
    for designation in Designation:
        yield MESSAGE._replace(designation=designation)
    for why in Why:
        yield MESSAGE._replace(why=why)
    yield MESSAGE._replace(device_type=0, group=0, readiness=0, interval_ms=10, acting_for=0, name="x", software="")
    yield MESSAGE._replace(
        device_type=255, group=255, priority=255, interval_ms=40_950, acting_for=255, unit_id=2**64 - 1, boot=2**32 - 1,
        sequence=2**64 - 1, sent_at_us=2**64 - 1, master_for_ms=2**32 - 1, target=2**64 - 1, nonce=2**64 - 1,
        operation=2**32 - 1, capacity=2**16 - 1, config_revision=2**64 - 1, config_digest=bytes(range(32)),
        name="ä€🎚" * 7, software="9" * 32,
    )  # fmt: skip


def test_every_kind_flag_reason_and_range_is_shown(tmp_path: Path) -> None:
    """With and without a trailer."""
    datagrams = [encode(message, keys) for message in messages() for keys in (NO_KEYS, KEYS)]
    for told, datagram in zip(told_of([frame(datagram) for datagram in datagrams], tmp_path), datagrams, strict=True):
        assert_alike(told, datagram)


FIELDS = (0, 2), (2, 1), (3, 1), (4, 2), (10, 1), (12, 2), (14, 2), (16, 8), (24, 4), (32, 8), (48, 8), (56, 8), (68, 2)
# Good ones; a control character in one byte, and in two; cut, a surrogate, beyond Unicode; too long.
TEXTS = b"", b"a", "é".encode(), b"\x00", b"\xc2\x85", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"y" * 65


@dataclass
class Mutator:
    """Damages a packet where it hurts: a byte, a field's end, a length, an item."""

    random: random.Random

    def damage(self, datagram: bytes) -> bytes:
        data = bytearray(datagram)
        for _ in range(self.random.choice((1, 1, 2))):
            self.random.choice((self._byte, self._field, self._cut, self._item, self._header))(data)
        return bytes(data)

    def _byte(self, data: bytearray) -> None:
        if data:
            data[self.random.randrange(len(data))] = self.random.choice((0, 1, 0x30, 0x7F, 0x80, 0xC2, 0xED, 0xFF))

    def _field(self, data: bytearray) -> None:
        at, size = self.random.choice(FIELDS)
        if len(data) >= at + size:
            data[at : at + size] = self.random.choice((0, 1, 255, 256, 2**64 - 1)).to_bytes(8)[-size:]

    def _cut(self, data: bytearray) -> None:
        if self.random.random() < 0.2:
            data.extend(bytes(self.random.randrange(500)))
        elif data:
            del data[-self.random.randrange(1, min(60, len(data) + 1)) :]

    def _item(self, data: bytearray) -> None:
        value = self.random.choice(TEXTS)
        data[112:112] = bytes((self.random.choice((1, 2, 3, 200)), len(value))) + value

    def _header(self, data: bytearray) -> None:
        if len(data) >= 8:
            data[6:8] = self.random.choice((0, 111, 113, 112 + 6, 200, 0xFFFF)).to_bytes(2)


def test_whatever_the_bytes_both_agree_and_lua_never_stumbles(tmp_path: Path) -> None:
    """The agent refuses exactly what the dissector marks as an error."""
    mutator = Mutator(random.Random(SEED))
    sound = [encode(message, keys) for message in messages() for keys in (NO_KEYS, KEYS)]
    datagrams = [mutator.damage(mutator.random.choice(sound)) for _ in range(MUTANTS)]
    refused = [ours(datagram) for datagram in datagrams]
    assert 100 < sum(isinstance(opinion, DecodeError) for opinion in refused) < MUTANTS - 100
    for told, datagram in zip(told_of([frame(datagram) for datagram in datagrams], tmp_path), datagrams, strict=True):
        assert_alike(told, datagram)


def test_a_capture_that_cut_the_packets_short_is_no_fault_of_the_packets(tmp_path: Path) -> None:
    """tcpdump -s: each length, without a Lua error, and marked as cut."""
    whole = frame(encode(MESSAGE, KEYS)).data
    records = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)]
    lengths = range(42, len(whole))
    records += [struct.pack("<IIII", 0, 0, length, len(whole)) + whole[:length] for length in lengths]
    (tmp_path / "cut.pcap").write_bytes(b"".join(records))
    for length, told in zip(lengths, dissect(tmp_path / "cut.pcap"), strict=True):
        if length >= 42 + HEADER_BYTES:
            assert not told.errors
            assert "cut" in {expert.name for expert in told.experts}
            assert told.one("group") == "7"


def test_ports_are_a_preference_and_packets_are_known_by_their_beginning_too(tmp_path: Path) -> None:
    """Edit > Preferences > Protocols > UNDERSTUDY; a site's own port needs it only for what is malformed."""
    frames = [frame(encode(MESSAGE, NO_KEYS), port=7777), frame(b"noise", port=7777)]
    assert ["group" in told.fields for told in told_of(frames, tmp_path)] == [True, False]
    sound, noise = told_of(frames, tmp_path, "-o", "understudy.ports:7420,7777")
    assert sound.one("group") == "7"
    assert noise.errors == {"bad_magic"}


def test_a_packet_that_crossed_a_router_is_marked_as_the_preference_says(tmp_path: Path) -> None:
    """`minimum_ttl`; on IPv6 it is the hop limit."""
    payload = encode(MESSAGE, NO_KEYS)
    udp = struct.pack(">HHHH", 7420, 7420, 8 + len(payload), 0) + payload
    ipv6 = struct.pack(">IHBB16s16s", 6 << 28, len(udp), 17, 254, bytes(15) + b"\1", bytes(15) + b"\2")
    frames = [frame(payload, ttl=254), Frame(0, bytes(12) + b"\x86\xdd" + ipv6 + udp)]
    assert [told.errors for told in told_of(frames, tmp_path)] == [{"ttl"}, {"ttl"}]
    assert [told.errors for told in told_of(frames, tmp_path, "-o", "understudy.minimum_ttl:250")] == [set(), set()]


def test_a_packet_later_than_the_lease_is_marked_as_stale(tmp_path: Path) -> None:
    """Lease (A + 0.1 s) * 0.999 - 20 ms: of A = 1 s, 1078.9 ms."""
    late_ms = {1: 0, 2: 1070, 3: 1082}  # 1 ms a second of drift is allowed for
    datagrams = [encode(MESSAGE._replace(sequence=n, sent_at_us=n * 1_000_000), NO_KEYS) for n in late_ms]
    frames = [frame(datagram, n * SECOND + late_ms[n] * MS) for datagram, n in zip(datagrams, late_ms, strict=True)]
    told = told_of(frames, tmp_path)
    assert ["stale" in {expert.name for expert in each.experts} for each in told] == [False, False, True]
