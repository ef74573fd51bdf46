// What the parts of a schedule have in common.
import type { ReconcileContext } from '../../src/sdk/controllers/context.js';
import type { OperationSettings } from '../../src/sdk/operations/context.js';
import type { ApiRequest, ApiServer } from './api-server.js';
import type { Chaos } from './chaos.js';
import type { Cloud } from './cloud.js';
import type { Random } from './random.js';
import type { Owner, VirtualTime } from './time.js';
import type { Trace } from './trace.js';

export interface World {
  time: VirtualTime;
  random: Random;
  trace: Trace;
  chaos: Chaos;
  api: ApiServer;
  cloud: Cloud;
  settings: Settings;
}

/** How the brokers of a schedule are set. */
export interface Settings extends Pick<
  ReconcileContext,
  'operationTimeoutSeconds' | 'maxAttempts' | 'orphans' | 'resyncMs' | 'callGraceMs'
> {
  replicas: number;
  operations: OperationSettings;
  /** The longest ways, where nothing is wrong: of a request to the API server, of its answer, and of an event. */
  pace: { requestMs: number; eventMs: number };
}

/** A process, as the rest of the world sees it. */
export interface Endpoint extends Owner {
  readonly name: string;
  /** Whether nothing comes through between it and the API server. */
  readonly isCutOff: boolean;
  kill(why: string): void;
  /** Tells it to end well. */
  stop(): void;
  /** Hears of each request of its own before it is sent. */
  onRequest(request: ApiRequest): void;
}

export function drawSettings(random: Random): Settings {
  return {
    replicas: random.pick([1, 2]),
    operationTimeoutSeconds: 300,
    maxAttempts: random.pick([0, 0, 6]),
    orphans: random.pick(['report', 'remove'] as const),
    resyncMs: random.pick([20_000, 24 * 3_600_000]),
    callGraceMs: 5_000,
    operations: {
      patienceMs: random.pick([0, 2_000]),
      synchronousLimitMs: random.pick([1_000, 20_000]),
      afterDelete: random.pick(['gone', 'succeeded'] as const),
      retryAfterSeconds: 5,
    },
    pace: { requestMs: random.pick([8, 8, 300, 2_000]), eventMs: random.pick([10, 10, 500, 4_000]) },
  };
}
