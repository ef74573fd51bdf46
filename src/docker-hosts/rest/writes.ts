// Writes that others may make at the same time, and what the API server refuses in the words of this API.
import { isAlreadyExists, isConflict, isNotFound, KubeError } from '../../sdk/kube/errors.js';
import type { Secret } from '../../sdk/kube/types.js';
import { OsbError } from '../../sdk/osb/errors.js';
import type { Store } from '../../sdk/runtime/store.js';

const MAX_ATTEMPTS = 10;

/** Does the work, and once more where somebody else wrote meanwhile: it has to read first, and to bear being repeated. */
export async function despiteOthers<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isLate = isAlreadyExists(error) || isConflict(error) || isNotFound(error);
      if (!isLate || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** What to throw in place of `error`: itself, where it is not the API server's. */
export function translated(error: unknown): unknown {
  if (!(error instanceof KubeError)) return error;
  switch (error.status) {
    case 400:
    case 413:
    case 422: // all else is ours, so it is what came with the request
      return new OsbError('BadRequest', 'this cannot be stored: it is too large or not valid');
    case 409:
      return new OsbError('Conflict', 'somebody else changes it again and again: try again');
    default:
      return new OsbError('Unavailable', 'the broker cannot store this now: try again');
  }
}

/** The Secret of that name; a `Conflict` where it lacks one of the labels, and so is somebody else's. */
export async function presentSecret(
  secrets: Store<Secret>,
  { metadata }: Secret,
): Promise<Readonly<Secret> | undefined> {
  const present = await secrets.read(metadata.name);
  const isOurs = Object.entries(metadata.labels ?? {}).every(
    ([key, value]) => present?.metadata.labels?.[key] === value,
  );
  if (!present || isOurs) return present;
  throw new OsbError(
    'Conflict',
    `the Secret ${metadata.name} is there already, and is not of this API: delete it, or keep it under another name`,
  );
}

/** Makes the Secret, or gives the present one this content; true where it was made. Fails as `presentSecret` does. */
export async function bringSecret(secrets: Store<Secret>, wanted: Secret): Promise<boolean> {
  const present = await presentSecret(secrets, wanted);
  if (!present) {
    await secrets.create(wanted);
    return true;
  }
  const { labels, annotations, ownerReferences } = wanted.metadata;
  const metadata = {
    ...present.metadata,
    labels: { ...present.metadata.labels, ...labels },
    annotations: { ...present.metadata.annotations, ...annotations },
    ...(ownerReferences ? { ownerReferences } : {}),
  };
  await secrets.replace({ ...present, metadata, data: wanted.data ?? {} });
  return false;
}

export const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

export const decoded = (secret: Readonly<Secret> | undefined, key: string): string =>
  Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
