import { IsInt, IsOptional, IsString } from 'class-validator';
import { expect } from 'chai';
import type { NamedBackend } from './backend.js';
import { defineService } from './define-service.js';
import { done } from './outcome.js';
import { partial, schemaOf } from './parameters.js';

class Memory {
  @IsInt() megabytes!: number;
}
class Wishes {
  @IsString() region!: string;
  @IsOptional() @IsInt() users?: number;
}
class BindWishes {
  @IsOptional() @IsString() role?: string;
}

const PLAN = { id: 'p', name: 'small', description: 'A small one' };
const ENTRY = { id: 's', name: 'redis', description: 'A Redis', plans: [PLAN] };
const FUNCTIONS = {
  ensure: async () => done(),
  destroy: async () => {},
  bind: async () => done({ credentials: {} }),
};
const shared: NamedBackend<Memory> = { ...FUNCTIONS, name: 'shared', settings: Memory };

describe('a service with functions of its own', () => {
  it('is an offering with all defaults, and a backend of its name', () => {
    const { offering, backend } = defineService({ ...ENTRY, ...FUNCTIONS });
    expect(offering).to.eql({
      id: 's',
      name: 'redis',
      description: 'A Redis',
      bindable: true,
      instancesRetrievable: true,
      bindingsRetrievable: true,
      allowContextUpdates: false,
      planUpdateable: false,
      requiresApp: false,
      plans: [{ ...PLAN, free: true, bindingRotatable: false, backend: 'redis', settings: {} }],
    });
    expect(backend).to.eql({ name: 'redis', ...FUNCTIONS });
  });

  it('may tell what it holds, which is none of the catalog`s business', () => {
    const inventory = async () => [];
    const { offering, backend } = defineService({ ...ENTRY, ...FUNCTIONS, inventory });
    expect(backend.inventory).to.equal(inventory);
    expect(offering).not.to.have.property('inventory');
  });

  it('may look at instances and bindings, which is none of the catalog`s business, either', () => {
    const looks = {
      observe: async () => undefined,
      observeBinding: async () => undefined,
      repairBinding: async () => undefined,
    };
    const { offering, backend } = defineService({ ...ENTRY, ...FUNCTIONS, ...looks });
    expect(backend).to.include(looks);
    expect(offering).not.to.include.any.keys(Object.keys(looks));
  });

  it('keeps what the author says instead of a default', () => {
    const said = { bindable: false, planUpdateable: true, requiresApp: true, tags: ['cache'] };
    const { bind: _, ...unbindable } = FUNCTIONS;
    const { offering } = defineService({
      ...ENTRY,
      ...said,
      ...unbindable,
      plans: [{ ...PLAN, free: false, bindingRotatable: true }],
    });
    expect(offering).to.deep.include(said);
    expect(offering.plans[0]).to.include({ free: false, bindingRotatable: true });
  });

  it('may have settings in a ConfigMap, and none of its own over them', () => {
    const settingsFrom = { configMapKeyRef: { name: 'plans', key: 'small' } };
    const define = (more: object) =>
      defineService({ ...ENTRY, ...FUNCTIONS, plans: [{ ...PLAN, settingsFrom, ...more }] });
    expect(define({}).offering.plans[0]).to.deep.include({ settingsFrom, settings: {} });
    expect(() => define({ settingsFrom: {} })).to.throw(
      /plans\[0\]\.settingsFrom\.configMapKeyRef\.key: must be/,
    );
  });

  it('takes typed settings, which its functions see as such', () => {
    const { offering, backend } = defineService<Memory>({
      ...ENTRY,
      plans: [{ ...PLAN, settings: { megabytes: 64 } }],
      settings: Memory,
      ...FUNCTIONS,
      ensure: async (instance) => {
        const megabytes: number = instance.settings.megabytes;
        return done({ metadata: { labels: { megabytes: String(megabytes) } } });
      },
    });
    expect(offering.plans[0]!.settings).to.eql({ megabytes: 64 });
    expect(backend.settings).to.equal(Memory);
    expect(offering).to.not.have.any.keys('settings', 'ensure', 'destroy', 'bind', 'backend');
  });

  it('shows its parameter classes as schemas of every plan, a plan`s own first', () => {
    const own = { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' };
    const service = defineService({
      ...ENTRY,
      ...FUNCTIONS,
      parameters: Wishes,
      bindParameters: BindWishes,
      plans: [PLAN, { ...PLAN, id: 'q', name: 'large', schemas: { instanceCreate: own } }],
    });
    const schemas = {
      instanceCreate: schemaOf(Wishes),
      instanceUpdate: partial(schemaOf(Wishes)),
      bindingCreate: schemaOf(BindWishes),
    };
    expect(service.offering.plans.map((plan) => plan.schemas)).to.eql([
      schemas,
      { ...schemas, instanceCreate: own },
    ]);
    expect(service).to.include({ parameters: Wishes, bindParameters: BindWishes });
    expect(JSON.parse(JSON.stringify(service.offering))).to.deep.equal(service.offering);
  });
});

describe('a service with a backend that several share', () => {
  it('refers to it by name', () => {
    const define = (id: string) =>
      defineService({ ...ENTRY, id, backend: shared, plans: [{ ...PLAN, settings: { megabytes: 1 } }] });
    expect(define('a').offering.plans[0]!.backend).to.equal('shared');
    expect(define('a').backend).to.equal(shared);
    expect(define('b').backend).to.equal(shared);
    expect(define('a').offering).to.not.have.property('backend');
  });
});

describe('a definition that is not right', () => {
  const define = (change: object) => () => defineService({ ...ENTRY, ...FUNCTIONS, ...change });
  const plan = (change: object) => define({ plans: [{ ...PLAN, ...change }] });
  const WRONG: [string, () => unknown, RegExp][] = [
    ['no id', define({ id: '' }), /id: must be a non-empty string/],
    ['no description', define({ description: undefined }), /description: must be a non-empty string/],
    ['no plans', define({ plans: [] }), /plans: at least one plan is needed/],
    ['a plan without name', plan({ name: '' }), /plans\[0\]\.name: must be a non-empty string/],
    [
      'two plans alike',
      define({ plans: [PLAN, PLAN] }),
      /plans: two plans have the id "p"; give each its own/,
    ],
    [
      'a wrong version',
      plan({ maintenanceInfo: { version: '2' } }),
      /plans\[0\]\.maintenanceInfo\.version: .*write it like/,
    ],
    ['an unknown permission', define({ requires: ['x'] }), /requires: "x" is not one of syslog_drain/],
    ['no ensure', define({ ensure: undefined }), /"redis": ensure must be a function/],
    ['no destroy', define({ destroy: 'x' }), /"redis": destroy must be a function/],
    [
      'bindable without bind',
      define({ bind: undefined }),
      /bindable: the backend has no bind function; write one, or say bindable: false/,
    ],
    [
      'a plan bindable without bind',
      define({ bind: undefined, bindable: false, plans: [{ ...PLAN, bindable: true }] }),
      /bindable: the backend has no bind function/,
    ],
    [
      'undecorated parameters',
      define({ parameters: class Plain {} }),
      /Plain has no class-validator decorators: give each field one/,
    ],
  ];
  for (const [what, run, text] of WRONG) {
    it(`is refused with path and remedy: ${what}`, () => expect(run).to.throw(text));
  }

  it('is refused with all its faults at once, and its name', () => {
    expect(define({ id: '', requires: ['x'], bind: undefined })).to.throw(
      /service "redis" is not right:\n {2}id: .*\n {2}requires: .*\n {2}bindable: /,
    );
  });
});
