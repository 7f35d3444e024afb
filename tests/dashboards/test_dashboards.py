"""The committed dashboards: what grafana/dashboard-linter asks for, and what the sdk leaves to us."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import queries
from dashboards.__main__ import differing, main
from dashboards.grid import COLUMNS
from dashboards.looks import INDICATORS, LINKS, ROLES, SERVICE, TRACKINGS, Mappings
from dashboards.pages import HERE, PAGES, pages

NAMES = list(PAGES)
Json = dict[str, Any]
SELECTOR = re.compile(r"(?<![\w:])((?:understudy_|up\b)\w*)(\{[^}]*\})?")


def all_panels(name: str) -> Iterator[Json]:
    """With rows, and what is in folded ones."""
    for panel in queries.dashboard(name)["panels"]:
        yield panel
        yield from panel.get("panels", ())


def targets(name: str) -> list[tuple[str, str]]:
    """Title and expression of every query, as written."""
    return [(panel["title"], target["expr"]) for panel in queries.panels(name) for target in panel["targets"]]


def query_variables(name: str) -> dict[str, Json]:
    """By name."""
    return {found["name"]: found for found in queries.dashboard(name)["templating"]["list"] if found["type"] == "query"}


def test_committed_json_is_what_the_code_says() -> None:
    """Issue 5: generated JSON committed. Else: ./dev dashboards."""
    assert differing(HERE) == []
    assert {f"json/{path.name}" for path in (HERE / "json").glob("*.json")} == {
        page for page in pages() if page.startswith("json/")
    }


def test_a_changed_file_is_noticed_and_written_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Issue 5: `./dev dashboards` and `--check`."""
    assert main(["--folder", str(tmp_path)]) == 0
    assert main(["--folder", str(tmp_path), "--check"]) == 0
    changed = tmp_path / "json" / "understudy-unit.json"
    changed.write_text("{}")
    capsys.readouterr()
    assert main(["--folder", str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().out == "dashboards: json/understudy-unit.json is not what the code says; run: ./dev dashboards\n"
    assert main(["--folder", str(tmp_path)]) == 0
    assert json.loads(changed.read_text())["title"] == "Understudy / Unit"


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_an_id_and_every_query_a_letter_of_its_own(name: str) -> None:
    """Issue 5: the sdk leaves both unset; Grafana would show one panel for another."""
    ids = [panel["id"] for panel in all_panels(name)]
    assert ids == list(range(1, len(ids) + 1))
    for panel in queries.panels(name):
        letters = [target["refId"] for target in panel["targets"]]
        assert letters
        assert len(set(letters)) == len(letters)
        assert all(re.fullmatch("[A-Z]", letter) for letter in letters)


@pytest.mark.parametrize("name", NAMES)
def test_panels_stand_within_24_columns_and_do_not_overlap(name: str) -> None:
    """Issue 5: the sdk does not wrap the grid."""
    places = [panel["gridPos"] for panel in all_panels(name)]
    assert all(place["w"] > 0 and place["h"] > 0 and place["x"] >= 0 and place["x"] + place["w"] <= COLUMNS for place in places)
    assert [pair for pair in combinations(places, 2) if _overlap(*pair)] == []


def _overlap(one: Json, other: Json) -> bool:
    across: bool = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    along: bool = one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    return across and along


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_panels_is_full(name: str) -> None:
    """A hole in the grid looks as if something were missing."""
    for top in {panel["gridPos"]["y"] for panel in queries.panels(name)}:
        widths = [panel["gridPos"]["w"] for panel in queries.panels(name) if panel["gridPos"]["y"] == top]
        assert sum(widths) == COLUMNS, (name, top)


@pytest.mark.parametrize("name", NAMES)
def test_not_editable_and_named_for_links(name: str) -> None:
    """Linter: uneditable-dashboard. Links between dashboards go by uid."""
    page = queries.dashboard(name)
    assert page["editable"] is False
    assert page["uid"] == f"understudy-{name}"
    assert page["schemaVersion"] == 42
    assert "id" not in page


@pytest.mark.parametrize("name", NAMES)
def test_the_data_source_can_be_chosen(name: str) -> None:
    """Linter: template-datasource-rule, panel-datasource-rule."""
    page = queries.dashboard(name)
    [variable] = [found for found in page["templating"]["list"] if found["type"] == "datasource"]
    assert (variable["name"], variable["label"], variable["query"]) == ("datasource", "Data source", "prometheus")
    used = [panel["datasource"] for panel in queries.panels(name)]
    used += [target["datasource"] for panel in queries.panels(name) for target in panel["targets"]]
    used += [found["datasource"] for found in page["annotations"]["list"]]
    used += [found["datasource"] for found in query_variables(name).values()]
    assert {json.dumps(source, sort_keys=True) for source in used} == {'{"type": "prometheus", "uid": "${datasource}"}'}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variable", ["job", "instance"])
def test_job_and_instance_take_any_number(name: str, variable: str) -> None:
    """Linter: template-job-rule, template-instance-rule."""
    found = query_variables(name)[variable]
    assert (found["label"], found["multi"], found["includeAll"], found["allValue"]) == (variable.title(), True, True, ".+")


@pytest.mark.parametrize("name", NAMES)
def test_variables_are_read_again_when_the_time_changes(name: str) -> None:
    """Linter: template-on-time-change-reload-rule, template-label-promql-rule."""
    for variable in query_variables(name).values():
        assert variable["refresh"] == 2
        assert re.fullmatch(r"label_values\(understudy_\w+(\{.+\})?, (job|instance|group)\)", variable["query"])


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_says_what_it_is(name: str) -> None:
    """Linter: panel-title-description-rule, panel-units-rule."""
    for panel in queries.panels(name):
        assert panel["title"]
        assert len(panel["description"]) > 12, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in KNOWN_UNITS, panel["title"]


KNOWN_UNITS = {"none", "short", "s", "dtdurations", "pps", "cps", "percentunit", "bytes"}
"""Of those that the linter knows."""


@pytest.mark.parametrize("name", NAMES)
def test_titles_of_panels_are_unique(name: str) -> None:
    """A person says "the panel Margin"; so do the tests."""
    titles = [panel["title"] for panel in queries.panels(name)]
    assert sorted(set(titles)) == sorted(titles)


@pytest.mark.parametrize("name", NAMES)
def test_every_selector_asks_for_the_chosen_units(name: str) -> None:
    """Linter: target-job-rule, target-instance-rule; annotations as well."""
    asked = targets(name) + [(found["name"], found["expr"]) for found in queries.dashboard(name)["annotations"]["list"]]
    assert asked
    for title, expression in asked:
        found = SELECTOR.findall(expression)
        assert found, title
        for metric, matchers in found:
            assert matchers.startswith('{job=~"$job", instance=~"$instance"'), (title, metric)


EXCLUSIONS: Json = yaml.safe_load((HERE / "json" / ".lint").read_text())["exclusions"]


@pytest.mark.parametrize("name", NAMES)
def test_rates_follow_the_screen(name: str) -> None:
    """Linter: target-rate-interval-rule, target-counter-agg-rule."""
    excluded = {entry["panel"] for entry in EXCLUSIONS["target-counter-agg-rule"]["entries"]}
    for title, expression in targets(name):
        assert set(re.findall(r"\brate\([^\[]*\[([^\]]*)\]", expression)) <= {"$__rate_interval"}, title
        counters = re.findall(r"(\w+)\(understudy_\w+_total\{[^}]*\}\[", expression)
        if title in excluded:
            continue
        assert set(counters) <= {"rate", "increase"}, title
        assert len(counters) == len(re.findall(r"understudy_\w+_total\{", expression)), title


@pytest.mark.parametrize("name", NAMES)
def test_failovers_are_marked_on_every_dashboard(name: str) -> None:
    """Issue 5: a failover of 200 ms is visible to a scraper that comes every 60 s."""
    marks = {found["name"]: found for found in queries.dashboard(name)["annotations"]["list"]}
    assert marks["Failovers"]["enable"] is True
    assert re.fullmatch(
        r"changes\(understudy_member_last_transition_timestamp_seconds\{.*\}\[\$__rate_interval\]\) > 0",
        marks["Failovers"]["expr"],
    )
    assert marks["Exact moment"]["useValueForTime"] is True
    assert marks["Exact moment"]["expr"].endswith("} * 1000")


def links_of(name: str) -> set[str]:
    """Where data of a dashboard leads."""
    return set(re.findall(r"/d/understudy-(\w+)\?", json.dumps(queries.dashboard(name))))


def test_links_lead_from_the_fleet_to_a_group_to_a_unit_and_back() -> None:
    """Issue 5: and keep the data source, the time and the job."""
    assert links_of("fleet") == {"group", "unit"}
    assert links_of("group") == {"unit"}
    assert links_of("unit") == {"group"}
    for name in NAMES:
        urls = re.findall(r'"url": "(/d/[^"]*)"', json.dumps(queries.dashboard(name)).replace('\\"', "'"))
        assert urls
        assert all("${datasource:queryparam}&${__url_time_range}&${job:queryparam}&var-" in url for url in urls)
        [menu] = queries.dashboard(name)["links"]
        assert (menu["type"], menu["tags"], menu["includeVars"], menu["keepTime"]) == ("dashboards", ["understudy"], True, True)


def results(mappings: Mappings) -> list[dict[str, str]]:
    """As Grafana reads them."""
    [mapped] = json.loads(json.dumps(mappings, cls=JSONEncoder))
    assert mapped["type"] == "value"
    return list(mapped["options"].values())


@pytest.mark.parametrize(
    "mappings", [ROLES, SERVICE, INDICATORS, LINKS, TRACKINGS], ids=["roles", "service", "lamp", "link", "track"]
)
def test_no_two_states_look_the_same(mappings: Mappings) -> None:
    """Issue 5: colour-blind safe: a palette made for it, another word for each state, and few states that share a colour."""
    shown = results(mappings)
    words = [result["text"] for result in shown]
    assert len(set(words)) == len(words)
    assert {result["color"] for result in shown} <= OKABE_ITO


OKABE_ITO = {"#009E73", "#0072B2", "#56B4E9", "#F0E442", "#E69F00", "#D55E00", "#CC79A7", "#8E8E8E"}


def test_master_backup_and_fault_have_colours_of_their_own() -> None:
    """S-11 as a picture: roles are told apart at a glance."""
    colours = [result["color"] for result in results(ROLES)]
    assert len(set(colours)) == len(colours) == 6


def test_roles_are_shown_as_strips_on_all_dashboards() -> None:
    """Issue 5: state timelines for roles."""
    strips = {name: {panel["title"] for panel in queries.panels(name) if panel["type"] == "state-timeline"} for name in NAMES}
    assert "Protection over time" in strips["fleet"]
    assert "Role of each unit" in strips["group"]
    assert "Roles" in strips["unit"]
