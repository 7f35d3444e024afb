"""From one plan to the next: what both have is handed over as it is, what is new is opened beside it, the rest is left behind."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from agent.devices.carrier import Carrier
from agent.devices.end import End
from agent.devices.plan import NOTHING, Plan, kept_between
from agent.devices.route import Route, Tally

Part = Carrier | Route

MAX_PROBLEMS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """A plan, and everything that it needs by name, opened as far as that went. `new`: what the plan before did not have."""

    plan: Plan
    carriers: Mapping[str, Carrier]
    routes: Mapping[str, Route]
    new: tuple[Part, ...] = ()

    @property
    def parts(self) -> Iterator[Part]:
        """Carriers, then routes."""
        return chain(self.carriers.values(), self.routes.values())

    @property
    def problem(self) -> str | None:
        """Why what is new cannot serve."""
        return told(part.problem for part in self.new)

    def discard(self) -> None:
        """It was only tried: close what is new."""
        for part in self.new:
            end_of(part).close()


EMPTY_STAGE = Stage(NOTHING, {}, {})


def stage_after(now: Stage, plan: Plan, timeout_ns: int, tally: Tally) -> Stage:
    """Open what is new. Nothing is taken from what goes on now; the new carriers have no routes yet."""
    kept = kept_between(now.plan, plan)
    carriers = {
        name: now.carriers[name] if name in kept.carriers else Carrier(wanted, timeout_ns, tally)
        for name, wanted in plan.carriers.items()
    }
    routes = {name: now.routes[name] if name in kept.routes else Route(wanted, tally) for name, wanted in plan.routes.items()}
    new: list[Part] = [carrier for name, carrier in carriers.items() if name not in kept.carriers]
    new += [route for name, route in routes.items() if name not in kept.routes]
    for part in new:
        end_of(part).ensure()
    return Stage(plan, carriers, routes, tuple(new))


def connect(stage: Stage) -> None:
    """Every carrier feeds the routes of its plan, from its next datagram on."""
    routes: dict[str, list[Route]] = {name: [] for name in stage.carriers}
    for route in stage.routes.values():
        routes[route.plan.carrier].append(route)
    for name, carrier in stage.carriers.items():
        carrier.routes = tuple(routes[name])


def left_behind(before: Stage, after: Stage) -> list[Part]:
    """What the plan after does not have."""
    kept = {id(part) for part in after.parts}
    return [part for part in before.parts if id(part) not in kept]


def end_of(part: Part) -> End:
    """Its socket."""
    return part.input if isinstance(part, Carrier) else part.output


def told(problems: Iterable[str | None]) -> str | None:
    """The first three of them, as one text; None: there is none."""
    found = [problem for problem in problems if problem]
    more = len(found) - MAX_PROBLEMS_TOLD
    return " ".join([*found[:MAX_PROBLEMS_TOLD], *([f"And {more} more like it."] if more > 0 else [])]) or None
