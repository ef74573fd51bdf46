// The table of docs/architecture.md as a lint rule: which room of the house may import from which.
import { dirname, relative, resolve, sep } from 'node:path';

/** Room → rooms it may import. `*` is every room; a room may always import itself. First match wins. */
export const IMPORT_TABLE = [
  ['src/sdk/index.ts', ['*']],
  ['src/sdk/run.ts', ['*']],
  ['src/sdk/start.ts', ['*']],
  ['src/sdk/lead.ts', ['*']],
  ['src/sdk/stores.ts', ['*']],
  ['src/sdk/parts.ts', ['*']],
  ['src/sdk/access.ts', ['src/sdk/authoring', 'src/sdk/osb', 'src/sdk/settings.ts', 'src/sdk/telemetry']],
  ['src/sdk/settings.ts', ['src/sdk/telemetry']],
  ['src/sdk/settings-nearest.ts', []],
  ['src/sdk/flags.ts', ['src/sdk/settings-nearest.ts']],
  ['src/sdk/settings-flags.ts', ['src/sdk/settings.ts', 'src/sdk/flags.ts']],
  ['src/sdk/settings-file.ts', ['src/sdk/settings.ts', 'src/sdk/settings-nearest.ts']],
  [
    'src/sdk/settings-read.ts',
    ['src/sdk/settings.ts', 'src/sdk/settings-flags.ts', 'src/sdk/settings-file.ts'],
  ],
  ['src/sdk/require-cluster.ts', ['src/sdk/kube', 'src/sdk/resources']],
  ['src/sdk/osb', ['src/sdk/telemetry']],
  ['src/sdk/resources', ['src/sdk/kube/types.ts']],
  [
    'src/sdk/authoring',
    [
      'src/sdk/resources',
      'src/sdk/kube/types.ts',
      'src/sdk/kube/events.ts',
      'src/sdk/runtime/store.ts',
      'src/sdk/runtime/clock.ts',
      'src/sdk/telemetry',
    ],
  ],
  [
    'src/sdk/operations',
    [
      'src/sdk/osb',
      'src/sdk/catalog',
      'src/sdk/resources',
      'src/sdk/runtime',
      'src/sdk/kube',
      'src/sdk/authoring',
      'src/sdk/telemetry',
    ],
  ],
  [
    'src/sdk/catalog',
    [
      'src/sdk/osb',
      'src/sdk/resources',
      'src/sdk/runtime',
      'src/sdk/kube',
      'src/sdk/authoring',
      'src/sdk/telemetry',
    ],
  ],
  [
    'src/sdk/controllers',
    [
      'src/sdk/resources',
      'src/sdk/catalog',
      'src/sdk/runtime',
      'src/sdk/kube',
      'src/sdk/authoring',
      'src/sdk/telemetry',
    ],
  ],
  [
    'src/sdk/dashboard',
    ['src/sdk/osb', 'src/sdk/resources', 'src/sdk/runtime', 'src/sdk/kube', 'src/sdk/telemetry'],
  ],
  [
    'src/sdk/owned',
    ['src/sdk/resources', 'src/sdk/runtime', 'src/sdk/kube', 'src/sdk/authoring', 'src/sdk/telemetry'],
  ],
  ['src/sdk/runtime', ['src/sdk/kube', 'src/sdk/telemetry']],
  ['src/sdk/kube', ['src/sdk/telemetry']],
  ['src/sdk/local', ['src/sdk/resources']],
  ['src/sdk/telemetry', []],
  ['src/services', ['src/sdk/index.ts', 'src/backends']],
  [
    'src/docker-hosts',
    [
      'src/sdk/index.ts',
      'src/sdk/resources',
      'src/sdk/kube',
      'src/sdk/runtime',
      'src/sdk/osb/errors.ts',
      'src/sdk/osb/body.ts',
      'src/sdk/telemetry',
    ],
  ],
  [
    'src/agent',
    [
      'src/docker-hosts',
      'src/sdk/index.ts',
      'src/sdk/resources',
      'src/sdk/kube',
      'src/sdk/runtime',
      'src/sdk/telemetry',
      'src/sdk/flags.ts',
      'src/sdk/settings-nearest.ts',
    ],
  ],
  ['src/backends', ['src/sdk/index.ts', 'src/docker-hosts']],
  ['src/echo-service', []],
  [
    'src/cli',
    [
      'src/sdk/index.ts',
      'src/sdk/require-node.ts',
      'src/sdk/settings.ts',
      'src/sdk/settings-nearest.ts',
      'src/sdk/osb/version.ts',
      'src/sdk/catalog',
      'src/sdk/resources',
      'src/sdk/local',
      'src/backends',
      'src/agent',
      'src/echo-service',
      'src/broker.ts',
    ],
  ],
  ['src/sdk/require-node.ts', []],
  ['src/broker.ts', ['*']],
];

const covers = (room, file) => room === '*' || file === room || file.startsWith(`${room}/`);

/** Says why `from` may not import `to` (both relative to the repository), or null when it may. */
export function importProblem(from, to) {
  const row = IMPORT_TABLE.find(([room]) => covers(room, from));
  if (!row) return from.startsWith('src/') ? `${from} is in no room of the import table` : null;
  const [room, allowed] = row;
  if (covers(room, to) || allowed.some((other) => covers(other, to))) return null;
  return `${room} may not import ${to}; it may import ${allowed.join(', ') || 'nothing of ours'}`;
}

export default {
  meta: { type: 'problem', schema: [], docs: { description: 'imports follow the table of rooms' } },
  create(context) {
    const from = relative(context.cwd, context.filename).split(sep).join('/');
    if (/\.test\.ts$/.test(from)) return {}; // tests stand beside their source and may reach what they test with
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const target = resolve(dirname(context.filename), specifier.replace(/\.js$/, '.ts'));
      const problem = importProblem(from, relative(context.cwd, target).split(sep).join('/'));
      if (problem) context.report({ node, message: problem });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
