// What a broker asks of the API server when nothing happens, with many Ready instances and a resync every few seconds.
import { BareWrites } from './support/bare-writes.js';
import { BenchBroker } from './support/broker.js';
import { openCluster } from './support/cluster.js';
import { inParallel } from './support/load.js';
import { pause, quiet } from './support/quiet.js';
import type { Measurement, Row } from './support/report.js';
import { accountable } from './support/request-budget.js';
import type { Scale } from './support/scale.js';

const FILLERS = 64;

export async function idle({ idleInstances, idleSeconds }: Scale): Promise<Measurement> {
  const resyncSeconds = Math.max(1, Math.floor(idleSeconds / 4));
  const cluster = await openCluster();
  try {
    const bare = await BareWrites.open(cluster);
    const { namespace } = bare;
    await inParallel(idleInstances - 1, FILLERS, () => bare.createReady());
    const broker = await BenchBroker.start(cluster, {
      namespace,
      env: { BROKER_RESYNC_SECONDS: String(resyncSeconds) },
    });
    await quiet(broker, 1000);
    await broker.process.call('clearRequests');
    const cpuBefore = await broker.process.call('cpuTime');
    await pause(idleSeconds * 1000);
    const cpuMicros = (await broker.process.call('cpuTime')) - cpuBefore;
    const counts = await broker.process.call('requests');
    await broker.stop();
    const made = Object.entries(accountable(counts)).map(([what, count]) => `${count} ${what}`);
    const rows: Row[] = [
      {
        'Ready instances': idleInstances,
        seconds: idleSeconds,
        resyncs: Math.floor(idleSeconds / resyncSeconds),
        'API requests': made.join(', ') || '0',
        'of the Lease': counts['update leases'] ?? 0,
        'processor, %': cpuMicros / idleSeconds / 1e4,
      },
    ];
    const failures = made.length > 0 ? [`an idle broker made requests: ${made.join(', ')}`] : [];
    return { title: 'An idle broker', rows, failures };
  } finally {
    await cluster.close();
  }
}
