import { expect } from 'chai';
import type { PlanSpec, ServiceOfferingSpec } from '../resources/kinds.js';
import { toCatalogService } from './wire.js';

const PLAN: PlanSpec = {
  id: 'p',
  name: 'small',
  description: 'A plan',
  backend: 'b',
  settings: { secret: 'x' },
};
const OFFERING: ServiceOfferingSpec = { id: 's', name: 'redis', description: 'A service', plans: [PLAN] };
const $schema = 'http://json-schema.org/draft-04/schema#';
const [create, update, bind] = ['c', 'u', 'b'].map((title) => ({ $schema, title })) as [
  object,
  object,
  object,
];

describe('a catalog entry on the wire', () => {
  it('[49] [53] [54] [56] [60] [63] [74] has the defaults, and nothing that is unset, nothing of the backend', () => {
    const service = toCatalogService(OFFERING, undefined);
    expect(JSON.parse(JSON.stringify(service))).to.deep.equal(service);
    expect(service).to.eql({
      id: 's',
      name: 'redis',
      description: 'A service',
      bindable: true,
      instances_retrievable: true,
      bindings_retrievable: true,
      allow_context_updates: false,
      plan_updateable: false,
      plans: [{ id: 'p', name: 'small', description: 'A plan', free: true, binding_rotatable: false }],
    });
  });

  it('has all that is set, by the names of the specification', () => {
    const full: ServiceOfferingSpec = {
      ...OFFERING,
      tags: ['cache'],
      requires: ['syslog_drain'],
      bindable: false,
      instancesRetrievable: false,
      bindingsRetrievable: false,
      allowContextUpdates: true,
      planUpdateable: true,
      requiresApp: true,
      metadata: { displayName: 'Redis' },
      dashboardClient: { id: 'c', secretRef: { name: 'n', key: 'k' }, redirectUri: 'https://x' },
      plans: [
        {
          ...PLAN,
          free: false,
          bindable: true,
          planUpdateable: false,
          bindingRotatable: true,
          maximumPollingDuration: 60,
          maintenanceInfo: { version: '1.0.0', description: 'd' },
          metadata: { bullets: ['a'] },
          schemas: {
            instanceCreate: create,
            instanceUpdate: update,
            bindingCreate: bind,
          } as PlanSpec['schemas'],
        } as PlanSpec,
      ],
    };
    expect(toCatalogService(full, 'hidden')).to.eql({
      id: 's',
      name: 'redis',
      description: 'A service',
      tags: ['cache'],
      requires: ['syslog_drain'],
      bindable: false,
      instances_retrievable: false,
      bindings_retrievable: false,
      allow_context_updates: true,
      plan_updateable: true,
      metadata: { displayName: 'Redis' },
      dashboard_client: { id: 'c', secret: 'hidden', redirect_uri: 'https://x' },
      plans: [
        {
          id: 'p',
          name: 'small',
          description: 'A plan',
          free: false,
          bindable: true,
          plan_updateable: false,
          binding_rotatable: true,
          maximum_polling_duration: 60,
          maintenance_info: { version: '1.0.0', description: 'd' },
          schemas: {
            service_instance: { create: { parameters: create }, update: { parameters: update } },
            service_binding: { create: { parameters: bind } },
          },
          metadata: { bullets: ['a'] },
        },
      ],
    });
  });

  it('[57] leaves out an unset redirect, and a client whose secret is not known', () => {
    const offering = { ...OFFERING, dashboardClient: { id: 'c', secretRef: { name: 'n', key: 'k' } } };
    expect(toCatalogService(offering, 'x').dashboard_client).to.eql({ id: 'c', secret: 'x' });
    expect(toCatalogService(offering, undefined)).to.not.have.property('dashboard_client');
  });

  for (const [schemas, wire] of [
    [{}, {}],
    [{ instanceCreate: create }, { service_instance: { create: { parameters: create } } }],
    [{ instanceUpdate: update }, { service_instance: { update: { parameters: update } } }],
    [{ bindingCreate: bind }, { service_binding: { create: { parameters: bind } } }],
  ] as const) {
    it(`[66] has only the schemas that there are: ${Object.keys(schemas).join() || 'none'}`, () => {
      const plan = { ...PLAN, schemas } as PlanSpec;
      expect(toCatalogService({ ...OFFERING, plans: [plan] }, undefined).plans[0]!.schemas).to.eql(wire);
    });
  }
});
