// One component a kind of panel, each Grafana's own but the state timeline.
const { FieldType, VizOrientation, applyFieldOverrides, getFieldDisplayValues, transformDataFrame } = require('@grafana/data');
const { BarGauge, BigValue, PanelContextProvider, Table, TimeSeries, useTheme2 } = require('@grafana/ui');
const { useEffect, useState } = require('react');
const { EventBusSrv } = require('@grafana/data');
import { Timeline } from './timeline.jsx';

const BUS = new EventBusSrv();
const CONTEXT = { eventsScope: 'render', eventBus: BUS, sync: () => 0, canAddAnnotations: () => false, canExecuteActions: () => false };
const same = (text) => text;

export function shown(panel, frames, theme) {
  const { defaults, overrides } = panel.fieldConfig;
  const colour = defaults.color ?? { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  const thresholds = defaults.thresholds && {
    ...defaults.thresholds, steps: defaults.thresholds.steps.map((step) => ({ ...step, value: step.value ?? -Infinity })),
  };
  return applyFieldOverrides({
    data: frames, fieldConfig: { defaults: { ...defaults, thresholds, color: colour }, overrides: overrides ?? [] },
    replaceVariables: same, theme, timeZone: 'utc',
  });
}

function reduced(panel, frames, theme) {
  const { reduceOptions } = panel.options;
  const { defaults } = panel.fieldConfig;
  return getFieldDisplayValues({ fieldConfig: { defaults, overrides: [] }, reduceOptions, replaceVariables: same, theme, data: frames, timeZone: 'utc' });
}

function Numbers({ panel, frames, width, height }) {
  const theme = useTheme2();
  const values = reduced(panel, frames, theme);
  const each = (width - 4 * (values.length - 1)) / values.length;
  const { colorMode, graphMode, textMode, wideLayout } = panel.options;
  return (
    <div style={{ display: 'flex', gap: 4 }}>
      {values.map((value, place) => (
        <BigValue key={place} value={value.display} width={each} height={height} theme={theme} count={values.length}
          colorMode={colorMode} graphMode={graphMode} textMode={textMode} wideLayout={wideLayout} justifyMode="center" />
      ))}
    </div>
  );
}

function Bars({ panel, frames, width, height }) {
  const theme = useTheme2();
  const values = reduced(panel, frames, theme);
  const most = Math.max(...values.map(({ display }) => display.numeric || 0));
  const each = Math.min(56, height / values.length - 4);
  return values.map((value, place) => (
    <div key={place} style={{ marginBottom: 4 }}>
      <BarGauge value={value.display} display={value.view?.getFieldDisplayProcessor(value.colIndex)} field={{ ...value.field, min: 0, max: most || 1 }}
        width={width} height={each} theme={theme} orientation={VizOrientation.Horizontal} displayMode={panel.options.displayMode} showUnfilled />
    </div>
  ));
}

function Lines({ panel, frames, width, height, range, marks }) {
  const mark = (u) => {
    for (const { time, color } of marks) {
      const left = Math.round(u.valToPos(time, 'x', true));
      u.ctx.save();
      u.ctx.strokeStyle = color;
      u.ctx.lineWidth = 2;
      u.ctx.setLineDash([6, 4]);
      u.ctx.beginPath();
      u.ctx.moveTo(left, u.bbox.top);
      u.ctx.lineTo(left, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
      u.ctx.restore();
    }
  };
  return (
    <TimeSeries frames={frames} structureRev={1} timeRange={range} timeZone="utc" width={width} height={height}
      legend={panel.options.legend} options={panel.options}>
      {(config) => { config.addHook('draw', mark); return null; }}
    </TimeSeries>
  );
}

function Rows({ panel, frames, width, height }) {
  const theme = useTheme2();
  const [data, setData] = useState([]);
  useEffect(() => {
    const subscription = transformDataFrame(panel.transformations ?? [], frames).subscribe((found) => setData(shown(panel, found, theme)));
    return () => subscription.unsubscribe();
  }, []);
  const sort = (panel.options.sortBy ?? []).map(({ displayName, desc }) => ({ displayName, desc }));
  return data.length ? <Table data={data[0]} width={width} height={height} initialSortBy={sort} columnMinWidth={60} /> : null;
}

const KINDS = { stat: Numbers, bargauge: Bars, timeseries: Lines, 'state-timeline': Timeline, table: Rows };

export function Inside({ panel, frames, ...place }) {
  const theme = useTheme2();
  const Kind = KINDS[panel.type];
  const hasData = frames.some((frame) => frame.fields.some((field) => field.type === FieldType.number && field.values.length));
  if (!hasData) {
    const { noValue } = panel.fieldConfig.defaults;
    return <div style={{ color: theme.colors.text.secondary, textAlign: 'center', paddingTop: place.height / 2 - 12 }}>{noValue}</div>;
  }
  const data = panel.type === 'table' ? frames : shown(panel, frames, theme);
  return <PanelContextProvider value={CONTEXT}><Kind panel={panel} frames={data} {...place} /></PanelContextProvider>;
}
