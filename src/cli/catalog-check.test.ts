import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { IsInt, IsUrl } from 'class-validator';
import * as fc from 'fast-check';
import { parse, parseDocument, stringify } from 'yaml';
import { type BrokerDefinition, defineService, done, type NamedBackend } from '../sdk/index.js';
import { type CatalogReport, checkCatalog } from './catalog-check.js';

class Settings {
  @IsUrl({ require_tld: false })
  url!: string;

  @IsInt()
  size = 1;
}

const backend: NamedBackend<Settings> = {
  name: 'test',
  settings: Settings,
  ensure: async () => done(),
  destroy: async () => {},
};

const inCode = defineService({
  id: 'code-id',
  name: 'in_code',
  description: 'A service in code',
  bindable: false,
  backend,
  plans: [
    { id: 'code-plan', name: 'small', description: 'A plan in code', settings: { url: 'http://a', size: 1 } },
  ],
});

const broker: BrokerDefinition = { services: [inCode], backends: [backend] };

const OFFERING = `apiVersion: sdkbroker.broker.io/v1alpha1
kind: ServiceOffering
metadata:
  name: one
spec:
  id: one
  name: one
  description: The one
  plans:
    - id: plan-1
      name: small
      description: A small one
      backend: test
      settings: { url: 'http://b' }
    - id: plan-2
      name: large
      description: A large one
      backend: test
      settings: { url: 'http://b' }
`;

const directory = mkdtempSync(join(tmpdir(), 'brokersdk-catalog-'));

function checkText(text: string): CatalogReport {
  const file = join(directory, 'catalog.yaml');
  writeFileSync(file, text);
  return checkCatalog(file, broker);
}

/** Each problem as `line: path: text`. */
const problems = (text: string): string[] =>
  checkText(text).problems.map(({ line, path, text: said }) => `${line}: ${path}: ${said}`);

/** Another offering, in a document of its own. */
const another = OFFERING.replaceAll('one', 'two').replaceAll('plan-', 'other-');

describe('the check of a catalog file', () => {
  after(() => rmSync(directory, { recursive: true }));

  it('finds nothing in what is right, whatever its comments and its empty documents', () => {
    const { problems: found, offerings, plans } = checkText(`# two\n---\n${OFFERING}---\n${another}---\n`);
    expect(found).to.deep.equal([]);
    expect([offerings, plans]).to.deep.equal([
      { right: 2, all: 2 },
      { right: 4, all: 4 },
    ]);
  });

  for (const [what, from, to, expected] of [
    [
      'a wrong type',
      'description: The one',
      'description: [The one]',
      ['8: spec.description: must be of type string, not "array"'],
    ],
    [
      'a field that is not there',
      'name: large',
      'nmae: large',
      [
        '15: spec.plans[1].name: must be a non-empty string',
        '16: spec.plans[1].nmae: is no field of a ServiceOffering; did you mean "name"?',
      ],
    ],
    [
      'the name of the object',
      'metadata:\n  name: one',
      'metadata:\n  namespace: x',
      ['4: metadata.name: is missing'],
    ],
    [
      'the rules of the catalog',
      'name: large',
      'name: small',
      ['10: spec.plans: two plans have the name "small"; give each its own'],
    ],
    [
      'an unknown backend',
      'backend: test',
      'backend: tset',
      ['13: spec.plans[0].backend: there is no "tset" in this broker; it has: test'],
    ],
    [
      "a backend's settings",
      "url: 'http://b'",
      'url: b c, size: x',
      [
        '14: spec.plans[0].settings.url: must be a URL address',
        '14: spec.plans[0].settings.size: must be an integer number',
      ],
    ],
    [
      'a service in code',
      'name: one\n  description',
      'name: in_code\n  description',
      ['7: spec.name: the service name in_code is taken by the service "in_code" in code; choose another'],
    ],
    ['another kind', 'kind: ServiceOffering', 'kind: Secret', ['2: kind: must be ServiceOffering']],
  ] as [string, string, string, string[]][]) {
    it(`names the line, the path and the remedy: ${what}`, () => {
      expect(OFFERING).to.include(from);
      expect(problems(OFFERING.replace(from, to))).to.deep.equal(expected);
    });
  }

  it('tells of two that want the same, and names the one that has it', () => {
    expect(
      problems(`${OFFERING}---\n${another.replace('id: two', 'id: one').replace('other-1', 'plan-2')}`),
    ).to.deep.equal([
      '26: spec.id: the service id one is taken by the offering one in line 1; choose another',
      '30: spec.plans[0].id: the plan id plan-2 is taken by the offering one in line 1; choose another',
    ]);
    expect(problems(`${OFFERING}---\n${another.replace('name: two', 'name: one')}`)).to.deep.equal([
      '24: metadata.name: the name one of a resource is taken by the offering one in line 1; choose another',
    ]);
  });

  it('lets an offering take the place of a service in code whose object has its name', () => {
    const { offering } = inCode;
    const object = { ...(parse(OFFERING) as object), metadata: { name: 'in-code' }, spec: offering };
    expect(problems(stringify(object))).to.deep.equal([]);
  });

  it('goes on after a document that is not YAML, and counts what is right', () => {
    const {
      problems: found,
      offerings,
      plans,
    } = checkText(`a: b: c\n---\n${OFFERING.replace("'http://b'", 'none here')}---\n${another}`);
    expect(found.map(({ line }) => line)).to.deep.equal([1, 16]);
    expect(found[0]!.text).to.match(/^is not YAML: /);
    expect([offerings, plans]).to.deep.equal([
      { right: 1, all: 2 },
      { right: 3, all: 4 },
    ]);
  });

  it('finds no offering in a file that has none', () => {
    for (const text of ['', '# nothing\n', '---\n---\n']) {
      expect(problems(text)).to.deep.equal(['1: : holds no ServiceOffering']);
    }
  });

  it('takes no settings for missing that a ConfigMap may bring, and says that it did not look there', () => {
    const source = 'settingsFrom: { configMapKeyRef: { name: map, key: k } }';
    const own = (settings: string): string =>
      OFFERING.replace("settings: { url: 'http://b' }", `${source}\n      settings: ${settings}`);
    expect(checkText(own('{}')).problems).to.deep.equal([]);
    const note = 'key k of ConfigMap map is in the cluster, and was not looked at';
    expect(checkText(own('{}')).notes).to.deep.equal([
      { line: 14, path: 'spec.plans[0].settingsFrom', text: note },
    ]);
    expect(problems(own('{ size: big }'))).to.deep.equal([
      '15: spec.plans[0].settings.size: must be an integer number',
    ]);
    expect(problems(own('{}').replace('backend: test', 'backend: none'))).to.deep.equal([
      '13: spec.plans[0].backend: there is no "none" in this broker; it has: test',
    ]);
    expect(problems(own('{}').replace('name: map, ', ''))).to.deep.equal([
      '14: spec.plans[0].settingsFrom.configMapKeyRef.name: must be a non-empty string',
    ]);
    expect(checkText(OFFERING).notes).to.deep.equal([]);
  });

  it('says what is wrong with a schema beside what is wrong with the settings', () => {
    const schema = `'none here' }\n      schemas: { instanceCreate: { $schema: 'http://json-schema.org/draft-07/schema#', type: 7 }`;
    expect(checkText(OFFERING.replace("'http://b'", schema)).problems.map(({ path }) => path)).to.deep.equal([
      'spec.plans[0].settings.url',
      'spec.plans[0].schemas.instanceCreate',
    ]);
  });

  it('says of a file that cannot be read which it is', () => {
    expect(() => checkCatalog(join(directory, 'none'), broker)).to.throw(
      /none cannot be read \(ENOENT\): give /,
    );
  });

  it('has an answer for whatever stands in the place of a field', () => {
    const paths = [
      ['metadata'],
      ['metadata', 'name'],
      ['metadata', 'labels'],
      ['spec'],
      ...['name', 'plans', 'requires', 'metadata', 'dashboardClient', 'tags'].map((field) => ['spec', field]),
      ...['id', 'settings', 'schemas', 'maintenanceInfo', 'metadata', 'maximumPollingDuration'].map(
        (field) => ['spec', 'plans', '1', field],
      ),
      ['spec', 'plans', '0'],
      ['spec', 'plans', '0', 'schemas', 'instanceCreate'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const document = parseDocument(OFFERING);
        document.setIn(path, value);
        const report = checkText(String(document));
        for (const { line, text } of report.problems) {
          expect(line).to.be.within(1, String(document).split('\n').length);
          expect(text).to.not.equal('');
        }
        expect(report.offerings.right).to.equal(report.problems.length === 0 ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });
});
