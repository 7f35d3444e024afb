"""The kinds of panel, each with our habits: a data source that can be chosen, a legend below, words beside colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as model

from dashboards.looks import Mappings

DATASOURCE: Final = options.DataSourceRef(type_val="prometheus", uid="${datasource}")
Panel = Builder[model.Panel]


@dataclass(frozen=True)
class About:
    """What every panel says of itself: title, what to read from it (Markdown), unit of its values, width in 24ths, height."""

    title: str
    description: str
    unit: str = "none"
    width: int = 8
    height: int = 8


class Common(Protocol):
    """What the builders of the sdk have in common and do not say."""

    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def unit(self, unit: str) -> Self: ...
    def span(self, w: int) -> Self: ...
    def height(self, h: int) -> Self: ...
    def datasource(self, datasource: options.DataSourceRef) -> Self: ...
    def no_value(self, no_value: str) -> Self: ...
    def targets(self, targets: list[Builder[Dataquery]]) -> Self: ...


SMALLEST_TOP: Final = {"short": 1, "cps": 1, "pps": 1, "none": 1}
"""By unit: as high as the axis at least is, so that a line of zeros lies at its foot."""
B = TypeVar("B", bound=Common)


def begun(builder: B, about: About, queries: Sequence[Builder[Dataquery]], nothing: str = "none") -> B:
    """The part that is the same for all kinds. `nothing`: said when there is no data, since an empty panel looks broken."""
    return (
        builder.title(about.title)
        .description(about.description)
        .unit(about.unit)
        .span(about.width)
        .height(about.height)
        .datasource(DATASOURCE)
        .no_value(nothing)
        .targets(list(queries))
    )


def over_time(expression: str, legend: str = "{{unit}}") -> prometheus.Dataquery:
    """A query for every moment on the screen."""
    return prometheus.Dataquery().datasource(DATASOURCE).expr(expression).legend_format(legend).range()


def now(expression: str, legend: str = "{{unit}}") -> prometheus.Dataquery:
    """A query for the end of the screen's time."""
    return prometheus.Dataquery().datasource(DATASOURCE).expr(expression).legend_format(legend).instant()


def number(
    about: About,
    expression: str,
    legend: str = "",
    mappings: Mappings | None = None,
    thresholds: build.ThresholdsConfig | None = None,
) -> stat.Panel:
    """A large number or word, coloured as a whole. With `legend`: the name beside the value, one tile a series."""
    panel = begun(stat.Panel(), about, [now(expression, legend)])
    panel = panel.graph_mode(options.BigValueGraphMode.NONE).color_mode(options.BigValueColorMode.BACKGROUND_SOLID)
    panel = panel.text_mode(options.BigValueTextMode.VALUE_AND_NAME if legend else options.BigValueTextMode.VALUE)
    panel = panel.wide_layout(False).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])).mappings(mappings or [])
    return panel.thresholds(thresholds) if thresholds else panel


def name(about: About, expression: str, legend: str, colour: str) -> stat.Panel:
    """The names of the series instead of their values, e.g. of the master."""
    panel = number(about, expression, legend).text_mode(options.BigValueTextMode.NAME)
    return panel.color_scheme(_fixed(colour))


def _fixed(colour: str) -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(colour)


def lines(about: About, *queries: prometheus.Dataquery, thresholds: build.ThresholdsConfig | None = None) -> timeseries.Panel:
    """Lines over time; `thresholds` are drawn as dashed lines."""
    panel = begun(timeseries.Panel(), about, queries)
    panel = (
        panel.axis_soft_min(0)
        .axis_soft_max(SMALLEST_TOP.get(about.unit, 0.001))
        .line_width(2)
        .fill_opacity(8)
        .show_points(options.VisibilityMode.AUTO)
        .legend(_legend())
        .tooltip(_tooltip())
    )
    if thresholds is None:
        return panel
    style = common.GraphThresholdsStyleConfig().mode(options.GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(thresholds).thresholds_style(style)


def bars(about: About, *queries: prometheus.Dataquery) -> timeseries.Panel:
    """Stacked bars: how much of what happened in each minute (or more, when the screen shows days)."""
    panel = lines(about, *queries).draw_style(options.GraphDrawStyle.BARS).fill_opacity(80).line_width(0).interval("1m")
    return panel.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL))


def timeline(about: About, expression: str, mappings: Mappings, legend: str = "{{unit}}") -> statetimeline.Panel:
    """A coloured strip a series, with the word of its state on it."""
    panel = begun(statetimeline.Panel(), about, [over_time(expression, legend)], "no data")
    panel = panel.mappings(mappings).merge_values(True).row_height(0.8).fill_opacity(85).line_width(0)
    panel = panel.show_value(options.VisibilityMode.AUTO).align_value(options.TimelineValueAlignment.LEFT)
    return panel.legend(_legend().show_legend(False)).tooltip(_tooltip())


def gauges(about: About, expression: str, legend: str, thresholds: build.ThresholdsConfig) -> bargauge.Panel:
    """A horizontal bar a series."""
    panel = begun(bargauge.Panel(), about, [now(expression, legend)])
    panel = panel.orientation(options.VizOrientation.HORIZONTAL).display_mode(options.BarGaugeDisplayMode.BASIC).min(0)
    return panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])).thresholds(thresholds)


def _legend() -> common.VizLegendOptions:
    shown = common.VizLegendOptions().show_legend(True).placement(options.LegendPlacement.BOTTOM)
    return shown.display_mode(options.LegendDisplayMode.LIST).calcs([])


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI).sort(options.SortOrder.DESCENDING)
