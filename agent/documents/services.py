"""Services by rank, and what of them fits into a unit's capacity (C-15)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from agent.documents.schema import Document

NO_RANK = 1000


class Service(NamedTuple):
    """`rank` 1 (kept longest)..1000; `routes`: ids."""

    rank: int
    name: str
    routes: tuple[str, ...]


def services(document: Mapping[str, Any]) -> list[Service]:
    """The best rank first, equal ranks by name. Rows that check would refuse are left out."""
    rows = document.get("service")
    return sorted(service for row in (rows if isinstance(rows, list) else []) if (service := _service(row)))


def _service(row: object) -> Service | None:
    if not isinstance(row, dict):
        return None
    rank, name, routes = row.get("rank"), row.get("name"), row.get("routes", [])
    if type(rank) is not int or not isinstance(name, str) or not isinstance(routes, list):
        return None
    return Service(rank, name, tuple(route for route in routes if isinstance(route, str)))


def rank(document: Mapping[str, Any]) -> int:
    """The best rank of its services, 1..1000; 1000 when it has none."""
    return min((service.rank for service in services(document)), default=NO_RANK)


def needed_capacity(document: Mapping[str, Any]) -> int:
    """How many services it asks for."""
    return len(services(document))


def within(document: Document, capacity: int) -> tuple[Document, list[Service]]:
    """The document without what does not fit, and the services that are lost, the best first.

    `capacity`: services that the unit may carry; 0: not stated, nothing is lost. A route leaves when only lost services use it.
    """
    ranked = services(document)
    kept, lost = (ranked[:capacity], ranked[capacity:]) if capacity > 0 else (ranked, [])
    return (_without(document, kept, lost), lost) if lost else (document, [])


def _without(document: Document, kept: list[Service], lost: list[Service]) -> Document:
    names = {service.name for service in lost}
    used = {route for service in kept for route in service.routes}
    gone = {route for service in lost for route in service.routes} - used
    rest = {name: value for name, value in document.items() if name not in {"service", "route"}}
    service_rows = [row for row in document["service"] if row.get("name") not in names]
    route_rows = [row for row in document.get("route", []) if row.get("id") not in gone]
    return rest | ({"service": service_rows} if service_rows else {}) | ({"route": route_rows} if route_rows else {})
