// A broker as a process of its own, to be killed: the backend `docker`, for offerings that the cluster has.
import { dockerBackend } from '../../src/backends/docker/backend.js';
import { runBroker } from '../../src/sdk/index.js';

await runBroker({ services: [], backends: [dockerBackend()] });
