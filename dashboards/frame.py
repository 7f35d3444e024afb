"""What is around the panels: variables, annotations and links, the same on all three dashboards."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from dashboards.looks import ORANGE, PINK, RED
from dashboards.panels import DATASOURCE
from dashboards.selectors import OF_CHOSEN_UNITS, PREFIX, member

ALL: Final = ".+"
BY_NAME: Final = model.VariableSort.ALPHABETICAL_ASC
TAG: Final = "understudy"
UIDS: Final = {"fleet": "understudy-fleet", "group": "understudy-group", "unit": "understudy-unit"}
KEPT: Final = "${datasource:queryparam}&${__url_time_range}&${job:queryparam}"


def begun(name: str, title: str, description: str) -> build.Dashboard:
    """A dashboard with everything but its panels. Not editable: a change belongs into this code."""
    return (
        build.Dashboard(title)
        .uid(UIDS[name])
        .description(description)
        .tags([TAG])
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("browser")
        .link(_others())
    )


def _others() -> build.DashboardLink:
    link = build.DashboardLink("Understudy").type(model.DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(True)
    return link.include_vars(True).keep_time(True)


def datasource() -> build.DatasourceVariable:
    """Which Prometheus."""
    return build.DatasourceVariable("datasource").label("Data source").type("prometheus")


def chosen(label: str, query: str, title: str, description: str) -> build.QueryVariable:
    """A variable filled from a label; read anew when the time on the screen changes."""
    variable = build.QueryVariable(label).label(title).description(description).datasource(DATASOURCE).query(query)
    return variable.definition(query).refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)


def many(variable: build.QueryVariable) -> build.QueryVariable:
    """Any number of them; all to begin with."""
    everything = model.VariableOption(selected=True, text=["All"], value=["$__all"])
    return variable.multi(True).include_all(True).all_value(ALL).current(everything)


def units() -> list[build.QueryVariable]:
    """`job` and `instance`, as everybody who knows Prometheus expects them."""
    jobs = f"label_values({PREFIX}build_info, job)"
    instances = f'label_values({PREFIX}build_info{{job=~"$job"}}, instance)'
    return [
        many(chosen("job", jobs, "Job", "The scrape job in Prometheus.").sort(BY_NAME)),
        many(chosen("instance", instances, "Instance", "Units, by the address that is scraped.").sort(BY_NAME)),
    ]


def group() -> build.QueryVariable:
    """Redundancy groups by number."""
    query = f"label_values({PREFIX}member_info{{{OF_CHOSEN_UNITS}}}, group)"
    return chosen("group", query, "Group", "Redundancy group.").sort(model.VariableSort.NUMERICAL_ASC)


LAST_CHANGE: Final = "member_last_transition_timestamp_seconds"


def annotations() -> list[build.AnnotationQuery]:
    """Lines through every panel. A failover of 200 ms is seen by a scraper that comes once a minute: the time of the last
    change stays, however short the change was.
    """
    changed = f"changes({member(LAST_CHANGE)}[$__rate_interval]) > 0"
    moment = f"{member(LAST_CHANGE)} * 1000"
    splits = f"increase({member('member_split_brains_total')}[$__rate_interval]) > 0"
    return [
        _annotation("Failovers", changed, "Role changed", ORANGE),
        _annotation("Exact moment", moment, "Role changed at this very time", PINK).use_value_for_time(True).enable(False),
        _annotation("Two masters", splits, "Two masters were seen", RED),
    ]


def _annotation(name: str, expression: str, title: str, colour: str) -> build.AnnotationQuery:
    annotation = build.AnnotationQuery().name(name).datasource(DATASOURCE).enable(True).hide(False).icon_color(colour)
    annotation = annotation.expr(expression).title_format(title).text_format("group {{group}} on {{instance}}")
    return annotation.tag_keys("group,instance").step("10s").use_value_for_time(False)


def to_group(value: str = "${__value.raw}") -> build.DashboardLink:
    """A click leads to that group."""
    return _to("Show this group", f"/d/{UIDS['group']}?{KEPT}&var-group={value}")


def to_unit(instance: str) -> build.DashboardLink:
    """A click leads to that unit."""
    return _to("Show this unit", f"/d/{UIDS['unit']}?{KEPT}&var-instance={instance}")


def _to(title: str, url: str) -> build.DashboardLink:
    return build.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url)
