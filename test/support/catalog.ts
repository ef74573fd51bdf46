// A catalog in which every rule of the protocol has a plan that shows it.
import type { NamedBackend, Service } from '../../src/sdk/index.js';
import { defineService } from '../../src/sdk/index.js';

const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';

const sizeSchema = {
  $schema: DRAFT_04,
  type: 'object',
  properties: { size: { type: 'integer', minimum: 1 }, label: { type: 'string' } },
  additionalProperties: false,
};

/** The ids, by what they are for. */
export const IDS = {
  /** Works within the request; two plans to change between, a third with maintenance info, parameters with a schema. */
  plain: {
    serviceId: 'service-plain',
    small: 'plan-small',
    large: 'plan-large',
    maintained: 'plan-maintained',
  },
  /** Works asynchronously only, bindings too. */
  slow: { serviceId: 'service-slow', planId: 'plan-slow' },
  /** Nothing optional: no plan change, no context updates, not retrievable, one plan not bindable. */
  bare: { serviceId: 'service-bare', planId: 'plan-bare', unbindable: 'plan-unbindable' },
  /** Binds applications only, and with all that a binding may carry. */
  app: { serviceId: 'service-app', planId: 'plan-app' },
};

export const MAINTENANCE_VERSION = '2.1.1+abcdef';

export function labServices(backend: NamedBackend): Service[] {
  return [
    defineService({
      id: IDS.plain.serviceId,
      name: 'plain',
      description: 'Works within the request',
      tags: ['lab'],
      planUpdateable: true,
      allowContextUpdates: true,
      metadata: { displayName: 'Plain' },
      backend,
      plans: [
        {
          id: IDS.plain.small,
          name: 'small',
          description: 'A small one',
          bindingRotatable: true,
          schemas: { instanceCreate: sizeSchema, instanceUpdate: sizeSchema, bindingCreate: sizeSchema },
        },
        {
          id: IDS.plain.large,
          name: 'large',
          description: 'A large one',
          free: false,
          metadata: { bullets: ['large'], costs: [{ amount: { usd: 99 }, unit: 'MONTHLY' }] },
        },
        {
          id: IDS.plain.maintained,
          name: 'maintained',
          description: 'One with maintenance',
          maximumPollingDuration: 3600,
          maintenanceInfo: { version: MAINTENANCE_VERSION, description: 'a new kernel' },
        },
      ],
    }),
    defineService({
      id: IDS.slow.serviceId,
      name: 'slow',
      description: 'Works asynchronously only',
      planUpdateable: true,
      backend,
      plans: [
        {
          id: IDS.slow.planId,
          name: 'slow',
          description: 'A slow one',
          asyncRequired: { instances: true, bindings: true },
          schemas: { instanceCreate: sizeSchema, instanceUpdate: sizeSchema },
        },
        { id: 'plan-slow-two', name: 'slow-two', description: 'Another', asyncRequired: { instances: true } },
      ],
    }),
    defineService({
      id: IDS.bare.serviceId,
      name: 'bare',
      description: 'Nothing optional',
      instancesRetrievable: false,
      bindingsRetrievable: false,
      backend,
      plans: [
        { id: IDS.bare.planId, name: 'bare', description: 'A bare one' },
        {
          id: IDS.bare.unbindable,
          name: 'unbindable',
          description: 'One that cannot be bound',
          bindable: false,
        },
      ],
    }),
    defineService({
      id: IDS.app.serviceId,
      name: 'app',
      description: 'Binds applications only',
      requires: ['syslog_drain', 'route_forwarding', 'volume_mount'],
      requiresApp: true,
      backend,
      plans: [{ id: IDS.app.planId, name: 'app', description: 'One for applications' }],
    }),
  ];
}

/** The body of a provision that is right. */
export const provisionBody = (serviceId: string, planId: string, more: object = {}): object => ({
  service_id: serviceId,
  plan_id: planId,
  organization_guid: 'organization-1',
  space_guid: 'space-1',
  ...more,
});

export const idsQuery = (
  serviceId: string,
  planId: string,
  more: Record<string, string> = {},
): Record<string, string> => ({
  service_id: serviceId,
  plan_id: planId,
  ...more,
});
