// The generated values of an instance, which the SDK keeps, and those of a binding, in a Secret that the binding owns.
import type { Binding, Instance } from '../../sdk/index.js';
import { isServerName } from './certificate.js';
import { bindingScope, instanceScope } from './scope.js';
import { generate, valuesFor } from './secrets.js';
import type { GeneratedSecret, WorkloadSettings } from './settings.js';
import { TemplateError } from './template.js';
import { renderTree, TreeError } from './tree.js';

type Values = Readonly<Record<string, unknown>>;

/** What has to be kept is not: somebody deleted it. */
export class NothingKept extends Error {
  constructor(message: string) {
    super(message);
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
    throw new NothingKept(`the generated value ${name} of the instance is gone`);
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

/** What a Secret keeps, in base64. */
export type KeptData = Readonly<Record<string, string>>;

/** The values of a binding, as templates see them, and as its Secret is to keep them: they count from then on. */
export interface BindingValues {
  readonly values: Values;
  readonly data: KeptData;
}

/** Makes those that are not there yet. Throws a TreeError as for an instance. */
export async function bindingValues(
  binding: Binding<WorkloadSettings>,
  secrets: readonly GeneratedSecret[],
): Promise<BindingValues> {
  if (secrets.length === 0) return { values: {}, data: {} };
  const before = new Map(Object.entries(await keptData(binding)));
  const data: Record<string, string> = {};
  const make = (secret: GeneratedSecret, index: number): Promise<string> =>
    generate(named(secret, bindingScope(binding, []), `binding.secrets[${index}]`));
  for (const [index, secret] of secrets.entries()) {
    data[secret.name] = before.get(secret.name) ?? base64(await make(secret, index));
  }
  const kept = Object.entries(data).map(([key, value]) => [key, plain(value)]);
  return { values: valuesFor(secrets, Object.fromEntries(kept) as Record<string, string>), data };
}

/** The Secret that a binding has beside what its plan names. */
export const keptSecret = ({ name }: Binding<WorkloadSettings>, data: KeptData) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `workload-binding-${name}` },
  data,
});

/** Empty where it is not there. */
export async function keptData(binding: Binding<WorkloadSettings>): Promise<KeptData> {
  const { kind, metadata } = keptSecret(binding, {});
  const objects = await binding.resources.list();
  const found = objects.find((each) => each.kind === kind && each.metadata.name === metadata.name);
  return (found?.data ?? {}) as KeptData;
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

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
export const plain = (data: string): string => Buffer.from(data, 'base64').toString();
