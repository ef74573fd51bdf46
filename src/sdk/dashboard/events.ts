// The Kubernetes Events about instances, followed while somebody looks at a dashboard and forgotten after. By one watch
// for all pages; where the broker may not read them, there are none to show.
import { KubeError } from '../kube/errors.js';
import type { KubeEvent } from '../kube/events.js';
import type { ResourceClient } from '../kube/types.js';
import { INSTANCES } from '../resources/kinds.js';
import { sleep } from '../runtime/abortable.js';
import { ObjectCache } from '../runtime/cache.js';
import type { Clock } from '../runtime/clock.js';
import { Reflector } from '../runtime/reflector.js';
import { errorDetails, type Log } from '../telemetry/log.js';

export type EventClient = Pick<ResourceClient<KubeEvent>, 'list' | 'watch' | 'type'>;

export interface InstanceEventsOptions {
  client: EventClient;
  log: Log;
  clock: Clock;
  random: () => number;
}

const BY_UID = 'uid';
const ABOUT_INSTANCES = { fieldSelector: `involvedObject.kind=${INSTANCES.kind}` };
/** A page does not wait longer for the first list. */
const PATIENCE_MS = 2000;
/** For so long after the last page, the next one finds them still there. */
const LINGER_MS = 60_000;

/** One time of following, from the first page to a while after the last. */
interface Following {
  cache: ObjectCache<KubeEvent>;
  ending: AbortController;
  isFilled: boolean;
  filled: Promise<void>;
}

export class InstanceEvents {
  readonly #options: InstanceEventsOptions;
  readonly #listeners = new Set<(uid: string) => void>();
  #following: Following | undefined;
  #users = 0;
  #cancelEnd = (): void => undefined;

  constructor(options: InstanceEventsOptions) {
    this.#options = options;
  }

  /** Follows them at least until what it returns is called. */
  use(): () => void {
    this.#users++;
    this.#cancelEnd();
    this.#following ??= this.#follow();
    let release = (): void => {
      this.#users--;
      if (this.#users > 0) return;
      this.#cancelEnd = this.#options.clock.after(LINGER_MS, () => this.close(), { background: true });
    };
    return () => {
      release();
      release = () => undefined;
    };
  }

  /** Resolves when `of` knows what there is; also when that takes too long. */
  async ready(): Promise<void> {
    const following = this.#following;
    if (!following || following.isFilled) return;
    const late = new AbortController();
    await Promise.race([following.filled, sleep(PATIENCE_MS, late.signal, this.#options.clock)]);
    late.abort();
  }

  /** Those about the instance of that uid; undefined where they are not known. */
  of(uid: string): Readonly<KubeEvent>[] | undefined {
    return this.#following?.isFilled ? this.#following.cache.byIndex(BY_UID, uid) : undefined;
  }

  /** Called with the uid of the instance that the events are about; returns what ends that. */
  onChange(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#cancelEnd();
    this.#following?.ending.abort();
    this.#following = undefined;
  }

  #follow(): Following {
    const { client, log, clock, random } = this.#options;
    const ending = new AbortController();
    const cache = new ObjectCache<KubeEvent>({ log, indexes: { [BY_UID]: (event) => [uidOf(event)] } });
    cache.onChange((_, current, previous) => this.#tell(uidOf((current ?? previous)!)));
    const reflector = new Reflector<KubeEvent>({
      client: selecting(client, (error) => {
        log.warn('dashboards show no events: the broker may not list and watch them', errorDetails(error));
        ending.abort();
      }),
      target: targetOf(cache),
      log,
      clock,
      random,
    });
    const refused = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
    const following: Following = {
      cache,
      ending,
      isFilled: false,
      filled: Promise.race([reflector.synced.then(() => void (following.isFilled = true)), refused]),
    };
    void reflector.run(ending.signal);
    return following;
  }

  #tell(uid: string): void {
    for (const listener of [...this.#listeners]) listener(uid);
  }
}

const uidOf = ({ involvedObject }: Readonly<KubeEvent>): string => involvedObject.uid ?? '';

const targetOf = (cache: ObjectCache<KubeEvent>) => ({
  listBegins: () => undefined,
  replace: (events: Readonly<KubeEvent>[]) => {
    const names = new Set(events.map(({ metadata }) => metadata.name));
    for (const name of cache.names()) if (!names.has(name)) cache.delete(name);
    for (const event of events) cache.set(event);
  },
  apply: (type: 'ADDED' | 'MODIFIED' | 'DELETED', event: KubeEvent) => {
    if (type === 'DELETED') cache.delete(event.metadata.name);
    else cache.set(event);
  },
});

/** Of all events those about instances alone. A refusal ends it: to ask again would not help. */
function selecting(client: EventClient, onRefused: (error: KubeError) => void): EventClient {
  const unlessRefused = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof KubeError && error.status === 403) onRefused(error);
      throw error;
    }
  };
  return {
    type: client.type,
    list: (options) => unlessRefused(client.list({ ...options, ...ABOUT_INSTANCES })),
    watch: (options, onEvent) => unlessRefused(client.watch({ ...options, ...ABOUT_INSTANCES }, onEvent)),
  };
}
