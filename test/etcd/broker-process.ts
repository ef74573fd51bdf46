// A broker as a process of its own, to be killed: the backend `etcd`, for offerings that the cluster has.
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { runBroker } from '../../src/sdk/index.js';

await runBroker({ services: [], backends: [etcdBackend] });
