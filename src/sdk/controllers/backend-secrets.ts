// The Secrets that plans name in their settings, as far as they are labelled for that.
import type { ReadSecret } from '../authoring/backend.js';
import { SECRET_LABEL } from '../resources/kinds.js';
import type { ReconcileContext } from './context.js';

export const backendSecrets =
  ({ stores }: Pick<ReconcileContext, 'stores'>): ReadSecret =>
  (name) => {
    const secret = stores.secrets.get(name);
    if (secret?.metadata.labels?.[SECRET_LABEL] !== 'backend') {
      throw new Error(
        `there is no Secret ${name} with the label ${SECRET_LABEL}: backend in the broker's namespace`,
      );
    }
    return Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString('utf8'),
      ]),
    );
  };
