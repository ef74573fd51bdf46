// The broker that is measured: a catalog of ordinary size, and a backend that has nothing to do, so that every
// microsecond is the broker's own.
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { type BrokerDefinition, defineService, done } from '../../src/sdk/index.js';

const SERVICES = 5;
const PLANS = 3;

const schema = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  type: 'object',
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 64, description: 'How large it is, in GiB' },
    region: { type: 'string', enum: ['north', 'south'], description: 'Where it runs' },
  },
  additionalProperties: false,
};

export const SERVICE_ID = 'service-1';
export const PLAN_ID = 'service-1-plan-1';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

export const definition: BrokerDefinition = {
  backends: [etcdBackend],
  services: numbers(SERVICES).map((service) =>
    defineService({
      id: `service-${service}`,
      name: `benchmark-${service}`,
      description: 'A service that is there at once',
      tags: ['benchmark'],
      planUpdateable: true,
      plans: numbers(PLANS).map((plan) => ({
        id: `service-${service}-plan-${plan}`,
        name: `plan-${plan}`,
        description: `Plan ${plan} of service ${service}`,
        schemas: { instanceCreate: schema, instanceUpdate: schema },
      })),
      ensure: async () => done(),
      destroy: async () => done(),
      bind: async ({ name }) => done({ credentials: { username: name, password: 'benchmark' } }),
      unbind: async () => done(),
    }),
  ),
};

/** The body of a provision, as a platform sends it. */
export const provisionBody = (): object => ({
  service_id: SERVICE_ID,
  plan_id: PLAN_ID,
  organization_guid: '0d1c9c0e-6b0e-4b6b-9a55-6a8d64a7f2aa',
  space_guid: '5b1f5f0c-7d3a-4a0e-8c1e-0f4e5d6c7b8a',
  context: { platform: 'benchmark', organization_name: 'organization', space_name: 'space' },
  parameters: { size: 4, region: 'north' },
});
