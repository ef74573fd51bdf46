// Provisions over HTTP against bare writes of the same objects, with the same client and as many at a time: until a
// request is accepted, against one create; until its instance is Ready, against the two writes of its budget, and
// against all that is written of it, the Event included.
import { BareWrites } from './support/bare-writes.js';
import { BenchBroker, STATUS_WRITE } from './support/broker.js';
import { openCluster } from './support/cluster.js';
import { inParallel, type Load } from './support/load.js';
import { quiet } from './support/quiet.js';
import type { Measurement, Row } from './support/report.js';
import type { Scale } from './support/scale.js';
import { median, percentile, spread } from './support/statistics.js';

const AT_A_TIME = 32;

/** Of one round: what the broker did, and the bare writes after it. */
interface Round {
  accepted: Load;
  ready: Pick<Load, 'perSecond'>;
  /** Of the instances, how many had an Event posted: in a rush some are dropped. */
  eventShare: number;
  create: Load;
  createReady: Load;
  createAll: Load;
}

export async function provision({ rounds, provisions, profile }: Scale): Promise<Measurement> {
  const cluster = await openCluster();
  try {
    const bare = await BareWrites.open(cluster);
    const broker = await BenchBroker.start(cluster, { namespace: await cluster.namespace(), profile });
    const measured: Round[] = [];
    for (let round = 0; round <= rounds; round++) {
      const ours = await provisioned(broker, provisions);
      const result = {
        ...ours,
        create: await inParallel(provisions, AT_A_TIME, () => bare.create()),
        createReady: await inParallel(provisions, AT_A_TIME, () => bare.createReady()),
        createAll: await inParallel(provisions, AT_A_TIME, (index) =>
          bare.createReady({ withEvent: index < provisions * ours.eventShare }),
        ),
      };
      if (round > 0) measured.push(result);
    }
    await broker.stop();
    return {
      title: `Provisions, ${AT_A_TIME} at a time, ${rounds} rounds of ${provisions.toLocaleString('en-US')}`,
      rows: [
        rowOf('accepted (202)', 'a create', pairs(measured, 'accepted', 'create')),
        rowOf('Ready', 'a create and a status write', pairs(measured, 'ready', 'createReady')),
        rowOf('Ready', 'these, and as many Events', pairs(measured, 'ready', 'createAll')),
      ],
    };
  } finally {
    await cluster.close();
  }
}

async function provisioned(
  broker: BenchBroker,
  count: number,
): Promise<Pick<Round, 'accepted' | 'ready' | 'eventShare'>> {
  await broker.process.call('clearRequests');
  const lastReady = broker.process.call('untilAnswered', STATUS_WRITE, count);
  const startedAt = performance.timeOrigin + performance.now();
  const accepted = await inParallel(count, AT_A_TIME, () => broker.provision());
  const perSecond = (count / ((await lastReady) - startedAt)) * 1000;
  await quiet(broker); // Events trail behind, and are not to run into the bare writes
  const { 'create events': events = 0 } = await broker.process.call('requests');
  return { accepted, ready: { perSecond }, eventShare: events / count };
}

type Timed = Pick<Load, 'perSecond'> & Partial<Pick<Load, 'latenciesMs'>>;

const pairs = (
  rounds: Round[],
  ours: 'accepted' | 'ready',
  theirs: 'create' | 'createReady' | 'createAll',
): [Timed, Timed][] => rounds.map((round) => [round[ours], round[theirs]]);

function rowOf(until: string, against: string, rounds: [ours: Timed, bare: Timed][]): Row {
  const ratios = rounds.map(([ours, bare]) => ours.perSecond / bare.perSecond);
  const latency = (side: 0 | 1, share: number): number | string => {
    const all = rounds.flatMap((round) => round[side].latenciesMs ?? []);
    return all.length > 0 ? percentile(all, share) : '';
  };
  return {
    'until it is': until,
    against,
    '1/s': median(rounds.map(([ours]) => ours.perSecond)),
    'bare, 1/s': median(rounds.map(([, bare]) => bare.perSecond)),
    ratio: median(ratios),
    spread: spread(ratios),
    'p50, ms': latency(0, 0.5),
    'p99, ms': latency(0, 0.99),
    'bare p50, ms': latency(1, 0.5),
    'bare p99, ms': latency(1, 0.99),
  };
}
