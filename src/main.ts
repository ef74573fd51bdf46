// The broker as a process: `node dist/main.js`.
import './sdk/require-node.js';
import { broker } from './broker.js';
import { runBroker } from './sdk/index.js';

await runBroker(broker);
