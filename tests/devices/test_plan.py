"""From a document to a plan, and from one plan to the next, without sockets (S-30, C-19)."""

import dataclasses
from typing import Any

import pytest

from agent.devices.address import parse_endpoint
from agent.devices.blueprint import plan_of_document
from agent.devices.options import parse_receiver_options
from agent.devices.plan import MAX_CARRIERS, MAX_ROUTES, NOTHING, Kept, Plan, PlanError, kept_between, plan_of_options

IN, OUT = "udp://239.1.1.1:5000", "udp://239.2.2.2:5000"
PORT = {"name": "lan1", "interface": "eth1", "address": "10.0.0.5/24"}
Document = dict[str, Any]


def document(**more: Any) -> Document:
    """One carrier c1, one route r1."""
    return {"carrier": [{"id": "c1", "input": IN}], "route": [{"id": "r1", "carrier": "c1", "output": OUT}], **more}


def on_port(**more: object) -> Document:
    """Both on lan1."""
    carrier, route = {"id": "c1", "input": IN, "port": "lan1"}, {"id": "r1", "carrier": "c1", "output": OUT, "port": "lan1"}
    return {"port": [PORT | more], "carrier": [carrier], "route": [route]}


def test_port_gives_interface_and_address_of_this_unit() -> None:
    """C-19: what is not said in the document of the group."""
    plan = plan_of_document(on_port())
    for endpoint in (plan.carriers["c1"].input, plan.routes["r1"].output):
        assert (endpoint.interface, str(endpoint.local_address), endpoint.is_borrowed) == ("eth1", "10.0.0.5", False)


def test_acting_address_is_the_source_of_what_leaves_and_of_nothing_else() -> None:
    """C-19, Z-05: it need not be an address of this machine."""
    plan = plan_of_document(on_port(acting_address="10.0.0.1/24"))
    assert str(plan.carriers["c1"].input.local_address) == "10.0.0.5"
    output = plan.routes["r1"].output
    assert (str(output.local_address), output.is_borrowed) == ("10.0.0.1", True)


def test_address_of_the_other_family_is_left_out() -> None:
    """SA-4: an IPv6 stream on a port whose address is IPv4 leaves by its interface, from the address that the kernel takes."""
    changed = on_port(acting_address="10.0.0.1/24")
    changed["route"][0]["output"] = "udp://[ff05::1]:5000"
    output = plan_of_document(changed).routes["r1"].output
    assert (output.interface, output.local_address) == ("eth1", None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"carrier": [{"id": "c1", "input": IN, "port": "lan1"}]}, "Set port.lan1.interface, which is this unit's own"),
        ({"carrier": [{"id": "c1", "input": "udp://239.1.1.1"}]}, "carrier c1 input"),
        ({"route": [{"id": "r1", "carrier": "c9", "output": OUT}]}, 'route r1 names carrier "c9"'),
        ({"route": [{"id": "r1", "carrier": "c1", "output": OUT, "pid_list": "l9"}]}, 'pid_list "l9"'),
        ({"route": [{"id": "r1", "carrier": "c1", "output": "udp://0.0.0.0:5000"}]}, "names no receiver"),
        ({"route": [{"id": "r1", "carrier": "c1", "output": IN}]}, "would feed itself"),
        ({"route": [{"id": "r1"}]}, "not the shape"),
        ({"carrier": 5}, "not the shape"),
    ],
)
def test_what_cannot_be_planned_is_one_sentence_that_says_where(change: Document, words: str) -> None:
    """Documents of a newer version come here too, checked by nobody on this unit (C-14)."""
    with pytest.raises(PlanError, match=words.replace("(", r"\(")):
        plan_of_document(document(**change))


@pytest.mark.parametrize("pid", [-1, 8192, "256", True])
def test_pid_out_of_range_is_refused(pid: object) -> None:
    """ISO 13818-1: 13 bits."""
    lists = [{"name": "l", "pids": [256, pid]}]
    route = {"id": "r1", "carrier": "c1", "output": OUT, "pid_list": "l"}
    with pytest.raises(PlanError, match="pid_list l has something"):
        plan_of_document(document(pid_list=lists, route=[route]))


def test_more_than_a_device_takes_is_refused() -> None:
    """House style: everything has a named limit."""
    carriers = [{"id": f"c{number}", "input": f"udp://239.1.1.1:{5000 + number}"} for number in range(MAX_CARRIERS + 1)]
    routes = [
        {"id": f"r{number}", "carrier": "c1", "output": f"udp://239.2.1.1:{5000 + number}"} for number in range(MAX_ROUTES + 1)
    ]
    for rows in ({"carrier": carriers}, {"route": routes}):
        with pytest.raises(PlanError, match="one device takes 64 and 256"):
            plan_of_document(document(**rows))
    assert len(plan_of_document(document(carrier=carriers[:-1], route=routes[:-1])).routes) == MAX_ROUTES


def test_settings_are_a_plan_of_one_stream_or_none() -> None:
    """S-18: as it always was."""
    plan = plan_of_options(parse_receiver_options({"input": IN, "output": OUT, "pids": [256], "drop_null": True}))
    assert plan is not None
    (route,) = plan.routes.values()
    assert (route.pids, route.drop_null, route.role, route.output.url) == (frozenset({256}), True, "output", OUT)
    assert plan_of_options(parse_receiver_options({}, has_configuration=True)) is None


# What two plans have in common ------------------------------------------------------------------------------------------


def two_carriers(**changes: Document) -> Plan:
    """r1 of c1; r2 and r3 of c2; `c1=`, `r2=` … change a row."""
    carriers = [{"id": name, "input": f"udp://239.1.1.{name[1]}:5000"} | changes.get(name, {}) for name in ("c1", "c2")]
    routes = [
        {"id": name, "carrier": carrier, "output": f"udp://239.2.2.{name[1]}:5000"} | changes.get(name, {})
        for name, carrier in (("r1", "c1"), ("r2", "c2"), ("r3", "c2"))
    ]
    return plan_of_document({"carrier": carriers, "route": routes})


def kept(carriers: str, routes: str) -> Kept:
    """Of names with spaces between."""
    return Kept(frozenset(carriers.split()), frozenset(routes.split()))


NONE, ALL = kept("", ""), kept("c1 c2", "r1 r2 r3")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ALL),
        ({"c2": {"frequency_khz": 11_000_000}}, ALL),
        ({"r2": {"output": "udp://239.2.2.2:5001"}}, kept("c1 c2", "r1 r3")),
        ({"r2": {"carrier": "c1"}}, kept("c1 c2", "r1 r3")),
        ({"c2": {"input": "udp://239.9.9.9:5000"}}, kept("c1", "r1")),
        ({"r1": {"id": "r9"}}, kept("c1 c2", "r2 r3")),
    ],
)
def test_only_what_changed_is_touched(changes: Document, expected: Kept) -> None:
    """S-30: a refresh interrupts nothing else; a new carrier interrupts its routes."""
    assert kept_between(two_carriers(), two_carriers(**changes)) == expected


def test_nothing_has_nothing_in_common() -> None:
    assert kept_between(NOTHING, two_carriers()) == kept_between(two_carriers(), NOTHING) == NONE


def test_endpoints_of_two_interfaces_differ() -> None:
    """C-19: a port that is moved to another interface is a change of all that is on it."""
    moved = dataclasses.replace(parse_endpoint(IN), interface="eth2")
    assert moved != parse_endpoint(IN)
    assert kept_between(plan_of_document(on_port()), plan_of_document(on_port(interface="eth2"))) == NONE
