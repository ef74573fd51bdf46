// Keeps what `bind` returned in a Secret that the binding owns, so that it goes when the binding goes.
import type { BindingResult } from '../authoring/backend.js';
import { isAlreadyExists } from '../kube/errors.js';
import type { Secret } from '../kube/types.js';
import { type BindingData, isOwnedBy, type Origin, toSecret } from '../resources/binding-secret.js';
import { SECRET_LABEL, type ServiceBinding } from '../resources/kinds.js';
import type { Store } from '../runtime/store.js';

/** Stores the result, and returns it as it is stored; what an interrupted attempt stored before is replaced. */
export async function keepCredentials(
  secrets: Store<Secret>,
  binding: Readonly<ServiceBinding>,
  result: BindingResult,
  { serviceId, planId }: Origin,
): Promise<Readonly<Secret>> {
  const secret = toSecret(binding, toData(result), { serviceId, planId });
  try {
    return await secrets.create(secret);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return replaceEarlier(secrets, binding, secret);
  }
}

async function replaceEarlier(
  secrets: Store<Secret>,
  binding: Readonly<ServiceBinding>,
  secret: Secret,
): Promise<Readonly<Secret>> {
  const { name } = secret.metadata;
  const present = await secrets.read(name);
  if (present && present.metadata.labels?.[SECRET_LABEL] !== 'binding') {
    throw new Error(`a Secret named ${name} that is not this broker's is in the way: remove or rename it`);
  }
  if (present && isOwnedBy(present, binding)) {
    return secrets.replace({ ...secret, metadata: { ...present.metadata, ...secret.metadata } });
  }
  // It belongs to an earlier binding of the same name, and has not been collected yet.
  if (present?.metadata.uid) await secrets.delete(name, { uid: present.metadata.uid });
  return secrets.create(secret);
}

function toData(result: BindingResult): BindingData {
  return {
    ...(result.credentials ? { credentials: result.credentials } : {}),
    ...(result.endpoints ? { endpoints: result.endpoints } : {}),
    ...(result.syslogDrainUrl === undefined ? {} : { syslog_drain_url: result.syslogDrainUrl }),
    ...(result.routeServiceUrl === undefined ? {} : { route_service_url: result.routeServiceUrl }),
    ...(result.volumeMounts ? { volume_mounts: result.volumeMounts } : {}),
  };
}
