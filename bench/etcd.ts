// Whole lives of key spaces for a second, through the broker, against the same requests of etcd alone: the ratio is
// etcd's own share of the time. Most of that is one password, which etcd hashes slowly on purpose.
import {
  DEFAULT_BCRYPT_COST,
  etcdProcessorMs,
  type EtcdScene,
  etcdVersion,
  unlessMissing,
  withEtcd,
} from './support/etcd.js';
import { bareLife, brokeredLife, type Life, live } from './support/etcd-life.js';
import { ofEtcd, total } from './support/etcd-requests.js';
import { inParallel, type Load } from './support/load.js';
import { quiet } from './support/quiet.js';
import type { Measurement, Row } from './support/report.js';
import type { Scale } from './support/scale.js';
import { median, percentile, spread } from './support/statistics.js';

const AT_A_TIME = 8;

interface Half {
  load: Load;
  /** For each life. */
  etcdMs: number;
}

interface Round {
  ours: Half & { brokerMs: number; requests: number };
  bare: Half;
}

export const etcd = ({ rounds, etcdLives }: Scale): Promise<Measurement> =>
  unlessMissing('Whole lives on etcd', async () => {
    const rows: Row[] = [];
    let version = '';
    for (const [bcryptCost, lives] of etcdLives)
      await withEtcd(bcryptCost, async (scene) => {
        version = await etcdVersion(scene.etcd);
        const measured: Round[] = [];
        for (let round = 0; round <= rounds; round++) {
          const ours = await brokered(scene, lives);
          const result = { ours, bare: await measure(scene, lives, () => bareLife(scene)) };
          if (round > 0) measured.push(result);
        }
        rows.push(rowOf(bcryptCost, lives, measured));
      });
    return { title: `Whole lives on etcd ${version}, ${AT_A_TIME} at a time, ${rounds} rounds`, rows };
  });

async function measure({ etcd }: EtcdScene, lives: number, begin: () => Life): Promise<Half> {
  const before = await etcdProcessorMs(etcd);
  const load = await inParallel(lives, AT_A_TIME, () => live(begin()));
  return { load, etcdMs: ((await etcdProcessorMs(etcd)) - before) / lives };
}

async function brokered(scene: EtcdScene, lives: number): Promise<Round['ours']> {
  const { process } = scene.broker;
  await process.call('clearRequests');
  const before = await process.call('cpuTime');
  const half = await measure(scene, lives, () => brokeredLife(scene));
  const brokerMs = ((await process.call('cpuTime')) - before) / 1000 / lives;
  await quiet(scene.broker); // what trails behind is not to run into the bare lives
  return { ...half, brokerMs, requests: total(ofEtcd(await process.call('requests'))) / lives };
}

function rowOf(bcryptCost: number, lives: number, rounds: Round[]): Row {
  const ratios = rounds.map(({ ours, bare }) => ours.load.perSecond / bare.load.perSecond);
  const middle = (of: (round: Round) => number): number => median(rounds.map(of));
  return {
    'cost of a password': `${bcryptCost}${bcryptCost === DEFAULT_BCRYPT_COST ? ', the default' : ''}`,
    lives,
    '1/s': middle(({ ours }) => ours.load.perSecond),
    'bare, 1/s': middle(({ bare }) => bare.load.perSecond),
    'ratio, etcd’s share': median(ratios),
    spread: spread(ratios),
    'p50, ms': percentile(
      rounds.flatMap(({ ours }) => ours.load.latenciesMs),
      0.5,
    ),
    'bare p50, ms': percentile(
      rounds.flatMap(({ bare }) => bare.load.latenciesMs),
      0.5,
    ),
    'etcd requests': middle(({ ours }) => ours.requests),
    'ms of a processor: etcd': middle(({ ours }) => ours.etcdMs),
    'the broker': middle(({ ours }) => ours.brokerMs),
  };
}
