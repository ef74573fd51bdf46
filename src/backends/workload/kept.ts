// The generated values of an instance, and those of a binding, which the SDK keeps.
import type { Binding, Instance, JsonObject } from '../../sdk/index.js';
import { isServerName } from './certificate.js';
import { bindingScope, instanceScope } from './scope.js';
import { generate, valuesFor } from './secrets.js';
import type { GeneratedSecret, WorkloadSettings } from './settings.js';
import { TemplateError } from './template.js';
import { renderTree, TreeError } from './tree.js';

type WorkloadInstance = Instance<WorkloadSettings>;
type WorkloadBinding = Binding<WorkloadSettings>;
type Secrets = readonly GeneratedSecret[];
type Values = Readonly<Record<string, unknown>>;
type Maker = () => string | Promise<string>;

/** What has to be kept is not: somebody deleted it where no broker saw it. */
export class NothingKept extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NothingKept';
  }
}

/** Makes those that are not there yet. Throws a TreeError where a certificate cannot have the names of its plan. */
export const makeInstanceValues = (instance: WorkloadInstance): Promise<Values> =>
  valuesOf(instance, instance.settings.secrets, maker(instanceScope(instance), 'secrets'));

/** Throws NothingKept where there is none. */
export const instanceValues = (instance: WorkloadInstance): Promise<Values> =>
  valuesOf(instance, instance.settings.secrets, ({ name }) => () => {
    throw new NothingKept(`the generated value ${name} of the instance is gone`);
  });

/** As for an instance. */
export const makeBindingValues = (binding: WorkloadBinding, secrets: Secrets): Promise<Values> =>
  valuesOf(binding, secrets, maker(bindingScope(binding, []), 'binding.secrets'));

async function valuesOf(
  { keep }: Pick<WorkloadInstance, 'keep'>,
  secrets: Secrets,
  makerOf: (secret: GeneratedSecret, index: number) => Maker,
): Promise<Values> {
  if (secrets.length === 0) return {};
  const makers = secrets.map((each, index) => [each.name, makerOf(each, index)] as const);
  return valuesFor(secrets, await keep(Object.fromEntries(makers) as Record<string, Maker>));
}

const maker =
  (scope: JsonObject, path: string) =>
  (secret: GeneratedSecret, index: number): Maker =>
  () =>
    generate(named(secret, scope, `${path}[${index}]`));

/** With its names rendered, where it has any. Throws a TreeError, which does not tell what they are. */
function named(secret: GeneratedSecret, scope: JsonObject, path: string): GeneratedSecret {
  if (secret.names === undefined) return secret;
  const names = secret.names.map((template, index) => {
    const place = `${path}.names[${index}]`;
    const name = renderTree(template, scope, place);
    if (isServerName(name)) return name;
    throw new TreeError(place, new TemplateError('what it yields is neither a DNS name nor an IP address'));
  });
  return { ...secret, names };
}
