// Answers of Prometheus → data frames, as Grafana's data source makes them.
const { FieldType, createDataFrame } = require('@grafana/data');

const number = (text) => (text === 'NaN' ? null : Number(text));

function named(format, labels) {
  if (format) {
    return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_all, label) => labels[label] ?? '');
  }
  return Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(', ') || 'value';
}

// Points that Prometheus left out are gaps: without them a line would be drawn across.
function withGaps(values, step) {
  const found = [];
  for (const [time, text] of values) {
    const last = found.at(-1);
    if (last && time - last[0] > 1.5 * step) {
      found.push([last[0] + step, null]);
    }
    found.push([time, number(text)]);
  }
  return found;
}

function series(target, { metric, values, value }, step) {
  const points = values ? withGaps(values, step) : [[value[0], number(value[1])]];
  const config = { displayNameFromDS: named(target.legendFormat, metric), interval: step * 1000 };
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: points.map(([time]) => time * 1000), config: { interval: step * 1000 } },
      { name: 'Value', type: FieldType.number, labels: metric, values: points.map(([, of]) => of), config },
    ],
  });
}

function table(target, result, isOnly) {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const column = (label) => ({ name: label, type: FieldType.string, values: result.map(({ metric }) => metric[label] ?? ''), config: {} });
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: result.map(({ value }) => value[0] * 1000), config: {} },
      ...labels.map(column),
      { name: isOnly ? 'Value' : `Value #${target.refId}`, type: FieldType.number, values: result.map(({ value }) => number(value[1])), config: {} },
    ],
  });
}

export function framesOf(panel, answers, least) {
  const step = panel.interval === '1m' ? Math.max(60, least) : least;
  return panel.targets.flatMap((target) => {
    const result = answers[`${panel.title}/${target.refId}`] ?? [];
    if (target.format === 'table') {
      return result.length ? [table(target, result, panel.targets.length === 1)] : [];
    }
    return result.map((one) => series(target, one, step));
  });
}
