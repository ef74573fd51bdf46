// The embedded API server, in a process of its own.
import { startLocalApiServer } from '../../src/sdk/local/index.js';
import { type Calls, serve } from './child.js';

export interface ApiServerInfo {
  kubeconfig: string;
}

const server = await startLocalApiServer();
process.once('SIGTERM', () => void server.close().then(() => process.exit()));
serve({ kubeconfig: server.kubeconfig() } satisfies ApiServerInfo, {} satisfies Calls);
