// A sample: "Echo Service", made by the echo service (src/echo-service) through the `http` backend.
import { httpBackend } from '../backends/http/backend.js';
import { defineService, type Service } from '../sdk/index.js';

/** `baseUrl` is where the echo service listens, without a path: `http://127.0.0.1:8090`. */
export const echoService = (baseUrl: string): Service =>
  defineService({
    id: '8929d1a1-2efb-4443-b67a-6f369bb39795',
    name: 'echo_service',
    description: 'Echo Service',
    tags: ['echo', 'sample'],
    planUpdateable: true,
    dashboardClient: {
      id: 'echo-dashboard',
      redirectUri: `${baseUrl}/echo/dashboard`,
      secretRef: { name: 'echo-dashboard-client', key: 'secret' },
    },
    metadata: {
      displayName: 'Echo Service',
      longDescription: 'Answers every message with the message.',
      providerDisplayName: 'Samples',
      documentationUrl: 'https://www.openservicebrokerapi.org/',
    },
    backend: httpBackend,
    plans: [
      {
        id: 'big_0001',
        name: 'large',
        description: 'Many messages',
        free: false,
        bindingRotatable: true,
        metadata: {
          displayName: 'Large',
          bullets: ['Unlimited messages', 'Credentials can be rotated'],
          costs: [{ amount: { usd: 1 }, unit: 'MONTHLY' }],
        },
        settings: { url: `${baseUrl}/echo` },
      },
      {
        id: 'free_0001',
        name: 'free',
        description: 'Messages for nothing',
        metadata: { displayName: 'Free' },
        settings: { url: `${baseUrl}/echo` },
      },
    ],
  });
