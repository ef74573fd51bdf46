// The broker that is measured, in a process of its own, as `runBroker` runs it in production.
import { once } from 'node:events';
import { runBroker } from '../../src/sdk/index.js';
import { ApiRequests } from './api-requests.js';
import { serve } from './child.js';
import { definition } from './definition.js';
import { cpuTime, type Memory, memory } from './usage.js';

export interface BrokerInfo {
  url: string;
  /** Milliseconds from the start of the process until it serves. */
  startedInMs: number;
}

export type BrokerCalls = {
  requests(): Record<string, number>;
  clearRequests(): void;
  /** Resolves when the API server has answered so many requests of that kind, with the time in milliseconds. */
  untilAnswered(what: string, times: number): Promise<number>;
  memory(): Promise<Memory>;
  cpuTime(): number;
};

const requests = new ApiRequests();
await runBroker(definition, {
  onServing: ({ url }) =>
    serve(
      { url, startedInMs: performance.now() } satisfies BrokerInfo,
      {
        requests: () => requests.counts(),
        clearRequests: () => requests.clear(),
        untilAnswered: (what, times) => requests.until(what, times),
        memory,
        cpuTime,
      } satisfies BrokerCalls,
    ),
});
if (process.connected) {
  process.removeAllListeners('disconnect');
  process.disconnect();
  await once(process, 'disconnect');
}
