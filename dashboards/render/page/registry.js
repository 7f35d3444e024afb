// Packages come by require(): their .mjs files misread older packages when they are bundled.
// Grafana fills this registry in its own application, which is not on npm; left empty, units and mappings are ignored.
const g = require('@grafana/data');

const STANDARD = {
  unit: g.unitOverrideProcessor,
  min: g.numberOverrideProcessor,
  max: g.numberOverrideProcessor,
  decimals: g.numberOverrideProcessor,
  displayName: g.displayNameOverrideProcessor,
  color: g.identityOverrideProcessor,
  thresholds: g.thresholdsOverrideProcessor,
  mappings: g.valueMappingsOverrideProcessor,
  links: g.dataLinksOverrideProcessor,
  noValue: g.stringOverrideProcessor,
};
// What the kinds of panel add, as far as our dashboards use it.
const CUSTOM = [
  'drawStyle', 'lineWidth', 'fillOpacity', 'showPoints', 'pointSize', 'stacking', 'thresholdsStyle', 'spanNulls',
  'lineInterpolation', 'axisPlacement', 'scaleDistribution', 'hideFrom', 'gradientMode', 'barAlignment',
  'axisSoftMin', 'axisSoftMax', 'width', 'cellOptions', 'align', 'filterable', 'inspect',
];

const entry = (id, path, process, isCustom) => ({
  id, path, name: id, process, isCustom, shouldApply: () => true, editor: () => null, override: () => null, settings: {},
});

export function fillRegistry() {
  g.standardFieldConfigEditorRegistry.setInit(() => [
    ...Object.entries(STANDARD).map(([id, process]) => entry(id, id, process, false)),
    ...CUSTOM.map((path) => entry(`custom.${path}`, path, g.identityOverrideProcessor, true)),
  ]);
  g.standardTransformersRegistry.setInit(() =>
    Object.values(Object.fromEntries(Object.values(g.standardTransformers).map((one) => [one.id, one]))).map((one) => ({
      id: one.id, name: one.name, aliasIds: [], transformation: async () => one, editor: () => null,
    }))
  );
}
