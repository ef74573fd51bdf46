// The key that signs links to dashboards: in a Secret that all replicas share and that the first of them makes. Who
// deletes that Secret gets another key, and ends all links of before.
import { randomBytes } from 'node:crypto';
import { isAlreadyExists } from '../kube/errors.js';
import type { Secret } from '../kube/types.js';
import { SECRET_LABEL } from '../resources/kinds.js';
import { onAbort, sleep } from '../runtime/abortable.js';
import { equalJitter } from '../runtime/backoff.js';
import type { Store } from '../runtime/store.js';
import { errorDetails, type Log } from '../telemetry/log.js';

export const KEY_SECRET = 'brokersdk-dashboard-key';

const ROLE = 'dashboard-key';
const KEY_BYTES = 32;
const BACKOFF = { baseMs: 500, maxMs: 30_000 };
/** A cache shows what is there long before this. */
const SHOWN_WITHIN_MS = 10_000;

export interface DashboardKeyOptions {
  secrets: Store<Secret>;
  log: Log;
  random: () => number;
}

export class DashboardKey {
  readonly #options: DashboardKeyOptions;
  #known: { secret: Readonly<Secret>; key: Buffer | undefined } | undefined;
  #isRestoring = false;

  constructor(options: DashboardKeyOptions) {
    this.#options = options;
  }

  /** From the cache; undefined where there is none, or none that is fit to be a key. */
  get current(): Buffer | undefined {
    const secret = this.#options.secrets.get(KEY_SECRET);
    if (!secret) return undefined;
    if (this.#known?.secret !== secret) this.#known = { secret, key: keyOf(secret) };
    return this.#known.key;
  }

  /** Calls the listener after each change of the key; returns what ends that. */
  onChange(listener: () => void): () => void {
    return this.#options.secrets.onChange((name) => {
      if (name === KEY_SECRET) listener();
    });
  }

  /** Makes the key if nobody has; throws where that is not possible. */
  async ensure(signal: AbortSignal): Promise<void> {
    const { secrets } = this.#options;
    if (this.current) return;
    try {
      await secrets.create(newSecret());
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await secrets.read(KEY_SECRET);
    }
    await secrets.waitFor(KEY_SECRET, (secret) => secret !== undefined, {
      timeoutMs: SHOWN_WITHIN_MS,
      signal,
    });
    if (this.current || signal.aborted) return;
    throw new Error(
      `the Secret ${KEY_SECRET} is none that can sign links to dashboards: delete it, and the broker makes another`,
    );
  }

  /** Makes another key whenever this one is deleted, until `signal` fires. */
  follow(signal: AbortSignal): void {
    onAbort(
      signal,
      this.onChange(() => {
        if (!this.#options.secrets.get(KEY_SECRET)) void this.#restore(signal);
      }),
    );
  }

  async #restore(signal: AbortSignal): Promise<void> {
    const { log, random } = this.#options;
    if (this.#isRestoring) return;
    this.#isRestoring = true;
    for (let failures = 0; !signal.aborted && !this.current; failures++) {
      try {
        await this.ensure(signal);
        log.info('the key of the dashboards is another one; links of before have ended');
      } catch (error) {
        log.warn('there is no key for links to dashboards', errorDetails(error));
        await sleep(equalJitter(failures, { ...BACKOFF, random }), signal);
      }
    }
    this.#isRestoring = false;
  }
}

function keyOf({ metadata, data }: Readonly<Secret>): Buffer | undefined {
  const key = Buffer.from(data?.key ?? '', 'base64');
  return metadata.labels?.[SECRET_LABEL] === ROLE && key.length >= KEY_BYTES ? key : undefined;
}

const newSecret = (): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: { name: KEY_SECRET, labels: { [SECRET_LABEL]: ROLE } },
  data: { key: randomBytes(KEY_BYTES).toString('base64') },
});
