// Draws one dashboard from what Python put into window.understudy: { dashboard, answers, marks, from, to, step, chosen }.
const { ThemeContext, createTheme, dateTime, dateTimeFormat } = require('@grafana/data');
const { GlobalStyles, PanelChrome } = require('@grafana/ui');
const { createRoot } = require('react-dom/client');
import { framesOf } from './frames.js';
import { Inside } from './panels.jsx';
import { fillRegistry } from './registry.js';

const [CELL, GAP, WIDTH] = [30, 8, 1600];
const COLUMN = (WIDTH - 2 * 16 + GAP) / 24;

function Panel({ panel, given, range }) {
  const { x, y, w, h } = panel.gridPos;
  const [width, height] = [w * COLUMN - GAP, h * (CELL + GAP) - GAP];
  const style = { position: 'absolute', left: x * COLUMN, top: y * (CELL + GAP), width, height };
  if (panel.type === 'row') {
    return <div style={{ ...style, fontSize: 18, fontWeight: 500, paddingTop: 4 }}>{panel.title}</div>;
  }
  const frames = framesOf(panel, given.answers, given.step);
  return (
    <div style={style}>
      <PanelChrome title={panel.title} width={width} height={height} padding={panel.type === 'table' ? 'none' : 'md'}>
        {(innerWidth, innerHeight) => (
          <Inside panel={panel} frames={frames} width={innerWidth} height={innerHeight} range={range} marks={given.marks} />
        )}
      </PanelChrome>
    </div>
  );
}

function Head({ given }) {
  const time = (at) => dateTimeFormat(at * 1000, { format: 'YYYY-MM-DD HH:mm:ss', timeZone: 'utc' });
  return (
    <div style={{ display: 'flex', justifyContent: 'space-between', padding: '14px 0 12px', alignItems: 'baseline' }}>
      <span style={{ fontSize: 22, fontWeight: 500 }}>{given.dashboard.title}</span>
      <span>{given.chosen} · {time(given.from)} to {time(given.to)} UTC</span>
    </div>
  );
}

function Page({ given }) {
  const range = { from: dateTime(given.from * 1000), to: dateTime(given.to * 1000) };
  range.raw = { from: range.from, to: range.to };
  const panels = given.dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const lines = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return (
    <div style={{ padding: '0 16px 16px', width: WIDTH, boxSizing: 'border-box' }}>
      <Head given={given} />
      <div style={{ position: 'relative', height: lines * (CELL + GAP) }}>
        {panels.map((panel) => <Panel key={panel.id} panel={panel} given={given} range={range} />)}
      </div>
    </div>
  );
}

fillRegistry();
const theme = createTheme({ colors: { mode: 'dark' } });
document.body.style.background = theme.colors.background.canvas;
createRoot(document.getElementById('page')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Page given={window.understudy} />
  </ThemeContext.Provider>
);
setTimeout(() => console.log(`understudy-render: drawn, ${document.querySelectorAll('section').length} panels`), 5000);
