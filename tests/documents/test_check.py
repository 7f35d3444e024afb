"""Every problem is found, all at once, with path and remedy; nothing makes check fail or take long."""

from __future__ import annotations

import copy
from functools import cache
from time import process_time
from typing import Any, Final

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from agent.devices.address import parse_endpoint
from agent.documents.check import MAX_FINDINGS, check
from agent.documents.receiver import RECEIVER
from agent.documents.registry import SCHEMAS
from agent.documents.schema import Document, Field, Free, Rows, walk

URLS: Final = r"(?i:udp)://@?(239\.0?1\.1\.[0-9]{1,3}|\[ff0[25]::[0-9]\]|\[::\]|0\.0\.0\.0|)?:[0-9]{1,6}[/?#]?(ttl=[0-9]{1,4})?&?"

GOOD: Document = {
    "identity": {"network_name": "Net", "network_id": 65535},
    "unit": {"name": "rx-a", "serial": "1", "licence": "x"},
    "port": [{"name": "lan1", "interface": "eth0", "address": "10.0.0.5/24", "gateway": "10.0.0.1", "mac": "02:00:00:00:00:01"}],
    "carrier": [
        {"id": "c1", "input": "udp://239.1.1.1:5000", "port": "lan1", "frequency_khz": 11778000, "lnb": {"supply": "13V"}}
    ],
    "pid_list": [{"name": "p1", "pids": [0, 8191]}],
    "route": [{"id": "r1", "carrier": "c1", "pid_list": "p1", "output": "udp://239.2.1.1:5000?ttl=16"}],
    "service": [{"name": "One", "rank": 1, "routes": ["r1"]}],
    "ncc": {"any": {"thing": [1, 2.5, "x"]}},
}


def changed(path: str, value: Any) -> Document:
    """The good document with one value replaced: "carrier.0.port"."""
    document = copy.deepcopy(GOOD)
    *way, last = [int(name) if name.isdigit() else name for name in path.split(".")]
    place: Any = document
    for name in way:
        place = place[name]
    place[last] = value
    return document


def test_a_good_document_has_no_findings() -> None:
    """And the empty one is good: it asks for nothing."""
    assert check(RECEIVER, GOOD) == []
    assert check(RECEIVER, {}) == []


def test_everything_that_is_to_be_handed_over_has_its_place() -> None:
    """S-30: carrier and LNB, PID lists, routing tables, NCC, identity each in the shared part; with words for all."""
    nodes = dict(walk(RECEIVER.root)) if not isinstance(RECEIVER.root, Free) else {}
    fields = {path: node for path, node in nodes.items() if isinstance(node, Field)}
    shared = {path.split(".")[0] for path, node in fields.items() if node.is_shared and not path.endswith(("].name", "].id"))}
    assert shared >= {"identity", "carrier[]", "pid_list[]", "route[]", "service[]"}
    assert fields["carrier[].lnb.local_oscillator_khz"].is_shared
    assert isinstance(nodes["ncc"], Free)
    assert all(node.help.endswith((".", "?")) for node in nodes.values())
    assert all(node.table.fields.keys() >= {node.key} for node in nodes.values() if isinstance(node, Rows))


@pytest.mark.parametrize(
    ("path", "value", "where", "words"),
    [
        ("identity.network_id", 65536, "identity.network_id", "outside 0..65535"),
        ("identity.network_id", True, "identity.network_id", "true, which has the wrong type"),
        ("identity.network_id", 1.0, "identity.network_id", "wrong type"),
        pytest.param("identity.network_id", 10**5000, "identity.network_id", "a very long number", id="5000 digits"),
        ("identity.network_name", "", "identity.network_name", "0 characters"),
        ("identity.network_name", "a\x1b[2J", "identity.network_name", "control characters"),
        ("identity.network_nme", "x", "identity.network_nme", "Did you mean network_name?"),
        ("identity", [], "identity", "Write a table"),
        ("carrer", [], "carrer", "Did you mean carrier?"),
        ("carrier", {}, "carrier", "[[carrier]]"),
        ("carrier.0", 1, "carrier", "carrier number 1 has no id"),
        ("carrier.0.id", 7, "carrier", "carrier number 1 has no id"),
        ("carrier.0.input", "tcp://239.1.1.1:5000", "carrier.c1.input", "not of the form"),
        ("carrier.0.input", "udp://239.1.1.1", "carrier.c1.input", "without a port"),
        ("carrier.0.input", "udp://239.1.1.1:65536", "carrier.c1.input", "Port out of range"),
        ("carrier.0.input", "udp://239.1.1.256:5000", "carrier.c1.input", "does not appear to be"),
        ("carrier.0.input", "udp://[::1:5000", "carrier.c1.input", "Invalid IPv6 URL"),
        ("carrier.0.input", "udp://239.1.1.1:5000?interface=eth1", "carrier.c1.input", 'port = "lan1"'),
        ("carrier.0.input", "udp://239.1.1.1:5000?ttl=3&localaddr=10.0.0.1", "carrier.c1.input", 'port = "lan1"'),
        ("carrier.0.input", "udp://10.0.0.5:5000", "carrier.c1.input", "only one unit can have"),
        ("carrier.0.input", "udp://239.1.1.1:5000?ttl=256", "carrier.c1.input", "ttl=1..255"),
        ("carrier.0.port", "lan2", "carrier.c1.port", "Did you mean lan1?"),
        ("carrier.0.frequency_khz", 1, "carrier.c1.frequency_khz", "1000..60000000 kHz"),
        ("carrier.0.lnb", {"supply": "13v"}, "carrier.c1.lnb.supply", "Did you mean 13V?"),
        ("carrier.0.lnb", {"tone": 1}, "carrier.c1.lnb.tone", "true or false"),
        ("carrier.0.fec", "3/7", "carrier.c1.fec", "is not known"),
        ("port.0.address", "10.0.0.5", "port.lan1.address", "10.0.0.5/24"),
        ("port.0.gateway", "10.0.0.1/24", "port.lan1.gateway", "is not an address"),
        ("port.0.mac", "02:00:00:00:00:0g", "port.lan1.mac", "not a hardware address"),
        ("port.0.interface", "a/b", "port.lan1.interface", "`ip link`"),
        ("port.0.interface", "ä" * 8, "port.lan1.interface", "1..15 bytes"),
        ("pid_list.0.pids", [8192], "pid_list.p1.pids", "outside 0..8191"),
        ("pid_list.0.pids", [], "pid_list.p1.pids", "has 0 values"),
        ("pid_list.0.pids", [5, 6, 5], "pid_list.p1.pids", "has 5 twice"),
        ("route.0.output", "udp://0.0.0.0:5000", "route.r1.output", "names no receiver"),
        ("route.0.pid_list", "p", "route.r1.pid_list", "Did you mean p1?"),
        ("service.0.routes", ["r1", "zz"], "service.One.routes", 'names "zz"'),
        ("service.0.rank", 0, "service.One.rank", "1..1000"),
        ("ncc", {"a": {"b": float("nan")}}, "ncc.a.b", "no number"),
        ("ncc", {"a": [{"b": None}]}, "ncc.a.b", "null cannot be kept"),
        ("ncc", {"a": 2**63}, "ncc.a", "too large"),
        ("ncc", {"a": "\ud800"}, "ncc.a", "cannot be kept"),
        ("ncc", {"a": list(range(10_001))}, "ncc.a", "too much"),
        ("service", [{"name": "x", "rank": 1}] * 4097, "service", "4096 or fewer"),
    ],
)
def test_one_wrong_value_is_one_finding(path: str, value: Any, where: str, words: str) -> None:
    """It says where, what and what to do, so that it can be mended at 3 a.m."""
    findings = check(RECEIVER, changed(path, value))
    mine = [finding for finding in findings if finding.path == where]
    assert len(mine) == 1
    assert words in mine[0].text()
    assert all(finding.what and finding.remedy for finding in findings)


@pytest.mark.parametrize(
    "url", ["udp://@239.1.1.1:1", "udp://[ff05::1]:5004", "udp://:5000", "udp://0.0.0.0:5000", "udp://127.0.0.1:65535?ttl=255"]
)
def test_inputs_that_every_unit_can_have(url: str) -> None:
    """A group, any address, the machine itself."""
    assert check(RECEIVER, changed("carrier.0.input", url)) == []


@given(st.from_regex(URLS, fullmatch=True))
def test_every_url_that_is_accepted_can_be_opened(url: str) -> None:
    """What check lets through, a worker can parse; so a revision that is good is not refused at takeover."""
    for field in ("carrier.0.input", "route.0.output"):
        if not check(RECEIVER, changed(field, url)):
            event(f"{field} accepted")
            assert 1 <= parse_endpoint(url).port <= 65535


@pytest.mark.parametrize("list_name", ["port", "carrier", "pid_list", "route", "service"])
def test_two_rows_of_one_key_are_refused(list_name: str) -> None:
    """Rows are matched by key, on this unit and on the other."""
    findings = check(RECEIVER, GOOD | {list_name: GOOD[list_name] * 2})
    assert any("there twice" in finding.what for finding in findings)


def test_two_routes_into_one_output_and_a_loop_are_refused() -> None:
    """What crosses tables; other ports of the unit are other outputs."""
    route = GOOD["route"][0]
    twice = [route, route | {"id": "r2", "output": "udp://239.2.1.1:5000/?ttl=3"}]
    assert [finding.path for finding in check(RECEIVER, GOOD | {"route": twice})] == ["route.r2.output"]
    twice[1] = twice[1] | {"port": "lan1"}
    assert check(RECEIVER, GOOD | {"route": twice}) == []
    loop = [route | {"output": "udp://239.1.1.1:5000", "port": "lan1"}]
    assert "feed itself" in check(RECEIVER, GOOD | {"route": loop})[0].what


def test_all_problems_are_told_at_once() -> None:
    """One round of mending, not seven."""
    document = changed("carrier.0.frequency_khz", 1) | {"carier": [], "route": [{"id": "r1"}], "port": [{"name": "lan1"}]}
    assert {finding.path for finding in check(RECEIVER, document)} == {
        "carrier.c1.frequency_khz",
        "carier",
        "route.r1.carrier",
        "route.r1.output",
        "port.lan1.interface",
    }


words = st.sampled_from(
    ["port", "carrier", "route", "service", "unit", "ncc", "pid_list", "id", "name", "input", "lnb", "routes", "pids", "r1"]
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), words, st.binary(), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(words, inner, max_size=5),
        st.dictionaries(st.one_of(words, st.text(), st.integers()), inner, max_size=4),
        st.tuples(inner),
    ),
    max_leaves=25,
)


@given(anything, st.booleans())
def test_nothing_makes_check_fail(document: Any, is_shared: bool) -> None:
    """Z-41: what a foreign unit or a file brings is judged, whatever it is."""
    for schema in SCHEMAS.values():
        findings = check(schema, document, is_shared=is_shared)
        assert all(finding.what and finding.remedy for finding in findings)
        assert findings or isinstance(document, dict)


@cache
def _hostile() -> dict[str, Any]:
    cyclic: Document = {}
    cyclic |= {"a": cyclic, "b": cyclic}
    routes = [{"id": f"{'r' * 50}{number}", "carrier": "c", "output": "x"} for number in range(4096)]
    return {
        "unknown keys": {f"{'k' * 60}{number}": {"v": "x" * 1000} for number in range(50_000)},
        "rows": {"carrier": [{}] * 1_000_000},
        "cycle": {"ncc": cyclic},
        "wide": {"ncc": {str(number): number for number in range(1_000_000)}},
        "references": {
            "route": routes,
            "service": [{"name": f"s{n}", "rank": 1, "routes": [f"{'r' * 45}x{n}"]} for n in range(4096)],
        },
        "pids": {"pid_list": [{"name": str(number), "pids": [*range(8191), 8190]} for number in range(100)]},
        "text": {"identity": {"network_name": "x" * 4_000_000}, "unit": "y" * 4_000_000},
    }


@pytest.mark.parametrize("name", list(_hostile()))
def test_findings_and_time_are_bounded(name: str) -> None:
    """At most 100 findings, each short, within 2 s of processor time."""
    document = _hostile()[name]
    before = process_time()
    findings = check(RECEIVER, document)
    assert process_time() - before < 2
    assert 1 <= len(findings) <= MAX_FINDINGS
    assert all(len(finding.text()) < 6000 for finding in findings)
