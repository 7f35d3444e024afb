"""Asks a real Prometheus everything that a dashboard asks."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from dashboards import queries
from dashboards.pages import PAGES
from dashboards.queries import Filled
from dashboards.render.recording import Asked, Recording, RenderError, Result

POINTS: Final = 240
"""On the width of a screen, as Grafana would ask."""
MINUTE_S: Final = 60
LIMIT_S: Final = 30
LIMIT_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    """`url` of Prometheus; time in seconds since 1970; `scrape_s`: its interval; `group` and `instance`: of those dashboards.

    `least_step_s`: what a panel sets as its least interval.
    """

    url: str
    start: float
    end: float
    scrape_s: float
    group: str
    instance: str
    least_step_s: float = 0

    @property
    def step(self) -> float:
        """Never less than a scrape: there is nothing between two."""
        return max(self.scrape_s, self.least_step_s, round((self.end - self.start) / POINTS, 3))

    def filled(self, dashboard: str) -> Filled:
        """$__rate_interval as Grafana makes it: four scrapes, or a scrape more than the step."""
        rate_s = max(4 * self.scrape_s, self.step + self.scrape_s)
        span = f"{max(1, round(self.end - self.start))}s"
        instance = self.instance if dashboard == "unit" else ".+"
        group = self.group if dashboard == "group" else ".+"
        return Filled(instance=instance, group=group, rate_interval=f"{max(1, round(rate_s))}s", range=span)

    def chosen(self, dashboard: str) -> str:
        """For the head of the picture."""
        return {"group": f"group {self.group}", "unit": f"instance {self.instance}"}.get(dashboard, "all units")


def ask_everything(source: Source) -> Recording:
    """RenderError when Prometheus cannot be asked or refuses a query."""
    return Recording(source.start, source.end, source.step, {name: _ask(source, name) for name in PAGES})


def _ask(source: Source, name: str) -> Asked:
    answers: dict[str, Result] = {}
    for panel in queries.panels(name):
        stepping = replace(source, least_step_s=MINUTE_S if panel.get("interval") == "1m" else 0)
        for target in panel["targets"]:
            expression = stepping.filled(name).into(target["expr"])
            answers[f"{panel['title']}/{target['refId']}"] = _answer(stepping, expression, target.get("instant", False))
    return Asked(source.chosen(name), answers, list(_marks(source, name)))


def _marks(source: Source, name: str) -> Iterator[dict[str, Any]]:
    """Where an annotation that is switched on begins; points that follow one another are one."""
    for annotation in queries.dashboard(name)["annotations"]["list"]:
        if annotation["enable"]:
            for series in _answer(source, source.filled(name).into(annotation["expr"]), False):
                before = float("-inf")
                for time, _value in series["values"]:
                    if time - before > 1.5 * source.step:
                        yield {"time": time * 1000, "color": annotation["iconColor"]}
                    before = time


def _answer(source: Source, expression: str, is_instant: bool) -> Result:
    words: dict[str, Any] = {"query": expression}
    words |= {"time": source.end} if is_instant else {"start": source.start, "end": source.end, "step": source.step}
    address = f"{source.url.rstrip('/')}/api/v1/{'query' if is_instant else 'query_range'}"
    try:
        with urllib.request.urlopen(address, urllib.parse.urlencode(words).encode(), timeout=LIMIT_S) as reply:
            found: Result = json.loads(reply.read(LIMIT_BYTES))["data"]["result"]
    except urllib.error.HTTPError as error:
        said = error.read(1000).decode("utf-8", "replace")
        raise RenderError(f"Prometheus at {source.url} refuses the query {expression}: {said}") from error
    except (OSError, ValueError, KeyError) as error:
        raise RenderError(f"Prometheus at {source.url} does not answer ({error}); is the address right?") from error
    return found
