// The record of what bind applied: enough to put back all of it, the record included. It is a Secret of the binding's, for
// secret values are in it.
import { createHash } from 'node:crypto';
import type { Binding, Manifest } from '../../sdk/index.js';
import type { WorkloadSettings } from './settings.js';

const KEY = 'applied.json';

/** Empty where there is nothing to be put on record. */
export function recordOf(
  { name }: Pick<Binding<WorkloadSettings>, 'name'>,
  manifests: readonly Manifest[],
): Manifest[] {
  if (manifests.length === 0) return [];
  const body = JSON.stringify(manifests);
  const data = { [KEY]: Buffer.from(`${digestOf(body)} ${body}`).toString('base64') };
  return [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: `workload-binding-${name}` }, data }];
}

/** Undefined where there is none, or somebody changed it. */
export async function recorded({
  name,
  resources,
}: Binding<WorkloadSettings>): Promise<Manifest[] | undefined> {
  const objects = await resources.list();
  const found = objects.find(
    ({ kind, metadata }) => kind === 'Secret' && metadata.name === `workload-binding-${name}`,
  );
  const text = Buffer.from((found?.data as Record<string, string>)?.[KEY] ?? '', 'base64').toString();
  const body = text.slice(text.indexOf(' ') + 1);
  return text === `${digestOf(body)} ${body}` ? (JSON.parse(body) as Manifest[]) : undefined;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
