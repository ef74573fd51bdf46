// What each step in the life of a key space asks of etcd, and how long that takes, one at a time: through the broker and
// bare in turns. Requests are counted where the bare calls send them, so that nothing else runs into the count.
import { ApiRequests } from './support/api-requests.js';
import { DEFAULT_BCRYPT_COST, etcdVersion, type EtcdScene, unlessMissing, withEtcd } from './support/etcd.js';
import { bareLife, bareLooks, brokeredLife, type Life, live, STEPS } from './support/etcd-life.js';
import { inWords, ofEtcd, total } from './support/etcd-requests.js';
import type { Measurement, Row } from './support/report.js';
import type { Scale } from './support/scale.js';
import { median } from './support/statistics.js';

export const etcdSteps = ({ etcdSteps: lives }: Scale): Promise<Measurement> =>
  unlessMissing('Requests of etcd for each step', () =>
    withEtcd(DEFAULT_BCRYPT_COST, async (scene) => {
      await live(bareLife(scene)); // which logs in
      const counts = await counted({ ...bareLife(scene), ...bareLooks(scene) });
      const times = await timed(scene, lives);
      const version = await etcdVersion(scene.etcd);
      const title = `Requests of etcd ${version} for each step, and medians of its time, one at a time`;
      return {
        title,
        rows: Object.entries(counts).map(([step, count]) => ({ step, ...count, ...times[step] })),
      };
    }),
  );

async function counted(steps: Record<string, () => Promise<unknown>>): Promise<Record<string, Row>> {
  const requests = new ApiRequests();
  const rows: Record<string, Row> = {};
  for (const [step, take] of Object.entries(steps)) {
    requests.clear();
    await take();
    const counts = ofEtcd(requests.counts());
    rows[step] = { requests: total(counts), 'of etcd': inWords(counts) };
  }
  return rows;
}

async function timed(scene: EtcdScene, lives: number): Promise<Record<string, Row>> {
  await live(brokeredLife(scene)); // it warms up
  const [ours, bare] = [new Map<string, number[]>(), new Map<string, number[]>()];
  for (let life = 0; life < lives; life++) {
    await time(brokeredLife(scene), ours);
    await time(bareLife(scene), bare);
  }
  const rowOf = (step: string): Row => {
    const [ms, bareMs] = [median(ours.get(step)!), median(bare.get(step)!)];
    return { ms, 'bare, ms': bareMs, 'etcd’s share': bareMs / ms };
  };
  return Object.fromEntries(STEPS.map((step) => [step, rowOf(step)]));
}

async function time(life: Life, times: Map<string, number[]>): Promise<void> {
  for (const step of STEPS) {
    const began = performance.now();
    await life[step]();
    times.set(step, [...(times.get(step) ?? []), performance.now() - began]);
  }
}
