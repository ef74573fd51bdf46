// Keeps secret parameters in the Secret of their instance or binding. The resource is written first: a Secret without
// an owner would stay for ever, while a resource without its Secret waits until the request is repeated or it is deleted.
import { randomBytes } from 'node:crypto';
import { isAlreadyExists } from '../kube/errors.js';
import type { KubeObject } from '../kube/types.js';
import {
  type Hidden,
  hide,
  isSecretKeyRef,
  keysInUse,
  parametersSecret,
  parametersSecretName,
  reveal,
  type Revealed,
  type SecretKeyRef,
} from '../resources/secret-parameters.js';
import type { Plan } from '../catalog/plan.js';
import { OsbError } from '../osb/errors.js';
import { SECRET_LABEL, type ServiceInstance } from '../resources/kinds.js';
import { errorDetails } from '../telemetry/log.js';
import { presentState } from './attributes.js';
import type { OperationContext } from './context.js';

type JsonObject = Record<string, unknown>;
type Subject = Pick<KubeObject, 'kind' | 'metadata'>;
type Parametrised = KubeObject & {
  spec: { parameters?: JsonObject; operation?: { requestId?: string } };
  status?: object;
};

export const hideParameters = (
  subject: Subject,
  parameters: JsonObject,
  secret: ReadonlySet<string>,
): Hidden => hide(parameters, secret, parametersSecretName(subject), suffixOf(subject));

/** Which state of the object a key was made for, and something that makes the key new. */
const suffixOf = ({ metadata }: Subject): string =>
  `${metadata.generation ?? 0}-${randomBytes(6).toString('hex')}`;

const generationOf = (key: string): number => Number(/\.(\d+)-[0-9a-f]+$/.exec(key)?.[1] ?? 0);

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
  object: Readonly<Parametrised>,
  { missing, present = {} }: { missing: string[]; present: JsonObject | undefined },
  asked: JsonObject | undefined,
): Promise<void> {
  const values = missing
    .filter((name) => typeof asked?.[name] === 'string' && isSecretKeyRef(present[name]))
    .map((name) => [(present[name] as SecretKeyRef).secretKeyRef.key, asked?.[name]]);
  await storeSecrets(context, object, Object.fromEntries(values) as Record<string, string>);
}

/** As `storeSecrets`, for what has just been made. It is there already: whatever goes wrong, the platform must clean up. */
export async function storeFirstSecrets(
  context: OperationContext,
  owner: Readonly<Parametrised>,
  values: Record<string, string>,
): Promise<void> {
  try {
    await storeSecrets(context, owner, values);
  } catch (error) {
    const { requestId } = owner.spec.operation ?? {};
    context.log.warn('the secret parameters could not be stored', { requestId, ...errorDetails(error) });
    throw new OsbError('Unavailable', 'the broker cannot store the secret parameters now; try again');
  }
}

/**
 * Adds values to the Secret of the object. Dropped are keys that it refers to no more, but none that were made for the
 * state that is known here: another request may be about to refer to them.
 */
export async function storeSecrets(
  { stores: { secrets } }: OperationContext,
  owner: Readonly<Parametrised>,
  values: Record<string, string>,
): Promise<void> {
  if (Object.keys(values).length === 0) return;
  const secret = parametersSecret(owner, values);
  try {
    await secrets.create(secret);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await secrets.read(secret.metadata.name);
    if (present?.metadata.labels?.[SECRET_LABEL] !== 'parameters') throw error;
    if (present.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) !== true) {
      // It belongs to an earlier object of the same name, and has not been collected yet.
      await secrets.delete(secret.metadata.name, { uid: present.metadata.uid! });
      await secrets.create(secret);
      return;
    }
    const keys = keysInUse(owner);
    const isKept = (key: string): boolean =>
      keys.has(key) || generationOf(key) >= (owner.metadata.generation ?? 0);
    const kept = Object.entries(present.data ?? {}).filter(([key]) => isKept(key));
    await secrets.replace({ ...present, data: { ...Object.fromEntries(kept), ...secret.data } });
  }
}
