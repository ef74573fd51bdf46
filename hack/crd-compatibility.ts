// What an upgrade may not change in the custom resource definitions: whatever would leave a stored resource, or a
// manifest that somebody has, without a meaning. Compares two definitions; knows no files but where they are kept.
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';

/** Holds one folder, named after the last release; `npm run release:crds` makes it anew. */
export const RELEASED = new URL('released-crds/', import.meta.url);
export const CURRENT = new URL('../crds/', import.meta.url);

export type Schema = Record<string, unknown>;

export interface Definition {
  spec: {
    group: string;
    scope: string;
    names: { kind: string; shortNames?: string[]; categories?: string[] };
    versions: {
      name: string;
      served: boolean;
      subresources?: Record<string, unknown>;
      schema: { openAPIV3Schema: Schema };
    }[];
  };
}

export function readDefinitions(folder: URL): Definition[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => parse(readFileSync(new URL(file, folder), 'utf8')) as Definition);
}

/** A sentence for each change that is not compatible: the kind, the path, what changed, and what to do instead. */
export function incompatibleChanges(released: Definition[], current: Definition[]): string[] {
  return released.flatMap((before) => {
    const { kind } = before.spec.names;
    const after = current.find(({ spec }) => spec.names.kind === kind);
    if (!after) return [`${kind}: the kind was removed or renamed; keep it, and serve it as before`];
    return [...definitionChanges(before, after), ...versionChanges(before, after)].map(
      (change) => `${kind} ${change}`,
    );
  });
}

function definitionChanges({ spec: before }: Definition, { spec: after }: Definition): string[] {
  const was: Record<string, unknown> = { ...before.names, group: before.group, scope: before.scope };
  const is: Record<string, unknown> = { ...after.names, group: after.group, scope: after.scope };
  const changed = ['group', 'scope', 'plural', 'singular', 'listKind']
    .filter((name) => was[name] !== is[name])
    .map((name) => `${name}: changed from ${show(was[name])} to ${show(is[name])}; take it back`);
  for (const list of ['shortNames', 'categories'] as const)
    for (const name of missing(before.names[list], after.names[list]))
      changed.push(`${list}: ${show(name)} was removed; keep it, commands use it`);
  return changed;
}

function versionChanges({ spec: before }: Definition, { spec: after }: Definition): string[] {
  return before.versions.flatMap((was) => {
    const is = after.versions.find(({ name }) => name === was.name);
    if (!is || (was.served && !is.served))
      return [`${was.name}: the version is no longer served; serve it beside the new one`];
    const lost = missing(Object.keys(was.subresources ?? {}), Object.keys(is.subresources ?? {}));
    return [
      ...lost.map((name) => `.${String(name)}: is no longer a subresource; keep it one`),
      ...schemaChanges(was.schema.openAPIV3Schema, is.schema.openAPIV3Schema, ''),
    ].map((change) => `${was.name} ${change}`);
  });
}

/** The one recursion: the rules for this node, then for what is within it. */
function schemaChanges(before: Schema, after: Schema, path: string): string[] {
  const found = RULES.flatMap(({ keywords, breaks, remedy }) =>
    keywords
      .filter((keyword) => !isDeepStrictEqual(before[keyword], after[keyword]))
      .filter((keyword) => breaks(before[keyword], after[keyword]))
      .map((keyword) => {
        const change = `${keyword} changed from ${show(before[keyword])} to ${show(after[keyword])}`;
        return `${path || '.'}: ${change}; ${remedy}`;
      }),
  );
  const [had, has] = [children(before), children(after)];
  for (const name of missing(after['required'], before['required']) as string[])
    if (has[`.${name}`]?.['default'] === undefined)
      found.push(`${path}.${name}: is required now; give it a default, or leave it optional`);
  for (const [name, child] of Object.entries(had)) {
    const now = has[name];
    if (now) found.push(...schemaChanges(child, now, path + name));
    else found.push(`${path}${name}: was removed; keep it, and say in its description that nobody reads it`);
  }
  if (before[FREE_FORM])
    for (const name of missing(Object.keys(has), Object.keys(had)))
      found.push(`${path}${String(name)}: anything was allowed there; leave it to the broker to check it`);
  return found;
}

/** The schemas within a schema, by the step that leads to each. */
function children({ properties, items, additionalProperties }: Schema): Record<string, Schema> {
  const named = Object.entries((properties ?? {}) as Record<string, Schema>);
  const steps: [string, unknown][] = [
    ...named.map(([name, schema]): [string, Schema] => [`.${name}`, schema]),
    ['[]', items],
    ['{}', additionalProperties],
  ];
  return Object.fromEntries(steps.filter((step): step is [string, Schema] => typeof step[1] === 'object'));
}

const FREE_FORM = 'x-kubernetes-preserve-unknown-fields';
const NARROWER = 'what is stored may not pass; leave it to the broker to refuse new ones';

/** When a keyword that is not as it was breaks something; `undefined` is one that is not there. */
const RULES: { keywords: string[]; breaks: (was: unknown, is: unknown) => boolean; remedy: string }[] = [
  {
    keywords: [
      'type',
      'format',
      'x-kubernetes-list-type',
      'x-kubernetes-list-map-keys',
      'x-kubernetes-map-type',
    ],
    breaks: () => true,
    remedy: 'take it back, and add another field for the new form',
  },
  {
    keywords: ['default', 'nullable', FREE_FORM, 'x-kubernetes-int-or-string'],
    breaks: (was) => was !== undefined,
    remedy: 'take it back, what is stored relies on it',
  },
  {
    keywords: [
      'pattern',
      'multipleOf',
      'exclusiveMinimum',
      'exclusiveMaximum',
      'uniqueItems',
      'allOf',
      'anyOf',
      'oneOf',
      'not',
    ],
    breaks: (_was, is) => is !== undefined,
    remedy: NARROWER,
  },
  {
    keywords: ['minimum', 'minLength', 'minItems', 'minProperties'],
    breaks: (was, is) => is !== undefined && (was === undefined || Number(is) > Number(was)),
    remedy: NARROWER,
  },
  {
    keywords: ['maximum', 'maxLength', 'maxItems', 'maxProperties'],
    breaks: (was, is) => is !== undefined && (was === undefined || Number(is) < Number(was)),
    remedy: NARROWER,
  },
  {
    keywords: ['enum'],
    breaks: (was, is) => is !== undefined && (was === undefined || missing(was, is).length > 0),
    remedy: NARROWER,
  },
  {
    keywords: ['x-kubernetes-validations'],
    breaks: (was, is) => missing(is, was).length > 0,
    remedy: NARROWER,
  },
];

/** What the first list has and the second has not. */
function missing(first: unknown, second: unknown): unknown[] {
  const others = (second ?? []) as unknown[];
  return ((first ?? []) as unknown[]).filter(
    (item) => !others.some((other) => isDeepStrictEqual(item, other)),
  );
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
