import { expect } from 'chai';
import type { Secret } from '../kube/types.js';
import { SECRET_LABEL, type ServiceOfferingSpec } from '../resources/kinds.js';
import { backend, offering, plan, setUp } from './harness.test.js';

describe('the catalog', () => {
  it('[46] may be empty', () => {
    const { catalog } = setUp();
    expect(catalog.answer().body).to.eql({ services: [] });
    expect(catalog.answer().etag).to.match(/^"[\w-]+"$/);
  });

  it('[73] changes, and its validators with it, when an offering is added, changed or removed', () => {
    const { catalog, offerings, clock, names } = setUp();
    const etags = new Set([catalog.answer().etag]);
    const step = (act: () => void, expected: string[]): void => {
      act();
      clock.now = new Date(clock.now.getTime() + 1000);
      expect(names()).to.eql(expected);
      expect(catalog.answer().lastModified).to.eql(clock.now);
      etags.add(catalog.answer().etag);
    };
    step(() => offerings.put(offering('a')), ['a']);
    step(() => offerings.put(offering('c')), ['a', 'c']);
    step(() => offerings.put(offering('b')), ['a', 'b', 'c']);
    step(() => offerings.put(offering('a', { description: 'other' })), ['a', 'b', 'c']);
    expect(etags.size).to.equal(5);
    step(() => offerings.remove('a'), ['b', 'c']);
  });

  it('[73] keeps its validators as long as the bytes stay', () => {
    const { catalog, offerings, clock } = setUp();
    offerings.put(offering('a'));
    const before = catalog.answer();
    clock.now = new Date('2026-02-02T00:00:00Z');
    offerings.put(offering('a', { plans: [{ ...plan('a-plan'), settings: { other: 1 } }] }));
    offerings.put(offering('broken', { plans: [] }));
    expect(catalog.answer()).to.eql(before);
  });

  it('is worked out once for many readers', () => {
    const { catalog, offerings } = setUp();
    offerings.put(offering('a'));
    expect(catalog.answer()).to.equal(catalog.answer());
    expect(catalog.find('a-id', 'a-plan')).to.equal(catalog.find('a-id', 'a-plan'));
  });

  it('finds a plan by both ids only', () => {
    const { catalog, offerings } = setUp();
    offerings.put(offering('a'));
    offerings.put(offering('b'));
    expect(catalog.find('a-id', 'a-plan')).to.include({ backend });
    for (const [service, id] of [
      ['a-id', 'b-plan'],
      ['x', 'a-plan'],
      ['__proto__', 'constructor'],
    ] as const) {
      expect(catalog.find(service, id)).to.equal(undefined);
    }
    expect(catalog.hasService('a-id')).to.equal(true);
    expect(catalog.hasService('x')).to.equal(false);
  });

  it('[74] leaves out an offering that is not right, and says why', () => {
    const { catalog, offerings, names } = setUp();
    offerings.put(offering('good'));
    offerings.put(offering('bad', { description: '', plans: [{ ...plan('x'), maximumPollingDuration: 0 }] }));
    offerings.put(offering('orphan', { plans: [{ ...plan('y'), backend: 'none' }] }));
    offerings.put(
      offering('odd', { plans: [{ ...plan('z'), schemas: { instanceCreate: { $schema: 'x' } } }] }),
    );
    expect(names()).to.eql(['good']);
    expect(catalog.verdict('good')).to.include({ accepted: true, reason: 'Accepted' });
    for (const [name, message] of [
      ['bad', /^description: .*; plans\[0\]\.maximumPollingDuration: /],
      ['orphan', /^plans\[0\]\.backend: there is no "none" in this broker; it has: b$/],
      ['odd', /^plans\[0\]\.schemas\.instanceCreate: \$schema "x" is not known/],
    ] as const) {
      expect(catalog.verdict(name)).to.include({ accepted: false, reason: 'Invalid' });
      expect(catalog.verdict(name)!.message).to.match(message);
    }
    expect(catalog.verdict('nobody')).to.equal(undefined);
    offerings.put(offering('bad'));
    expect(names()).to.eql(['bad', 'good']);
  });

  it('leaves out an offering that is being deleted, and frees its ids', () => {
    const { catalog, offerings, names } = setUp();
    offerings.put(offering('a', {}, { deletionTimestamp: '2026-01-03T00:00:00Z' }));
    offerings.put(offering('z', { id: 'a-id', name: 'a' }));
    expect(names()).to.eql(['a']);
    expect(catalog.verdict('a')).to.equal(undefined);
    expect(catalog.verdict('z')).to.include({ accepted: true });
  });

  const CLASHES: [string, Partial<ServiceOfferingSpec>, string][] = [
    ['[47] the name', { name: 'old' }, 'service name old'],
    ['[48] the id', { id: 'old-id' }, 'service id old-id'],
    ['[58] the id of a plan', { plans: [plan('fresh'), plan('old-plan')] }, 'plan id old-plan'],
  ];
  for (const [what, spec, key] of CLASHES) {
    it(`leaves ${what} with the older of two offerings, until it goes`, () => {
      const { catalog, offerings } = setUp();
      offerings.put(offering('a-young', spec));
      offerings.put(offering('old', {}, { creationTimestamp: '2026-01-01T00:00:00Z' }));
      expect(catalog.verdict('old')).to.include({ accepted: true });
      expect(catalog.verdict('a-young')).to.eql({
        accepted: false,
        reason: 'Conflict',
        message: `${key} is already in the catalog, by the offering old`,
      });
      offerings.remove('old');
      expect(catalog.verdict('a-young')).to.include({ accepted: true });
    });
  }

  it('leaves it, of two of the same second, with the one that has it, and keeps their order', () => {
    const { catalog, offerings, names } = setUp();
    const accepted = { type: 'Accepted', status: 'True' as const, reason: 'Accepted', message: '' };
    const conditions = [{ ...accepted, lastTransitionTime: '2026-01-02T00:00:00Z' }];
    offerings.put({ ...offering('m'), status: { conditions } });
    offerings.put(offering('a', { name: 'm' }));
    offerings.put(offering('b'));
    expect(catalog.verdict('m')).to.include({ accepted: true });
    expect(catalog.verdict('a')).to.include({ accepted: false, reason: 'Conflict' });
    expect(names()).to.eql(['b', 'm']);
  });

  it('lets no offering that is left out keep others out', () => {
    const { catalog, offerings } = setUp();
    offerings.put(offering('a', { id: 'same', plans: [] }));
    offerings.put(offering('b', { id: 'same' }));
    expect(catalog.verdict('b')).to.include({ accepted: true });
  });

  it('[57] waits for the secret of a dashboard client', () => {
    const { catalog, offerings, secrets, names } = setUp();
    const client = (value: string, label = 'dashboard-client'): Secret => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', labels: { [SECRET_LABEL]: label } },
      data: { k: Buffer.from(value).toString('base64') },
    });
    offerings.put(offering('a', { dashboardClient: { id: 'c', secretRef: { name: 's', key: 'k' } } }));
    const missing = () => {
      expect(names()).to.eql([]);
      expect(catalog.verdict('a')).to.include({ accepted: false, reason: 'SecretMissing' });
      expect(catalog.verdict('a')!.message).to.match(
        /^dashboardClient\.secretRef: Secret s with key k is not there/,
      );
    };
    missing();
    secrets.put({ ...client('x'), data: { other: 'eA==' } });
    missing();
    secrets.put(client(''));
    missing();
    secrets.put(client('hidden'));
    expect(catalog.answer().body.services[0]!.dashboard_client).to.eql({ id: 'c', secret: 'hidden' });
    secrets.put(client('changed'));
    expect(catalog.answer().body.services[0]!.dashboard_client).to.eql({ id: 'c', secret: 'changed' });
    secrets.remove('s');
    missing();
  });
});

describe('the backend for an instance', () => {
  const spec = { serviceId: 'a-id', planId: 'a-plan' };
  const resolvedPlan = { backend: 'b', settings: { was: 1 } };

  it('is that of the plan in the catalog', () => {
    const { catalog, offerings } = setUp();
    offerings.put(offering('a', { plans: [{ ...plan('a-plan'), settings: { is: 1 } }] }));
    expect(catalog.backendFor({ spec: { ...spec, resolvedPlan } })).to.deep.include({
      backend,
      settings: { is: 1 },
    });
  });

  it('[72] is that of the plan as it was, when the offering is gone', () => {
    const { catalog, offerings } = setUp();
    offerings.put(offering('a'));
    offerings.remove('a');
    expect(catalog.backendFor({ spec: { ...spec, resolvedPlan } })).to.deep.include({
      backend,
      settings: { was: 1 },
    });
  });

  it('is not known where the plan never was, or the backend is gone', () => {
    const { catalog } = setUp();
    expect(catalog.backendFor({ spec })).to.eql({
      problems: ['plan a-plan of service a-id is not in the catalog'],
    });
    const gone = catalog.backendFor({ spec: { ...spec, resolvedPlan: { backend: 'gone' } } });
    expect(gone).to.eql({ problems: ['backend: there is no "gone" in this broker; it has: b'] });
  });
});
