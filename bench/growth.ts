// How long a broker takes to start, and what it holds in memory, with ever more instances that exist already.
import { BareWrites } from './support/bare-writes.js';
import { BenchBroker } from './support/broker.js';
import { openCluster } from './support/cluster.js';
import { inParallel } from './support/load.js';
import { pages } from './support/pages.js';
import type { Measurement, Row } from './support/report.js';
import type { Scale } from './support/scale.js';
import { median } from './support/statistics.js';
import type { Memory } from './support/usage.js';

const FILLERS = 64;
const STARTS = 3;
const MB = 1024 * 1024;

interface Size {
  instances: number;
  startedInMs: number;
  listedInMs: number;
  /** Of one instance, as the API server sends it. */
  jsonBytes: number;
  memory: Memory;
}

export async function growth({ existing, profile }: Scale): Promise<Measurement> {
  const cluster = await openCluster();
  try {
    const bare = await BareWrites.open(cluster);
    const { namespace } = bare;
    const sizes: Size[] = [];
    let filled = 1; // the model
    for (const instances of existing) {
      await inParallel(instances - filled, FILLERS, () => bare.createReady());
      filled = instances;
      const starts: { startedInMs: number; memory: Memory }[] = [];
      for (let start = 0; start < STARTS; start++) {
        const broker = await BenchBroker.start(cluster, { namespace, profile });
        const { startedInMs } = broker.process.info;
        starts.push({ startedInMs, memory: await broker.process.call('memory') });
        await broker.stop();
      }
      sizes.push({
        instances,
        startedInMs: median(starts.map(({ startedInMs }) => startedInMs)),
        memory: {
          heapUsed: median(starts.map(({ memory }) => memory.heapUsed)),
          rss: median(starts.map(({ memory }) => memory.rss)),
        },
        ...(await listed(bare)),
      });
    }
    return { title: 'Start and memory with existing instances', rows: rowsOf(sizes) };
  } finally {
    await cluster.close();
  }
}

/** The same pages with the same client, and nothing made of them. */
async function listed({ instances }: BareWrites): Promise<Pick<Size, 'listedInMs' | 'jsonBytes'>> {
  const startedAt = performance.now();
  let sample: object[] = [];
  for await (const items of pages(instances)) sample = items;
  const listedInMs = performance.now() - startedAt;
  const bytes = sample.map((item) => Buffer.byteLength(JSON.stringify(item)));
  return { listedInMs, jsonBytes: bytes.reduce((sum, each) => sum + each, 0) / bytes.length };
}

function rowsOf(sizes: Size[]): Row[] {
  return sizes.map(({ instances, startedInMs, listedInMs, jsonBytes, memory }, index) => {
    const before = sizes[index - 1];
    const bytesEach = before && (memory.heapUsed - before.memory.heapUsed) / (instances - before.instances);
    return {
      instances,
      'until it serves, ms': startedInMs,
      'bare list, ms': listedInMs,
      'heap, MB': memory.heapUsed / MB,
      'rss, MB': memory.rss / MB,
      'JSON of an instance, bytes': jsonBytes,
      'heap for each further one, bytes': bytesEach ?? '',
      'over its JSON, bytes': bytesEach === undefined ? '' : bytesEach - jsonBytes,
    };
  });
}
