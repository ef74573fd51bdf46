// The body of a finished binding: from its Secret, which the cache holds, and its expiry from the status.
import { OsbError } from '../osb/errors.js';
import type { BindingBody, BindingMetadata } from '../osb/wire.js';
import { fromSecret, isOwnedBy, isTold } from '../resources/binding-secret.js';
import type { ServiceBinding } from '../resources/kinds.js';
import type { OperationContext } from './context.js';

/** How long the watch of Secrets may be behind that of bindings, before the API server is asked. */
const SECRET_LAG_MS = 1_000;

export async function bindingBody(
  context: OperationContext,
  binding: Readonly<ServiceBinding>,
): Promise<BindingBody> {
  const { secrets } = context.stores;
  const name = binding.status?.secretRef?.name;
  if (name === undefined) throw new OsbError('NotFound', 'the service binding is not ready');
  const { object } = await secrets.waitFor(
    name,
    (found) => found !== undefined && isOwnedBy(found, binding),
    {
      timeoutMs: SECRET_LAG_MS,
    },
  );
  const secret = object && isTold(object, binding) ? object : await secrets.read(name);
  const data = secret && fromSecret(secret);
  if (!data)
    throw new OsbError(
      'Internal',
      'the credentials of this service binding are gone; unbind it and bind anew',
    );
  const metadata = metadataOf(binding);
  return { ...data, ...(metadata ? { metadata } : {}) };
}

function metadataOf({ status }: Readonly<ServiceBinding>): BindingMetadata | undefined {
  const { expiresAt, renewBefore } = status ?? {};
  if (expiresAt === undefined && renewBefore === undefined) return undefined;
  return {
    ...(expiresAt === undefined ? {} : { expires_at: tenths(expiresAt) }),
    ...(renewBefore === undefined ? {} : { renew_before: tenths(renewBefore) }),
  };
}

/** The specification's form of a time: `yyyy-mm-ddThh:mm:ss.sZ`. */
function tenths(time: string): string {
  return new Date(time).toISOString().replace(/(\.\d)\d*Z$/, '$1Z');
}
