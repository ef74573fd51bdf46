import { expect } from 'chai';
import type { ConfigMap } from '../kube/types.js';
import { CONFIG_MAP_LABEL, type PlanSpec } from '../resources/kinds.js';
import { offering, plan, setUp } from './harness.test.js';
import { settingsSource, withSettings } from './plan-settings.js';

const REF = { name: 'map', key: 'small.yaml' };
const PATH = 'settingsFrom.configMapKeyRef: ';

const mapOf = (
  data: Record<string, string> | undefined,
  label: string | undefined = 'settings',
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: REF.name, labels: { [CONFIG_MAP_LABEL]: label } },
  ...(data ? { data } : {}),
});

const from = (settings?: PlanSpec['settings']): PlanSpec => ({
  ...plan('p'),
  settingsFrom: { configMapKeyRef: REF },
  ...(settings ? { settings } : {}),
});

/** The settings of the plan, or the reason and the sentence. */
function outcome(configMap: ConfigMap | undefined, entry = from()): unknown {
  const found = withSettings(entry, (name) => (name === REF.name ? configMap : undefined));
  return 'plan' in found ? found.plan.settings : [found.reason, found.problem];
}

describe('the settings of a plan', () => {
  it('are its own where it names no ConfigMap', () => {
    const own = { ...plan('p'), settings: { a: 1 } };
    const never = (): never => expect.fail('no ConfigMap is wanted');
    expect(withSettings(own, never)).to.deep.equal({ plan: own });
    expect(withSettings(plan('p'), never)).to.deep.equal({ plan: plan('p') });
  });

  it('are those of the ConfigMap, in YAML or JSON', () => {
    expect(outcome(mapOf({ [REF.key]: 'a: 1\nb: { c: [x, null] }\n' }))).to.eql({
      a: 1,
      b: { c: ['x', null] },
    });
    expect(outcome(mapOf({ [REF.key]: '{"a":{"b":"2"}}' }))).to.eql({ a: { b: '2' } });
    expect(outcome(mapOf({ [REF.key]: 'a: &a { x: 1 }\nb: *a' }))).to.eql({ a: { x: 1 }, b: { x: 1 } });
  });

  it('are, field by field at the top, those of the plan over those of the ConfigMap', () => {
    const map = mapOf({ [REF.key]: 'a: { x: 1, y: 1 }\nb: 1' });
    expect(outcome(map, from({ a: { x: 2 }, c: 3 }))).to.eql({ a: { x: 2 }, b: 1, c: 3 });
  });

  it('are missing without the ConfigMap, its label or its key', () => {
    const noMap = [
      'SettingsMissing',
      `${PATH}there is no ConfigMap map with the label ${CONFIG_MAP_LABEL}: settings in the broker's namespace; create it, or label it`,
    ];
    expect(outcome(undefined)).to.deep.equal(noMap);
    expect(outcome(mapOf({ [REF.key]: 'a: 1' }, 'other'))).to.deep.equal(noMap);
    const noKey = `${PATH}ConfigMap map has no key small.yaml; it has: `;
    expect(outcome(mapOf({ large: 'a: 1', 'b.yaml': '' }))).to.eql([
      'SettingsMissing',
      `${noKey}b.yaml, large`,
    ]);
    expect(outcome(mapOf(undefined))).to.eql(['SettingsMissing', `${noKey}none`]);
  });

  const NO_MAPPING = /^must hold a YAML mapping of settings, like `size: 1`$/;
  const WRONG: [string, string, RegExp][] = [
    ['no YAML', 'a: [1', /^is not YAML: [^\n]+ at line 1, column 6$/],
    ['a field twice', 'a: 1\na: 2', /^is not YAML: Map keys must be unique at line 2, column 1$/],
    ['two documents', 'a: 1\n---\nb: 1', /^is not YAML: Source contains multiple documents/],
    ['a cycle', 'a: &a { b: *a }', /^is not YAML: /],
    ['aliases without end', `${bomb()}`, /^is not YAML: Excessive alias count/],
    ['nothing', '', NO_MAPPING],
    ['a list', '[1]', NO_MAPPING],
    ['a text', 'hello', NO_MAPPING],
    [
      'too much',
      `a: ${'x'.repeat(256 * 1024)}`,
      /^is larger than 256 kB, of which each instance keeps a copy/,
    ],
  ];
  for (const [what, text, sentence] of WRONG) {
    it(`are invalid where the key holds ${what}`, () => {
      const [reason, problem] = outcome(mapOf({ [REF.key]: text })) as string[];
      const path = `${PATH}key small.yaml of ConfigMap map `;
      expect([reason, problem!.slice(0, path.length)]).to.eql(['Invalid', path]);
      expect(problem!.slice(path.length)).to.match(sentence);
    });
  }

  it('are told with their source where a backend finds fault with them', () => {
    const fault = 'settings.size must be a number';
    expect(settingsSource(from(), fault)).to.equal(' (with key small.yaml of ConfigMap map)');
    expect(settingsSource(from(), 'backend: there is no "x"')).to.equal('');
    expect(settingsSource(plan('p'), fault)).to.equal('');
  });
});

describe('a catalog with settings in ConfigMaps', () => {
  it('follows them: the offering comes, changes and goes with its ConfigMap', () => {
    const { catalog, offerings, configMaps, names } = setUp();
    offerings.put(offering('a', { plans: [{ ...from({ own: 1 }), id: 'a-plan' }] }));
    offerings.put(offering('b'));
    const resolved = () => catalog.find('a-id', 'a-plan')?.resolved.settings;
    const missing = (): void => {
      expect(names()).to.eql(['b']);
      expect(catalog.verdict('a')).to.include({ accepted: false, reason: 'SettingsMissing' });
      expect(catalog.verdict('a')!.message).to.match(
        /^plans\[0\]\.settingsFrom\.configMapKeyRef: there is no /,
      );
      expect(catalog.checkable('a')).to.eql([]);
    };
    missing();
    configMaps.put(mapOf({ [REF.key]: 'size: 1' }));
    expect(names()).to.eql(['a', 'b']);
    expect(resolved()).to.eql({ size: 1, own: 1 });
    configMaps.put(mapOf({ [REF.key]: 'size: 2' }));
    expect(resolved()).to.eql({ size: 2, own: 1 });
    expect(catalog.find('a-id', 'a-plan')!.settings).to.eql({ size: 2, own: 1 });
    configMaps.put(mapOf({ [REF.key]: '- size' }));
    expect(catalog.verdict('a')).to.include({ accepted: false, reason: 'Invalid' });
    configMaps.remove(REF.name);
    missing();
  });

  it('never shows them to platforms', () => {
    const { catalog, offerings, configMaps } = setUp();
    offerings.put(offering('a', { plans: [from()] }));
    configMaps.put(mapOf({ [REF.key]: 'size: 12345' }));
    expect(JSON.stringify(catalog.answer().body))
      .to.match(/"p"/)
      .and.not.match(/ettings|12345/);
  });

  it('asks for what is missing only where nothing is wrong', () => {
    const { catalog, offerings } = setUp();
    offerings.put(offering('a', { plans: [from(), { ...plan('q'), backend: 'none' }] }));
    expect(catalog.verdict('a')).to.include({ reason: 'Invalid' });
    expect(catalog.verdict('a')!.message).to.match(/^plans\[1\]\.backend: /);
  });
});

/** A few lines of YAML that stand for millions of words. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
