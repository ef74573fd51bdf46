// The embedded Kubernetes API server, for a first run without a cluster and for tests. Everything else in this room
// is its inside.
export {
  NOT_FOR_PRODUCTION,
  startLocalApiServer,
  type LocalApiServer,
  type LocalApiServerOptions,
} from './server.js';
export type { Fault, FaultHandle, FaultMatch, FaultRule, Faults } from './faults.js';
export type { RequestEntry, RequestLog } from './request-log.js';
export type { WatchMatch } from './watches.js';
export type { Verb } from './targets.js';
