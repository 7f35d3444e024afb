// A state timeline: Grafana's own is not on npm, so this draws the same strips from the same mappings.
const { FieldType, dateTimeFormat } = require('@grafana/data');
const { useTheme2 } = require('@grafana/ui');

const AXIS = 20;
const STEPS = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600].map((seconds) => seconds * 1000);

function strips(frame, to) {
  const [time, value] = [frame.fields.find((f) => f.type === FieldType.time), frame.fields.find((f) => f.type === FieldType.number)];
  const step = value.config.interval ?? 0;
  const found = [];
  value.values.forEach((state, place) => {
    const start = time.values[place];
    const last = found.at(-1);
    if (last) {
      last.end = last.state === null ? start : Math.min(start, last.seen + 1.5 * step);
    }
    if (last && last.state === state && last.end === start) {
      last.seen = start;
    } else {
      found.push({ state, start, seen: start, end: Math.min(start + step, to) });
    }
  });
  if (found.length) {
    found.at(-1).end = Math.min(found.at(-1).seen + step, to);
  }
  return { name: value.config.displayNameFromDS, display: value.display, strips: found.filter(({ state }) => state !== null) };
}

function Strip({ strip, display, x, y, height, theme }) {
  const { text, color } = display(strip.state);
  const [left, width] = [x(strip.start), Math.max(1, x(strip.end) - x(strip.start))];
  return (
    <g>
      <rect x={left} y={y} width={width} height={height} fill={color} fillOpacity={0.9} />
      {width > text.length * 7 + 8 && (
        <text x={left + 6} y={y + height / 2 + 4} fontSize={12} fill={theme.colors.getContrastText(color)}>{text}</text>
      )}
    </g>
  );
}

function Axis({ range, x, height, width, theme }) {
  const [from, to] = [range.from.valueOf(), range.to.valueOf()];
  const step = STEPS.find((one) => (to - from) / one < width / 90) ?? STEPS.at(-1);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; x(tick) < x(to) - 24; tick += step) {
    ticks.push(tick);
  }
  const format = step < 60000 ? 'HH:mm:ss' : 'HH:mm';
  return ticks.map((tick) => (
    <g key={tick}>
      <line x1={x(tick)} x2={x(tick)} y1={0} y2={height - AXIS} stroke={theme.colors.border.weak} />
      <text x={x(tick)} y={height - 4} fontSize={11} fill={theme.colors.text.secondary} textAnchor="middle">
        {dateTimeFormat(tick, { format, timeZone: 'utc' })}
      </text>
    </g>
  ));
}

export function Timeline({ frames, width, height, range, marks }) {
  const theme = useTheme2();
  const rows = frames.map((frame) => strips(frame, range.to.valueOf()));
  const left = Math.min(width / 3, 16 + 6.6 * Math.max(0, ...rows.map(({ name }) => name.length)));
  const x = (time) => left + ((time - range.from.valueOf()) / (range.to.valueOf() - range.from.valueOf())) * (width - left - 8);
  const each = (height - AXIS) / Math.max(1, rows.length);
  const tall = Math.min(each * 0.8, 36);
  return (
    <svg width={width} height={height} fontFamily={theme.typography.fontFamily}>
      <Axis range={range} x={x} height={height} width={width - left} theme={theme} />
      {rows.map(({ name, display, strips: found }, row) => (
        <g key={name}>
          <text x={left - 8} y={each * (row + 0.5) + 4} fontSize={12} fill={theme.colors.text.primary} textAnchor="end">{name}</text>
          {found.map((strip) => (
            <Strip key={strip.start} strip={strip} display={display} x={x} y={each * (row + 0.5) - tall / 2} height={tall} theme={theme} />
          ))}
        </g>
      ))}
      {marks.map(({ time, color }, place) => (
        <line key={place} x1={x(time)} x2={x(time)} y1={0} y2={height - AXIS} stroke={color} strokeWidth={1.5} strokeDasharray="4 3" />
      ))}
    </svg>
  );
}
