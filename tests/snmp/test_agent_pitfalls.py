"""What a stock pysnmp agent does wrong, row by row of the table that was measured; each asked by net-snmp's own tools.

Rows 10 and 11 are about notifications (test_notify*.py), 12 and 13 about the engine (test_agent_engine.py).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.management.snmp.ber import integer, object_id, wrap
from agent.management.snmp.pdu import Status
from agent.model.answers import Answer, Change, Denial, Principal
from agent.model.view import View
from tests.model.fake import FakeModel
from tests.model.sample import with_row
from tests.snmp.site import (
    COMMAND,
    INTERVAL,
    LOCALHOST,
    MEMBER,
    OTHER_SECRET,
    PREEMPT,
    PRIORITY,
    ROOT,
    SECRET,
    SYSTEM,
    Site,
    Wire,
    fresh_view,
    running,
)

ASCII_OF_SECRETS = (SECRET, OTHER_SECRET, "public", "named", SECRET.encode().hex(" ").upper())


def test_row_1_who_has_no_write_access_cannot_set(reading: Site) -> None:
    """C-20: v2c without permission, and a viewer of v3: noAccess, and nothing has moved."""
    for said in (
        reading.v2c("snmpset", PRIORITY, "u", "9"),
        reading.v2c("snmpset", PRIORITY, "u", "9", community="named"),
        reading.v3("snmpset", PRIORITY, "u", "9", user="eye"),
        reading.v3("snmpset", COMMAND, "i", "3", user="eye"),
    ):
        assert "noAccess" in said
    assert reading.model.changed == []
    assert reading.model.orders == []


def test_row_1_what_is_not_ours_cannot_be_set_by_anybody(site: Site) -> None:
    """Not even by an operator: the tables of users, of views and of targets are not there."""
    for oid in ("1.3.6.1.6.3.15.1.2.2.1.3.1", "1.3.6.1.6.3.16.1.4.1.5.1", "1.3.6.1.4.1.20408.3.1.1.1"):
        assert "noAccess" in site.v3("snmpset", oid, "s", "x")
    assert "notWritable" in site.v3("snmpset", f"{SYSTEM}.4.0", "s", "x")


def test_row_2_no_walk_shows_a_secret(reading: Site) -> None:
    """Everything from 1.3.6.1 on, by v2c and v3: no passphrase, no community, no table of users."""
    for said in (reading.v2c("snmpbulkwalk", "1.3.6.1"), reading.v3("snmpbulkwalk", "1.3.6.1")):
        assert not any(secret in said for secret in ASCII_OF_SECRETS)
        assert ".1.3.6.1.6.3.15.1.2" not in said
        assert ".1.3.6.1.4.1.20408" not in said
        assert len(said.splitlines()) > 400


class TornModel(FakeModel):
    """Says yes when asked, and no when it comes to it."""

    async def set(self, changes: Any, principal: Principal, reason: str = "") -> Answer:  # noqa: ARG002
        return Answer(Denial.FAILED, "the disk is full", culprit=1)


def test_row_3_a_commit_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """commitFailed at the culprit; both values are still there, and walks go through them."""
    with running(tmp_path, TornModel(fresh_view())) as site:
        before = site.v2c("snmpwalk", MEMBER)
        said = site.v3("snmpset", PRIORITY, "u", "9", INTERVAL, "u", "500")
        assert "commitFailed" in said
        assert f"Failed object: .{INTERVAL}" in said
        assert site.v2c("snmpwalk", MEMBER) == before


@pytest.mark.parametrize("place", range(3))
def test_row_4_the_error_index_is_that_of_the_culprit(reading: Site, place: int) -> None:
    """Wherever it stands; net-snmp names the object by it."""
    good = [(PRIORITY, "u", "9"), (INTERVAL, "u", "500"), (PREEMPT, "i", "1")]
    good[place] = (good[place][0], good[place][1], "70000")
    said = reading.v3("snmpset", *[word for varbind in good for word in varbind], user="ops")
    assert "wrongValue" in said
    assert f"Failed object: .{good[place][0]}" in said
    assert reading.model.changed == []


class BrokenModel(FakeModel):
    """Raises what no model should."""

    def object_to(self, changes: Any, principal: Principal) -> Answer | None:  # noqa: ARG002
        raise RuntimeError("a bug")


def test_row_5_an_exception_is_answered_generr(tmp_path: Path) -> None:
    """On writing; and on reading a value that no encoding has. The agent lives on, and says so once."""
    view = with_row(fresh_view(), "member", (9,), transitions=["not", "a", "value"])
    with running(tmp_path, BrokenModel(view)) as site:
        assert "genError" in site.v3("snmpset", PRIORITY, "u", "9")
        said = site.v3("snmpget", PRIORITY, f"{MEMBER}.60.9")
        assert "genError" in said
        assert f"Failed object: .{MEMBER}.60.9" in said
        assert site.v2c("snmpget", PRIORITY).endswith("254\n")
        assert len(site.told) == 1
        assert "RuntimeError: a bug" in site.told[0]


@pytest.mark.parametrize(
    ("oid", "kind", "value", "status"),
    [
        (PRIORITY, "s", "12", "wrongType"),
        (PRIORITY, "i", "12", "wrongType"),
        (PRIORITY, "t", "12", "wrongType"),
        (PRIORITY, "o", "1.3.6", "wrongType"),
        (PREEMPT, "s", "1", "wrongType"),
        (PREEMPT, "i", "3", "wrongValue"),
        (PRIORITY, "u", "256", "wrongValue"),
        (PRIORITY, "u", "0", "wrongValue"),
        (PRIORITY, "u", "4294967295", "wrongValue"),
        (INTERVAL, "u", "9", "wrongValue"),
        (COMMAND, "i", "9", "wrongValue"),
        (COMMAND, "i", "0", "wrongValue"),
        (COMMAND, "s", "setMaster", "wrongType"),
        (f"{MEMBER}.91.7", "s", "x" * 201, "wrongLength"),
        (f"{MEMBER}.91.7", "x", "FFFE", "wrongValue"),
        (f"{MEMBER}.91.7", "i", "1", "wrongType"),
        (f"{MEMBER}.5.7", "i", "5", "notWritable"),
        (f"{MEMBER}.1.7", "i", "5", "noCreation"),
        (f"{MEMBER}.999.7", "i", "5", "noCreation"),
        ("1.3.6.1.2.1.2.2.1.7.1", "i", "2", "noAccess"),
    ],
)
def test_row_6_each_wrong_value_has_its_own_answer(reading: Site, oid: str, kind: str, value: str, status: str) -> None:
    """S-03: 255 levels to set, 256 and -1 refused with a definite error; C-17: nothing is ignored; nothing is coerced."""
    assert f"Reason: {status}" in reading.v3("snmpset", oid, kind, value)
    assert reading.model.changed == []


def test_row_7_no_row_is_made_by_writing_to_it(site: Site) -> None:
    """noCreation, and the walk is what it was. Right type and range are asked first (RFC 3416, 4.2.5)."""
    assert "noCreation" in site.v3("snmpset", f"{MEMBER}.11.8", "u", "9")
    assert "wrongType" in site.v3("snmpset", f"{MEMBER}.11.8", "s", "9")
    assert f".{MEMBER}.11.8" not in site.v2c("snmpwalk", f"{MEMBER}.11")


def long_texts() -> View:
    """Each answer of them is large."""
    view = fresh_view()
    for group in (7, 9):
        view = with_row(view, "member", (group,), last_text="x" * 255)
    return replace(view, made_at_ns=fresh_view().made_at_ns)


def test_row_8_what_does_not_fit_is_too_big(tmp_path: Path) -> None:
    """GET of more than a datagram: tooBig. GETBULK: as much as fits, and the walk goes on from there."""
    with running(tmp_path, FakeModel(long_texts())) as site:
        assert site.v2c("snmpget", *[f"{MEMBER}.62.7"] * 128).count("x" * 255) == 128
        assert too_big(site, 230) == Status.NO_ERROR
        assert too_big(site, 250) == Status.TOO_BIG
        said = site.v2c("snmpbulkget", *[f"{MEMBER}.61"] * 100, options=("-Cn0", "-Cr10"))
        assert 200 < len(said.splitlines()) < 1000
        assert "tooBig" not in said


def too_big(site: Site, names: int) -> int:
    """Error status of a GET of so many long texts; snmpget itself asks for 128 at most."""
    name = object_id((*map(int, MEMBER.split(".")), 62, 7))
    pdu = wrap(0xA0, integer(1) + integer(0) * 2 + wrap(0x30, wrap(0x30, name + b"\x05\x00") * names))
    wire = Wire(site)
    try:
        answer = wire.ask(wrap(0x30, integer(1) + wrap(4, b"public") + pdu))
    finally:
        wire.close()
    return answer[answer.index(integer(1), answer.index(b"public")) + 5]


def test_row_9_any_number_of_repetitions_and_repeaters(reading: Site) -> None:
    """More than 64 varbinds; no repetition at all; more than 64 repeaters. Each is answered."""
    assert reading.v2c("snmpbulkget", MEMBER, options=("-Cn0", "-Cr150")).count(f".{MEMBER}") == 150
    nothing = reading.v2c("snmpbulkget", MEMBER, options=("-Cn0", "-Cr0"))
    assert "Timeout" not in nothing
    assert nothing.strip() == ""
    assert len(reading.v2c("snmpbulkget", f"{SYSTEM}.1", MEMBER, options=("-Cn1", "-Cr0")).splitlines()) == 1
    assert len(reading.v2c("snmpbulkget", *[f"{MEMBER}.11"] * 100, options=("-Cn0", "-Cr2")).splitlines()) == 200


def test_row_9_a_greedy_manager_gets_one_datagram(reading: Site) -> None:
    """2^31 repetitions of 100 names: bounded by what fits, and quick."""
    said = reading.v2c("snmpbulkget", *[f"{MEMBER}.11"] * 100, options=("-Cn0", "-Cr2147483647"))
    assert "Timeout" not in said
    assert len(said.splitlines()) > 1000


def test_row_14_a_v3_manager_with_the_smallest_buffer_is_served(reading: Site) -> None:
    """msgMaxSize 484 (RFC 3412): what fits is answered, bulk is cut to it, a long text is tooBig."""
    wire = Wire(reading)
    try:
        found = wire.ask(v3_message(reading, 0xA5, (1, 3, 6, 1, 4, 1), second=50))
        assert 200 < len(found) <= 484
        found = wire.ask(v3_message(reading, 0xA0, *[(*map(int, MEMBER.split(".")), 92, 7)] * 30))
        assert len(found) < 200
        assert b"\x02\x01\x01\x02\x01\x00\x30\x00" in found  # tooBig, 0, no varbinds
    finally:
        wire.close()


def v3_message(site: Site, tag: int, *names: tuple[int, ...], second: int = 0) -> bytes:
    """Of the user `open`, noAuthNoPriv, with a buffer of 484 bytes."""
    engine_id = bytes.fromhex(site.v3("snmpget", "1.3.6.1.6.3.10.2.1.1.0").partition("STRING: ")[2].strip())
    varbinds = b"".join(wrap(0x30, object_id(name) + b"\x05\x00") for name in names)
    pdu = wrap(tag, integer(1) + integer(0) + integer(second) + wrap(0x30, varbinds))
    head = wrap(0x30, integer(77) + integer(484) + wrap(4, b"\x04") + integer(3))
    parameters = wrap(4, wrap(0x30, wrap(4, engine_id) + integer(0) * 2 + wrap(4, b"open") + wrap(4, b"") * 2))
    return wrap(0x30, integer(3) + head + parameters + wrap(0x30, wrap(4, engine_id) + wrap(4, b"") + pdu))


def test_row_15_rows_that_come_and_go_are_seen_at_once(tmp_path: Path) -> None:
    """Without building anything anew: the next request sees the new view, whole."""
    with running(tmp_path, v2c_write_from=LOCALHOST) as site:
        assert len(site.v2c("snmpwalk", f"{ROOT}.1.8.1.2").splitlines()) == 2
        site.model.advance(fresh_view((3, 7, 200)))
        said = site.v2c("snmpwalk", f"{ROOT}.1.8.1.2").splitlines()
        assert [line.split(" ")[0].rpartition(".")[2] for line in said] == ["3", "7", "200"]
        assert "No Such Instance" in site.v2c("snmpget", f"{MEMBER}.11.9")


def test_changes_are_named_as_the_model_names_them(site: Site) -> None:
    """What reaches the model is its own words."""
    site.v3("snmpset", PRIORITY, "u", "9")
    (changes, principal, _), *_ = site.model.changed
    assert changes == (Change("member", (7,), "priority", 9),)
    assert str(principal) == "ops (snmp 127.0.0.1)"
