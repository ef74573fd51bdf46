// Answers that need no API request, against a bare Koa function that sends the same bytes with the same headers. The
// broker's include authentication, the version, routing, the log line, the metrics, and finding the answer in the cache.
import autocannon from 'autocannon';
import type { BareCalls, BareInfo, WireAnswer } from './support/bare-process.js';
import { BenchBroker, PLATFORM_HEADERS, type Provisioned, STATUS_WRITE } from './support/broker.js';
import { Child } from './support/child.js';
import { openCluster } from './support/cluster.js';
import { PLAN_ID, provisionBody, SERVICE_ID } from './support/definition.js';
import { inParallel } from './support/load.js';
import type { Measurement, Row } from './support/report.js';
import { median, spread } from './support/statistics.js';
import type { Scale } from './support/scale.js';

const CONNECTIONS = 32;
/** Enough that no request finds the very object of the one before. */
const INSTANCES = 100;
/** Rounds that do not count: it takes thousands of requests until the broker's code is compiled for good. */
const WARM_UP = 2;

/** What is sent: the same request about each instance in turn. */
interface Case {
  what: string;
  method: 'GET' | 'PUT';
  path: (instance: Provisioned) => string;
  headers?: Record<string, string>;
  body?: string;
  /** Whether the bare function has to parse it too. */
  bareReadsBody?: boolean;
}

export async function cachedAnswers({ rounds, seconds, profile }: Scale): Promise<Measurement> {
  const cluster = await openCluster();
  const broker = await BenchBroker.start(cluster, { namespace: await cluster.namespace(), profile });
  const bare = await Child.start<BareInfo, BareCalls>('./bare-process.js');
  try {
    const instances: Provisioned[] = [];
    await inParallel(INSTANCES, CONNECTIONS, async () => instances.push(await broker.provision()));
    await broker.process.call('untilAnswered', STATUS_WRITE, INSTANCES);
    const etag = (await broker.send('GET', '/v2/catalog')).headers.etag as string;
    const rows: Row[] = [];
    for (const each of cases(etag)) {
      await bare.call('set', {
        ...(await answerOf(broker, each, instances[0]!)),
        readsBody: each.bareReadsBody ?? false,
      });
      const ours: Shot[] = [];
      const theirs: Shot[] = [];
      for (let round = 0; round < WARM_UP + rounds; round++) {
        ours.push(await shoot(broker.process, each, instances, seconds));
        theirs.push(await shoot(bare, each, instances, seconds));
      }
      rows.push(rowOf(each.what, ours.slice(WARM_UP), theirs.slice(WARM_UP)));
    }
    return { title: `Cached answers, ${CONNECTIONS} connections`, rows };
  } finally {
    await broker.stop();
    await bare.stop();
    await cluster.close();
  }
}

function cases(etag: string): Case[] {
  const instance = ({ instanceId }: Provisioned): string => `/v2/service_instances/${instanceId}`;
  const ids = { service_id: SERVICE_ID, plan_id: PLAN_ID };
  const poll = (of: Provisioned): string =>
    `${instance(of)}/last_operation?${new URLSearchParams({ ...ids, operation: of.operation }).toString()}`;
  const repeated: Omit<Case, 'what'> = {
    method: 'PUT',
    path: (of) => `${instance(of)}?accepts_incomplete=true`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(provisionBody()),
  };
  return [
    { what: 'last_operation', method: 'GET', path: poll },
    { what: 'fetch', method: 'GET', path: instance },
    { what: 'catalog', method: 'GET', path: () => '/v2/catalog' },
    { what: 'catalog, 304', method: 'GET', path: () => '/v2/catalog', headers: { 'if-none-match': etag } },
    { what: 'repeated provision', ...repeated },
    { what: 'the same, where the bare function parses the body', ...repeated, bareReadsBody: true },
  ];
}

/** These are node's own, of the bare server as of the broker. */
const OF_THE_SERVER = new Set(['connection', 'keep-alive', 'date', 'content-length']);

async function answerOf(broker: BenchBroker, each: Case, instance: Provisioned): Promise<WireAnswer> {
  const response = await fetch(`${broker.url}${each.path(instance)}`, {
    method: each.method,
    headers: { ...PLATFORM_HEADERS, ...each.headers },
    body: each.body ?? null,
  });
  return {
    status: response.status,
    headers: Object.fromEntries([...response.headers].filter(([name]) => !OF_THE_SERVER.has(name))),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  };
}

interface Shot {
  perSecond: number;
  p99Ms: number;
  /** Of the server's processor time, for each request. */
  cpuMicros: number;
}

async function shoot(
  server: Child<{ url: string }, Pick<BareCalls, 'cpuTime'>>,
  { method, path, headers, body }: Case,
  instances: Provisioned[],
  seconds: number,
): Promise<Shot> {
  const cpuBefore = await server.call('cpuTime');
  const result = await autocannon({
    url: server.info.url,
    connections: CONNECTIONS,
    duration: seconds,
    headers: { ...PLATFORM_HEADERS, ...headers },
    requests: instances.map((instance) => ({
      method,
      path: path(instance),
      ...(body === undefined ? {} : { body }),
    })),
  });
  const failed = result.errors + result.timeouts + result['4xx'] + result['5xx'];
  if (failed > 0) throw new Error(`${failed} requests failed`);
  const total = result.requests.total;
  return {
    perSecond: total / result.duration,
    p99Ms: result.latency.p99,
    cpuMicros: ((await server.call('cpuTime')) - cpuBefore) / total,
  };
}

function rowOf(what: string, ours: Shot[], theirs: Shot[]): Row {
  const ratios = ours.map(({ perSecond }, round) => perSecond / theirs[round]!.perSecond);
  const middle = (shots: Shot[], key: keyof Shot): number => median(shots.map((shot) => shot[key]));
  return {
    answer: what,
    'requests/s': middle(ours, 'perSecond'),
    'bare, requests/s': middle(theirs, 'perSecond'),
    ratio: median(ratios),
    spread: spread(ratios),
    'p99, ms': middle(ours, 'p99Ms'),
    'bare p99, ms': middle(theirs, 'p99Ms'),
    'µs of processor': middle(ours, 'cpuMicros'),
    'bare, µs of processor': middle(theirs, 'cpuMicros'),
  };
}
