// The generated values of an instance, which the SDK keeps, and those of a binding, in a Secret that the binding owns.
import type { Binding, Instance, Manifest } from '../../sdk/index.js';
import { isServerName } from './certificate.js';
import { bindingScope, instanceScope } from './scope.js';
import { generate, valuesFor } from './secrets.js';
import type { GeneratedSecret, WorkloadSettings } from './settings.js';
import { TemplateError } from './template.js';
import { renderTree, TreeError } from './tree.js';

type Values = Readonly<Record<string, unknown>>;

/** What has to be kept is not: somebody deleted it. */
export class NothingKept extends Error {
  constructor(name: string) {
    super(`the generated value ${name} of the instance is gone`);
    this.name = 'NothingKept';
  }
}

/** Makes those that are not there yet. Throws a TreeError where a certificate cannot have the names of its plan. */
export const makeInstanceValues = (instance: Instance<WorkloadSettings>): Promise<Values> =>
  valuesOf(
    instance,
    (secret, index) => () => generate(named(secret, instanceScope(instance), `secrets[${index}]`)),
  );

/** Throws NothingKept where there is none. */
export const instanceValues = (instance: Instance<WorkloadSettings>): Promise<Values> =>
  valuesOf(instance, ({ name }) => () => {
    throw new NothingKept(name);
  });

async function valuesOf(
  { settings, keep }: Instance<WorkloadSettings>,
  makerFor: (secret: GeneratedSecret, index: number) => () => string | Promise<string>,
): Promise<Values> {
  const { secrets } = settings;
  if (secrets.length === 0) return {};
  return valuesFor(
    secrets,
    await keep(Object.fromEntries(secrets.map((each, index) => [each.name, makerFor(each, index)]))),
  );
}

/** The values of a binding; they count from when the manifest is applied. None where the plan has none. */
export async function bindingValues(
  binding: Binding<WorkloadSettings>,
  secrets: readonly GeneratedSecret[],
): Promise<{ values: Values; manifests: Manifest[] }> {
  const { name, resources } = binding;
  if (secrets.length === 0) return { values: {}, manifests: [] };
  const own = `workload-binding-${name}`;
  const found = (await resources.list()).find(
    ({ kind, metadata }) => kind === 'Secret' && metadata.name === own,
  );
  const before = new Map(Object.entries((found?.data ?? {}) as Record<string, string>));
  const data: Record<string, string> = {};
  const make = (secret: GeneratedSecret, index: number): Promise<string> =>
    generate(named(secret, bindingScope(binding, []), `binding.secrets[${index}]`));
  for (const [index, secret] of secrets.entries()) {
    data[secret.name] = before.get(secret.name) ?? base64(await make(secret, index));
  }
  const kept = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return {
    values: valuesFor(secrets, Object.fromEntries(kept) as Record<string, string>),
    manifests: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: own }, data }],
  };
}

/** With its names rendered, where it has any. Throws a TreeError, which does not tell what they are. */
function named(secret: GeneratedSecret, scope: object, path: string): GeneratedSecret {
  if (secret.names === undefined) return secret;
  const names = secret.names.map((template, index) => {
    const place = `${path}.names[${index}]`;
    const name = renderTree(template, scope, place);
    if (isServerName(name)) return name;
    throw new TreeError(place, new TemplateError('what it yields is neither a DNS name nor an IP address'));
  });
  return { ...secret, names };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
