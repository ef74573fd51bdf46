// The dashboards of one broker: a page for each instance whose plan has no address of its own for it. Reads from the
// caches alone, writes nothing but the key of its links, and is off where nobody says how people reach the broker.
import type { Readable } from 'node:stream';
import type { Secret } from '../kube/types.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import type { Clock } from '../runtime/clock.js';
import type { Store } from '../runtime/store.js';
import type { Log } from '../telemetry/log.js';
import { type EventClient, InstanceEvents } from './events.js';
import { DashboardKey } from './key.js';
import { type Claim, Links } from './links.js';
import type { Feed, Frame } from './live-stream.js';
import { instancePage, instanceParts } from './page.js';
import { Streams } from './streams.js';
import { departed, type View, viewOf } from './view.js';

export interface DashboardOptions {
  /** Where people reach the broker, without a slash at its end; undefined for no dashboards. */
  publicUrl: string | undefined;
  linkSeconds: number;
  stores: { instances: Store<ServiceInstance>; bindings: Store<ServiceBinding>; secrets: Store<Secret> };
  /** The bindings of the instance of that name. */
  bindingsOf: (instance: string) => readonly unknown[];
  events: EventClient;
  log: Log;
  clock: Clock;
  random: () => number;
}

export type Refusal = 'wrong' | 'expired' | 'busy';

/** What a link leads to, or why it leads nowhere. */
export type Found<T> = { found: T } | { refusal: Refusal };

export class Dashboard {
  readonly #options: DashboardOptions;
  readonly #key: DashboardKey;
  readonly #links: Links | undefined;
  readonly #events: InstanceEvents;
  readonly #streams: Streams;

  constructor(options: DashboardOptions) {
    const { publicUrl, linkSeconds, stores, events, log, clock, random } = options;
    this.#options = options;
    this.#key = new DashboardKey({ secrets: stores.secrets, log, random });
    this.#links =
      publicUrl === undefined
        ? undefined
        : new Links({
            publicUrl,
            seconds: linkSeconds,
            key: () => this.#key.current,
            now: () => clock.now(),
          });
    this.#events = new InstanceEvents({ client: events, log, clock, random });
    this.#streams = new Streams(clock);
  }

  /** To be called when the caches are filled: makes the key, and keeps one there until `signal` fires. */
  async start(signal: AbortSignal): Promise<void> {
    if (!this.#links) return;
    await this.#key.ensure(signal);
    this.#key.follow(signal);
  }

  /** Ends the streams, which would hold up the stop of the server. */
  close(): void {
    this.#streams.close();
    this.#events.close();
  }

  /** A link to the page of this very instance; a secret. Undefined where there are no dashboards. */
  link(instance: Readonly<ServiceInstance>): string | undefined {
    return this.#links?.urlFor(instance);
  }

  async page(name: string, claim: Claim): Promise<Found<string>> {
    const instance = this.#find(name, claim);
    if ('refusal' in instance) return instance;
    const release = this.#events.use();
    try {
      await this.#events.ready();
      const now = this.#now();
      return { found: instancePage(this.#view(instance.found), { expires: claim.expires, now }) };
    } finally {
      release();
    }
  }

  /** Server-Sent Events, until the link ends, the instance is gone, or the broker stops. */
  follow(name: string, claim: Claim): Found<Readable> {
    const instance = this.#find(name, claim);
    if ('refusal' in instance) return instance;
    const release = this.#events.use();
    const body = this.#streams.open(name, this.#feed(instance.found, claim), release);
    if (body) return { found: body };
    release();
    return { refusal: 'busy' };
  }

  #find(name: string, claim: Claim): Found<Readonly<ServiceInstance>> {
    const instance = this.#options.stores.instances.get(name);
    const verdict = this.#links?.verify(name, instance?.metadata.uid, claim) ?? 'wrong';
    return verdict === 'valid' ? { found: instance! } : { refusal: verdict };
  }

  #feed(shown: Readonly<ServiceInstance>, claim: Claim): Feed {
    const { instances, bindings } = this.#options.stores;
    const { name, uid } = shown.metadata;
    let last: View = this.#view(shown);
    const look = (): Frame => {
      const instance = instances.get(name);
      if (!instance || instance.metadata.uid !== uid) {
        return { event: 'gone', data: instanceParts(departed(last)), isLast: true };
      }
      if ('refusal' in this.#find(name, claim)) {
        return { event: 'ended', data: 'This link has ended: ask the platform for a new one', isLast: true };
      }
      last = this.#view(instance);
      return { data: instanceParts(last) };
    };
    const onChange = (changed: () => void): (() => void) => {
      const ends = [
        instances.onChange((each) => each === name && changed()),
        bindings.onChange((_, now, before) => (now ?? before)?.spec.instanceRef.name === name && changed()),
        this.#events.onChange((about) => about === uid && changed()),
        this.#key.onChange(changed),
      ];
      return () => ends.forEach((end) => end());
    };
    return { look, onChange, endsAt: claim.expires * 1000 };
  }

  #view(instance: Readonly<ServiceInstance>): View {
    const { name, uid } = instance.metadata;
    return viewOf(instance, {
      bindings: this.#options.bindingsOf(name).length,
      events: this.#events.of(uid!),
      now: this.#now(),
    });
  }

  #now(): Date {
    return new Date(this.#options.clock.now());
  }
}
