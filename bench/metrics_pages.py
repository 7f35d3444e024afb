"""What is written: 30 series of each of 256 groups, or all there are; a second later a few of each group say something else."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from agent.management.exposition.counts import Counts
from agent.management.exposition.naming import naming_of
from agent.management.exposition.page import Page
from agent.management.exposition.scrape import compressed
from agent.management.exposition.sheet import Sheet
from agent.management.exposition.sources import Sources
from agent.management.exposition.text import PLAIN, heads
from agent.management.viewer_keep import kept_table
from agent.model.kinds import Choice, Value
from agent.model.metrics import Told, told
from agent.model.view import Index, View
from tests.model.sample import sample_view

GROUPS, SERIES = 256, 30
Write = Callable[[int], bytes]
ADVERT, BEACON = 1, 6


def changing(count: int) -> Iterator[View]:
    """As a master of 256 groups goes on: leases, ages of peers, adverts sent and beacons received move in each."""
    view = sample_view(range(GROUPS))
    for number in range(count):
        view = _later(view, number)
        yield view


def _later(view: View, number: int) -> View:
    moved: dict[str, Callable[[Index], Mapping[str, Value]]] = {
        "member": lambda _index: {"lease_remaining_ms": 1500 + number * 7 % 900},
        "peer": lambda _index: {"age_ms": 10 + number * 13 % 900},
        "packets": lambda index: {"sent": number} if index[1] == ADVERT else {"received": number} if index[1] == BEACON else {},
    }
    tables = dict(view.tables)
    for name, of in moved.items():
        before = view.tables[name]
        tables[name] = kept_table(
            before, {index: {**row, **more} if (more := of(index)) else row for index, row in before.items()}
        )
    return View(view.revision + 1, view.made_at_ns + 1_000_000_000, False, tables)


def some() -> tuple[Told, ...]:
    """Families of a member with 30 series: role, state and what moves."""
    found, series = [], 0
    for one in sorted(told(), key=lambda one: one.column.name not in ("role", "state", "lease_remaining_ms", "priority")):
        size = len(one.column.kind.words) if isinstance(one.column.kind, Choice) else 1
        is_of_all = one.table.name == "member" and one.column.name not in ("last_at", "margin_least_us", "false_takeover_ppm")
        if is_of_all and series + size <= SERIES:
            found.append(one)
            series += size
    return tuple(found)


def thirty_a_group(views: Sequence[View], *, is_packed: bool = False) -> Write:
    """By the sheet that writes every table."""
    chosen = some()
    sheet, said = Sheet(chosen, naming_of("member", dict)), [heads(one.family)[PLAIN] for one in chosen]

    def write(number: int) -> bytes:
        sheet.update(views[number].tables["member"])
        text = b"".join(part for pair in zip(said, sheet.blocks, strict=True) for part in pair)
        return compressed(text) and text if is_packed else text

    return write


def all_of_it(views: Sequence[View], *, is_packed: bool = False) -> Write:
    """As a scrape of a unit gets it."""
    page = Page(Sources(counts=Counts()))

    def write(number: int) -> bytes:
        text = page.text(views[number], PLAIN)
        return compressed(text) and text if is_packed else text

    return write


class StockCollector(Collector):
    """The way of prometheus-client's documentation: families made anew for each scrape."""

    def __init__(self) -> None:
        self.view: View | None = None
        self._told = some()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The same series as ours."""
        assert self.view
        for one in self._told:
            labels = one.family.labels
            family = GaugeMetricFamily(one.family.name.removesuffix("_info"), one.family.help, labels=labels)
            for (group,), row in self.view.tables["member"].items():
                self._add(family, one, str(group), row.get(one.column.name))
            yield family

    def _add(self, family: GaugeMetricFamily, one: Told, group: str, value: Value) -> None:
        if isinstance(one.column.kind, Choice):
            for word, number in one.column.kind.words.items():
                family.add_metric([group, word], 1 if number == value else 0)
        elif isinstance(value, int):
            family.add_metric([group], value / one.divisor)
        else:
            family.add_metric([group, *([""] * (len(one.family.labels) - 1))], 1)


def stock(views: Sequence[View]) -> Write:
    """By prometheus-client."""
    registry, collector = CollectorRegistry(auto_describe=False), StockCollector()

    def write(number: int) -> bytes:
        collector.view = views[number]
        if number == 0:
            registry.register(collector)
        return generate_latest(registry)

    return write
