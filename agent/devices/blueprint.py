"""From a configuration document to a plan (S-30). Pure.

A carrier or a route may name a logical port; which interface of this unit that is, and with which address, stands in the unit's
own part of the document (C-19). What a URL says itself goes before what the port says.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from agent.devices.address import Address, Endpoint, EndpointError, parse_endpoint
from agent.devices.options import MAX_PID
from agent.devices.plan import CarrierPlan, Plan, PlanError, RoutePlan, check_plan

Row = Mapping[str, Any]


def plan_of_document(document: Row) -> Plan:
    """The effective document of a unit, as a plan. PlanError: something is missing or wrong, and where."""
    try:
        return check_plan(_plan(document))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(
            f"The configuration has not the shape that this software knows ({error!r}). Compare the versions."
        ) from None


def _plan(document: Row) -> Plan:
    ports, pid_lists = _by(document.get("port", ()), "name"), _by(document.get("pid_list", ()), "name")
    rows = _by(document.get("carrier", ()), "id")
    carriers = {name: _carrier(name, row, ports) for name, row in rows.items() if row.get("enabled", True)}
    routes: dict[str, RoutePlan] = {}
    for name, row in _by(document.get("route", ()), "id").items():
        if row["carrier"] not in rows:
            raise PlanError(f'route {name} names carrier "{row["carrier"]}", and there is none. Name one of the carriers.')
        if row["carrier"] in carriers:
            routes[name] = _route(name, row, ports, pid_lists)
    return Plan(carriers, routes)


def _by(rows: Iterable[Row], key: str) -> dict[str, Row]:
    return {str(row[key]): row for row in rows}


def _carrier(name: str, row: Row, ports: Mapping[str, Row]) -> CarrierPlan:
    role = f"carrier {name} input"
    endpoint, port = _endpoint(role, row["input"]), _port(role, row, ports)
    return CarrierPlan(name, role, _by_port(endpoint, port, _address(port.get("address"))))


def _route(name: str, row: Row, ports: Mapping[str, Row], pid_lists: Mapping[str, Row]) -> RoutePlan:
    role = f"route {name} output"
    pids, drop_null = _choice(role, row, pid_lists)
    return RoutePlan(name, role, row["carrier"], _output(role, row, ports), pids, drop_null)


def _output(role: str, row: Row, ports: Mapping[str, Row]) -> Endpoint:
    """The acting address, where there is one, is the source of what leaves (C-19); `join` leaves it out of who is not acting."""
    endpoint, port = _endpoint(role, row["output"]), _port(role, row, ports)
    if endpoint.host.is_unspecified:
        raise PlanError(f"{role} {endpoint.url} names no receiver. Write the group or host to send to.")
    acting = _address(port.get("acting_address"))
    if acting is None or endpoint.local_address or acting.version != endpoint.host.version:
        return _by_port(endpoint, port, _address(port.get("address")))
    return replace(_by_port(endpoint, port, acting), is_borrowed=True)


def _choice(role: str, row: Row, pid_lists: Mapping[str, Row]) -> tuple[frozenset[int] | None, bool]:
    """Which PIDs, and are null packets dropped?"""
    name = row.get("pid_list")
    if not name:
        return None, False
    if name not in pid_lists:
        raise PlanError(
            f'{role} names pid_list "{name}", and there is none. Name one of the lists, or leave it out for all PIDs.'
        )
    pids = frozenset(pid_lists[name]["pids"])
    if not all(type(pid) is int and 0 <= pid <= MAX_PID for pid in pids):
        raise PlanError(f"pid_list {name} has something that is not a PID. Write whole numbers 0..{MAX_PID}.")
    return pids, pid_lists[name].get("drop_null") is True


def _port(role: str, row: Row, ports: Mapping[str, Row]) -> Row:
    """The logical port that a carrier or route names; empty: it names none."""
    name = row.get("port")
    if not name:
        return {}
    port = ports.get(name, {})
    if not (port.get("interface") or port.get("address")):
        what = f'{role}: this unit does not say which interface its port "{name}" is'
        raise PlanError(f"{what}. Set port.{name}.interface, which is this unit's own: understudy config edit.")
    return port


def _by_port(endpoint: Endpoint, port: Row, address: Address | None) -> Endpoint:
    local = endpoint.local_address or (address if address and address.version == endpoint.host.version else None)
    return replace(endpoint, interface=endpoint.interface or port.get("interface") or None, local_address=local)


def _address(text: str | None) -> Address | None:
    """With or without the length of the network."""
    return ipaddress.ip_interface(text).ip if text else None


def _endpoint(role: str, url: str) -> Endpoint:
    try:
        return parse_endpoint(url)
    except EndpointError as error:
        raise PlanError(f"{role} {error}") from None
