"""What became of many recorded incidents, in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class Judged(Protocol):
    """What was done, and whether it was found."""

    @property
    def kind(self) -> str: ...

    @property
    def is_right(self) -> bool: ...

    @property
    def is_identical(self) -> bool: ...

    @property
    def events(self) -> int: ...


Result = TypeVar("Result", bound=Judged)


def shown(results: Iterable[Result], count: int) -> list[Result]:
    """All of them; how far it has come is printed as they come."""
    found: list[Result] = []
    for result in results:
        found.append(result)
        if len(found) % max(1, count // 10) == 0:
            right = sum(one.is_right and one.is_identical for one in found)
            print(f"{len(found)} of {count}: {right} replayed identically and rightly explained", flush=True)
    return found


def judged(results: Sequence[Judged]) -> int:
    """Printed. 0: every replay was identical, and 99 % of the causes are right."""
    right = Counter(result.kind for result in results if result.is_right)
    for kind, count in Counter(result.kind for result in results).items():
        print(f"{kind:12} {right[kind]:4} of {count}")
    for result in results:
        if not result.is_right or not result.is_identical:
            print(result, "" if result.is_identical else "NOT IDENTICAL")
    events, same = sum(result.events for result in results), sum(result.is_identical for result in results)
    print(f"{len(results)} incidents, {events} events: replay identical in {same}, cause right in {right.total()}")
    return 0 if same == len(results) and right.total() >= 0.99 * len(results) else 1
