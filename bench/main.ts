// `npm run bench`: runs the measurements one after the other, prints their tables and writes them as JSON. Fails only
// where something that is counted is not what it must be, never for a time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { cachedAnswers } from './cached-answers.js';
import { etcd } from './etcd.js';
import { etcdSteps } from './etcd-steps.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { lifecycle } from './lifecycle.js';
import { provision } from './provision.js';
import { closeAll, ON_REAL_CLUSTER, serverVersion } from './support/cluster.js';
import { markdownTable, type Measurement, type Results } from './support/report.js';
import { FULL, QUICK, type Scale } from './support/scale.js';
import { timeToReady } from './time-to-ready.js';

const MEASUREMENTS: Record<string, (scale: Scale) => Promise<Measurement>> = {
  lifecycle,
  provision,
  'cached-answers': cachedAnswers,
  'time-to-ready': timeToReady,
  growth,
  idle,
  etcd,
  'etcd-steps': etcdSteps,
};

const USAGE = `npm run bench -- [--only NAME,NAME] [--quick] [--large] [--json FILE] [--profile FOLDER]
  names: ${Object.keys(MEASUREMENTS).join(', ')}
  --large: on a real API server too, start with as many existing instances as on the embedded one
The embedded API server is measured with, unless BENCH_CLUSTER=1 says that the cluster of KUBECONFIG may be loaded.
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    json: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void closeAll().finally(() => process.exit(1)));
}
if (flags.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  const names = flags.only?.split(',') ?? Object.keys(MEASUREMENTS);
  const unknown = names.filter((name) => !MEASUREMENTS[name]);
  if (unknown.length > 0) throw new Error(`there is no measurement ${unknown.join(', ')}\n${USAGE}`);
  const results: Results = {
    machine: {
      processors: availableParallelism(),
      node: process.version,
      apiServer: await serverVersion(),
    },
    measurements: {},
  };
  for (const name of names) {
    const measured = await MEASUREMENTS[name]!(scale());
    results.measurements[name] = measured;
    process.stdout.write(`\n${measured.title}\n\n${markdownTable(measured.rows)}\n`);
  }
  if (flags.json !== undefined) {
    mkdirSync(dirname(flags.json), { recursive: true });
    writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  const failures = Object.values(results.measurements).flatMap((each) => each.failures ?? []);
  if (failures.length === 0) return;
  process.stderr.write(`\nDoes not hold:\n  ${failures.join('\n  ')}\n`);
  process.exitCode = 1;
}

function scale(): Scale {
  const { existing, ...rest } = flags.quick ? QUICK : FULL;
  const some = ON_REAL_CLUSTER && !flags.large ? existing.filter((count) => count <= 10_000) : existing;
  return { ...rest, existing: some, profile: flags.profile };
}
