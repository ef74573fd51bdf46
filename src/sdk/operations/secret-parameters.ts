// Keeps secret parameters in the Secret of their instance or binding. The resource is written first: a Secret without
// an owner would stay for ever, while a resource without its Secret waits until the request is repeated or it is deleted.
import { randomBytes } from 'node:crypto';
import { isAlreadyExists } from '../kube/errors.js';
import type { KubeObject } from '../kube/types.js';
import {
  type Hidden,
  hide,
  isSecretKeyRef,
  parametersSecret,
  parametersSecretName,
  reveal,
  type Revealed,
  type SecretKeyRef,
} from '../resources/secret-parameters.js';
import type { Plan } from '../catalog/plan.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { presentState } from './attributes.js';
import type { OperationContext } from './context.js';

type JsonObject = Record<string, unknown>;
type Subject = Pick<KubeObject, 'kind' | 'metadata'>;

export const hideParameters = (
  subject: Subject,
  parameters: JsonObject,
  secret: ReadonlySet<string>,
): Hidden => hide(parameters, secret, parametersSecretName(subject), randomBytes(6).toString('hex'));

/** The parameters with their values, from the cache, or, where that lacks one, from the API server. */
export async function revealParameters(
  { stores: { secrets } }: OperationContext,
  subject: Subject,
  parameters: JsonObject | undefined,
  secret: ReadonlySet<string>,
): Promise<Revealed> {
  const own = parametersSecretName(subject);
  const look = (): Revealed => reveal(parameters ?? {}, secret, own, (name) => secrets.get(name));
  if (look().missing.length > 0) await secrets.read(own);
  return look();
}

/** The names of an instance's secret parameters, by the plan that it is confirmed to have. */
export const secretOf = (
  { catalog }: OperationContext,
  instance: Readonly<ServiceInstance>,
): Plan['secret'] =>
  catalog.find(instance.spec.serviceId, presentState(instance).planId)?.secret ?? {
    instance: NONE,
    binding: NONE,
  };

const NONE: ReadonlySet<string> = new Set();

/** Stores what an interrupted request did not get to store, now that the same request has come again. */
export async function healSecrets(
  context: OperationContext,
  object: Readonly<KubeObject & { spec: { parameters?: JsonObject } }>,
  missing: string[],
  asked: JsonObject | undefined,
): Promise<void> {
  const present = object.spec.parameters ?? {};
  const values = missing
    .filter((name) => typeof asked?.[name] === 'string' && isSecretKeyRef(present[name]))
    .map((name) => [(present[name] as SecretKeyRef).secretKeyRef.key, asked?.[name]]);
  await storeSecrets(context, object, Object.fromEntries(values) as Record<string, string>, [present]);
}

/** Adds values to the Secret of the object; keys that `inUse` does not refer to are dropped. */
export async function storeSecrets(
  { stores: { secrets } }: OperationContext,
  owner: Readonly<KubeObject>,
  values: Record<string, string>,
  inUse: (JsonObject | undefined)[],
): Promise<void> {
  if (Object.keys(values).length === 0) return;
  const secret = parametersSecret(owner, values);
  try {
    await secrets.create(secret);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await secrets.read(secret.metadata.name);
    if (present?.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) !== true)
      throw error;
    const keys = new Set(
      inUse
        .flatMap((parameters) => Object.values(parameters ?? {}).filter(isSecretKeyRef))
        .map((ref) => ref.secretKeyRef.key),
    );
    const kept = Object.entries(present.data ?? {}).filter(([key]) => keys.has(key));
    await secrets.replace({ ...present, data: { ...Object.fromEntries(kept), ...secret.data } });
  }
}
