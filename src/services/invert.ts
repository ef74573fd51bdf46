// A sample: "Invert Service", made by the echo service (src/echo-service) through the `http` backend.
import { httpBackend } from '../backends/http/backend.js';
import { defineService, type Service } from '../sdk/index.js';

/** `baseUrl` is where the echo service listens, without a path: `http://127.0.0.1:8090`. */
export const invertService = (baseUrl: string): Service =>
  defineService({
    id: '335151ee-d035-4e3b-ae98-d76664c8fc80',
    name: 'invert_service',
    description: 'Invert Service',
    tags: ['invert', 'sample'],
    metadata: {
      displayName: 'Invert Service',
      longDescription: 'Answers every message with the message read backwards.',
      providerDisplayName: 'Samples',
      documentationUrl: 'https://www.openservicebrokerapi.org/',
    },
    backend: httpBackend,
    plans: [
      {
        id: 'small_0001',
        name: 'small',
        description: 'Short messages',
        metadata: { displayName: 'Small' },
        settings: { url: `${baseUrl}/invert` },
      },
    ],
  });
