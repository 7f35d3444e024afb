"""What a device is to do, as a value: which streams come in, and which leave by what (S-26, S-30). Pure: no socket, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from agent.devices.address import Address, Endpoint
from agent.devices.options import ReceiverOptions, feeds_itself

MAX_CARRIERS = 64
MAX_ROUTES = 256


class PlanError(Exception):
    """What is asked for cannot be planned; str() is a sentence that says where and what to do."""


@dataclass(frozen=True, slots=True)
class CarrierPlan:
    """One stream that comes in. `role`: how messages call it."""

    name: str
    role: str
    input: Endpoint


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """One stream that leaves: of `carrier` those `pids` (None: all), without null packets where `drop_null`."""

    name: str
    role: str
    carrier: str
    output: Endpoint
    pids: frozenset[int] | None = None
    drop_null: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """By name, in the order in which they are told. Every route's carrier is there."""

    carriers: Mapping[str, CarrierPlan]
    routes: Mapping[str, RoutePlan]


NOTHING = Plan({}, {})


class Kept(NamedTuple):
    """The names of what two plans have in common: it goes on without an interruption."""

    carriers: frozenset[str]
    routes: frozenset[str]


def kept_between(old: Plan, new: Plan) -> Kept:
    """A route is kept when nothing about it is new, its carrier included; its stream then has no gap."""
    carriers = frozenset(name for name, carrier in new.carriers.items() if old.carriers.get(name) == carrier)
    routes = (name for name, route in new.routes.items() if old.routes.get(name) == route and route.carrier in carriers)
    return Kept(carriers, frozenset(routes))


def plan_of_options(options: ReceiverOptions) -> Plan | None:
    """The one stream of [device.NAME]; None: the settings leave it to the group's document."""
    if options.input is None or options.output is None:
        return None
    carrier = CarrierPlan("input", "input", options.input)
    route = RoutePlan("output", "output", carrier.name, options.output, options.pids, options.drop_null)
    return Plan({carrier.name: carrier}, {route.name: route})


def check_plan(plan: Plan) -> Plan:
    """The same plan. PlanError: it is too large, or feeds itself."""
    if len(plan.carriers) > MAX_CARRIERS or len(plan.routes) > MAX_ROUTES:
        has = f"{len(plan.carriers)} carriers and {len(plan.routes)} routes"
        raise PlanError(f"The configuration has {has}; one device takes {MAX_CARRIERS} and {MAX_ROUTES}. Use another device too.")
    ways_in: dict[tuple[Address, int], list[CarrierPlan]] = {}
    for carrier in plan.carriers.values():
        ways_in.setdefault((carrier.input.host, carrier.input.port), []).append(carrier)
    for route in plan.routes.values():
        for carrier in ways_in.get((route.output.host, route.output.port), ()):
            if feeds_itself(carrier.input, route.output):
                same = f"{route.role} and {carrier.role} are the same, {route.output.url}"
                raise PlanError(f"{same}, so the unit would feed itself. Change the group or the port.")
    return plan
