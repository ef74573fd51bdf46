// From the first request until the last of many instances is Ready, and what that asks of the API server: with 10,000 at
// once, exactly one create and one status write each. Anything else fails the benchmark.
import { createResourceClient } from '../src/sdk/kube/resource-client.js';
import { INSTANCES, type ServiceInstance } from '../src/sdk/resources/kinds.js';
import { BareWrites } from './support/bare-writes.js';
import { BenchBroker, STATUS_WRITE } from './support/broker.js';
import { type BenchCluster, openCluster } from './support/cluster.js';
import { pages } from './support/pages.js';
import { inParallel } from './support/load.js';
import { quiet } from './support/quiet.js';
import type { Measurement, Row } from './support/report.js';
import { beyondBudget } from './support/request-budget.js';
import type { Scale } from './support/scale.js';
import { median } from './support/statistics.js';

const CONNECTIONS = 64;

export async function timeToReady({ atOnce, profile }: Scale): Promise<Measurement> {
  const cluster = await openCluster();
  try {
    const bare = await BareWrites.open(cluster);
    const rows: Row[] = [];
    const failures: string[] = [];
    for (const [count, times] of atOnce) {
      const namespace = await cluster.namespace();
      const broker = await BenchBroker.start(cluster, { namespace, connections: CONNECTIONS, profile });
      const ours: number[] = [];
      const theirs: number[] = [];
      await readied(broker, 1); // it warms up
      await inParallel(1, 1, () => bare.createReady());
      for (let time = 0; time < times; time++) {
        ours.push(await readied(broker, count));
        failures.push(...beyondBudget(await broker.process.call('requests'), count));
        theirs.push((await inParallel(count, CONNECTIONS, () => bare.createReady())).totalMs);
      }
      await broker.stop();
      const unready = await notReady(cluster, namespace);
      if (unready > 0) failures.push(`${unready} of ${count} instances are not Ready`);
      rows.push({
        'instances at once': count,
        'until all are Ready, ms': median(ours),
        'bare create and status write, ms': median(theirs),
        'speed, ratio': median(ours.map((ms, time) => theirs[time]! / ms)),
        'API requests beyond the budget': failures.length === 0 ? 'none' : failures.join('; '),
      });
    }
    return { title: `Time until Ready, over ${CONNECTIONS} connections`, rows, failures };
  } finally {
    await cluster.close();
  }
}

/** The milliseconds that it took; when it resolves, the broker is at rest. */
async function readied(broker: BenchBroker, count: number): Promise<number> {
  await broker.process.call('clearRequests');
  const ready = broker.process.call('untilAnswered', STATUS_WRITE, count);
  const startedAt = performance.timeOrigin + performance.now();
  await inParallel(count, CONNECTIONS, () => broker.provision());
  const tookMs = (await ready) - startedAt;
  await quiet(broker);
  return tookMs;
}

async function notReady(cluster: BenchCluster, namespace: string): Promise<number> {
  const isReady = ({ status }: ServiceInstance): boolean =>
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false;
  const client = createResourceClient<ServiceInstance>(cluster.config, INSTANCES, namespace);
  let unready = 0;
  for await (const items of pages(client)) {
    unready += items.filter((item) => !isReady(item)).length;
  }
  return unready;
}
