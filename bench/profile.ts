// Where a processor profile of `npm run bench -- --profile FOLDER` spent its time, by room and package, the loading of
// modules left out: `node .local/bench/bench/profile.js FILE…`.
import { readFileSync } from 'node:fs';
import { markdownTable } from './support/report.js';

interface Frame {
  functionName: string;
  url: string;
}

interface Profile {
  nodes: { id: number; callFrame: Frame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

const SYSTEM_CALLS = new Set([
  'writev',
  'writeBuffer',
  'writeUtf8String',
  'writeLatin1String',
  'read',
  'open',
]);
const NODE_IO = /_http|stream|net|event|timers|task_queues|abort|async_hooks|buffer/;
const LOADING = /modules\/(esm|cjs)|bootstrap|cjs-module-lexer/;

for (const path of process.argv.slice(2)) {
  const shares = [...selfTimes(JSON.parse(readFileSync(path, 'utf8')) as Profile)];
  const total = shares.reduce((sum, [, micros]) => sum + micros, 0);
  const rows = shares
    .sort(([, a], [, b]) => b - a)
    .map(([where, micros]) => ({ where, 'of the time, %': Number(((100 * micros) / total).toFixed(1)) }))
    .filter((row) => row['of the time, %'] >= 0.5);
  process.stdout.write(`\n${path}\n\n${markdownTable(rows)}\n`);
}

/** Place → microseconds. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const places = new Map<number, string>();
  const visit = (id: number): void => {
    const { callFrame, children = [] } = byId.get(id)!;
    if (LOADING.test(callFrame.url)) return; // nor what was called from there
    const place = placeOf(callFrame);
    if (place !== undefined) places.set(id, place);
    children.forEach(visit);
  };
  visit(nodes[0]!.id);
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const place = places.get(id);
    if (place !== undefined) times.set(place, (times.get(place) ?? 0) + timeDeltas[index]!);
  });
  return times;
}

/** Undefined for what is no work. */
function placeOf({ functionName, url }: Frame): string | undefined {
  if (functionName === '(idle)' || functionName === '(root)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage collection';
  const [, room] = /\/src\/sdk\/([^/.]+)/.exec(url) ?? [];
  if (room !== undefined) return `src/sdk/${room}`;
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) return name;
  if (url.startsWith('node:'))
    return NODE_IO.test(url) ? 'node: HTTP, streams, events, timers' : 'node: the rest';
  return SYSTEM_CALLS.has(functionName) ? 'system calls' : 'the engine: microtasks, JSON, expressions';
}
