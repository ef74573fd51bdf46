// The catalog of a schedule: plans to change between, a secret parameter, bindings that can be rotated, a service that
// works asynchronously only, and one whose bindings cannot be fetched and so are made within the request.
import type { NamedBackend } from '../../src/sdk/authoring/backend.js';
import { defineService, type Service } from '../../src/sdk/authoring/define-service.js';

const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { size: { type: 'integer', minimum: 1 }, token: { type: 'string', writeOnly: true } },
  additionalProperties: false,
};

export interface Ids {
  serviceId: string;
  planId: string;
}

export const SMALL: Ids = { serviceId: 'service-store', planId: 'plan-small' };
export const LARGE: Ids = { serviceId: 'service-store', planId: 'plan-large' };
export const SLOW: Ids = { serviceId: 'service-slow', planId: 'plan-slow' };
export const SHY: Ids = { serviceId: 'service-shy', planId: 'plan-shy' };

export function simulatedServices(backend: NamedBackend): Service[] {
  return [
    defineService({
      id: SMALL.serviceId,
      name: 'store',
      description: 'A store',
      planUpdateable: true,
      backend,
      plans: [
        {
          id: SMALL.planId,
          name: 'small',
          description: 'A small one',
          bindingRotatable: true,
          maximumPollingDuration: 180,
          schemas: { instanceCreate: schema, instanceUpdate: schema, bindingCreate: schema },
        },
        {
          id: LARGE.planId,
          name: 'large',
          description: 'A large one',
          bindingRotatable: true,
          schemas: { instanceCreate: schema, instanceUpdate: schema, bindingCreate: schema },
        },
      ],
    }),
    defineService({
      id: SLOW.serviceId,
      name: 'slow',
      description: 'Asynchronous only',
      backend,
      plans: [
        {
          id: SLOW.planId,
          name: 'slow',
          description: 'A slow one',
          asyncRequired: { instances: true, bindings: true },
          maximumPollingDuration: 60,
        },
      ],
    }),
    defineService({
      id: SHY.serviceId,
      name: 'shy',
      description: 'Bindings cannot be fetched',
      bindingsRetrievable: false,
      backend,
      plans: [{ id: SHY.planId, name: 'shy', description: 'A shy one' }],
    }),
  ];
}
