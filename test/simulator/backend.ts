// The backend of an author who is neither careless nor clever: looks before it makes, takes several steps, honours its
// signal between them, and fails, waits and dawdles as backends do. It belongs to one process and dies with it; what it
// has sent by then arrives at the cloud all the same.
import type {
  Binding,
  BindingResult,
  HeldInstance,
  Instance,
  InstanceResult,
  NamedBackend,
  Observation,
  PlanScope,
} from '../../src/sdk/authoring/backend.js';
import { done, type Outcome, TerminalError, waiting } from '../../src/sdk/authoring/outcome.js';
import type { Endpoint, World } from './world.js';

const PARTS = ['disk', 'machine'];
const TROUBLES = { transient: 6, waiting: 6, slow: 3, deaf: 1, stuck: 1, terminal: 1, kill: 2 };
/** A process that was stalled for so long finds its connections closed. */
const STALE_MS = 5_000;
type Trouble = keyof typeof TROUBLES;
/** Where the cloud does nothing. */
const LOST = new Set<Trouble>(['waiting', 'terminal', 'kill']);
/** How often an instance that is Ready is looked at. */
const LOOK_SECONDS = 15;
/** How long a request is on its way at most. */
const ARRIVAL_MS = 200;

export class SimulatedBackend implements NamedBackend {
  readonly name = 'cloud';
  readonly #world: World;
  readonly #process: Endpoint;
  /** Calls under way, by what they are about. */
  readonly #calls = new Set<string>();

  constructor(world: World, process: Endpoint) {
    this.#world = world;
    this.#process = process;
  }

  readonly dashboardUrl = ({ name }: { name: string }): string => `https://cloud.example/${name}`;

  readonly ensure = (instance: Instance): Promise<Outcome<InstanceResult>> =>
    this.#call('ensure', instance, async (send) => {
      const { cloud } = this.#world;
      for (const part of PARTS) {
        if (cloud.servers.get(instance.name)?.parts.has(part)) continue;
        const trouble = await send(() => cloud.makePart(instance.name, part));
        if (trouble === 'waiting') return waiting(`the ${part} is not there yet`, { retryAfter: 3 });
      }
      const { name, planId, parameters } = instance;
      const trouble = await send(() => cloud.configure(name, planId, { ...parameters }));
      return trouble === 'waiting' ? waiting('it is being configured') : done({});
    });

  readonly observe = (instance: Instance): Promise<Observation> =>
    this.#call('observe', instance, async () => {
      const { cloud, random } = this.#world;
      await this.#sleepUnlessAborted(random.between(1, 100), instance.signal);
      const server = cloud.servers.get(instance.name);
      const missing = PARTS.find((part) => !server?.parts.has(part));
      if (missing !== undefined) return { repair: `the ${missing} is missing` };
      if (server!.isTampered) return { repair: 'it is set to something else' };
      return { againAfter: LOOK_SECONDS };
    });

  readonly destroy = (instance: Instance): Promise<Outcome<object>> =>
    this.#call('destroy', instance, async (send) => {
      const { cloud } = this.#world;
      for (const part of [...PARTS].reverse()) {
        if (!cloud.servers.get(instance.name)?.parts.has(part)) continue;
        const trouble = await send(() => cloud.removePart(instance.name, part));
        if (trouble === 'waiting') return waiting(`the ${part} is still in use`);
      }
      return done();
    });

  readonly bind = (binding: Binding): Promise<Outcome<BindingResult>> =>
    this.#call('bind', binding, async (send) => {
      const { cloud } = this.#world;
      let password: string | undefined;
      const trouble = await send(() => {
        if (cloud.servers.get(binding.instance.name)?.parts.size !== PARTS.length) return;
        ({ password } = cloud.makeUser(binding.name, binding.instance.name));
      });
      if (trouble === 'waiting') return waiting('the user is being made');
      if (password === undefined) throw new Error('there is no such server');
      await send();
      return done({ credentials: { username: binding.name, password } });
    });

  readonly unbind = (binding: Binding): Promise<Outcome<object>> =>
    this.#call('unbind', binding, async (send) => {
      const { cloud } = this.#world;
      if (!cloud.users.has(binding.name)) return done();
      const trouble = await send(() => cloud.removeUser(binding.name));
      if (trouble === 'waiting') return waiting('the user is still logged in');
      return done();
    });

  readonly inventory = async ({ signal }: PlanScope): Promise<HeldInstance[]> => {
    const { cloud, random } = this.#world;
    await this.#sleepUnlessAborted(random.between(1, 200), signal);
    return [...cloud.servers.keys()].map((name) => ({
      name,
      bindings: [...cloud.users].filter(([, { server }]) => server === name).map(([user]) => user),
    }));
  };

  async #call<T>(
    step: string,
    subject: { name: string; signal: AbortSignal; operationId: string },
    work: (send: (effect?: () => void) => Promise<Trouble | undefined>) => Promise<T>,
  ): Promise<T> {
    const { trace } = this.#world;
    const key = `${step.endsWith('bind') ? 'binding' : 'instance'} ${subject.name}`;
    const who = this.#process.name;
    if (!this.#process.isAlive) return new Promise(() => undefined);
    if (this.#calls.has(key)) trace.violation('one call at a time', `${step} ${subject.name} on ${who}`);
    this.#calls.add(key);
    trace.add(who, `${step} ${subject.name} for ${subject.operationId}`);
    try {
      const outcome = await work((effect) => this.#send(`${step} ${subject.name}`, subject.signal, effect));
      trace.add(who, `${step} ${subject.name} is ${JSON.stringify(outcome)}`);
      return outcome;
    } catch (error) {
      trace.add(who, `${step} ${subject.name} throws: ${(error as Error).message}`);
      throw error;
    } finally {
      this.#calls.delete(key);
    }
  }

  /**
   * A step: its request is on its way at once, and has its effect even where nobody waits for the answer any more.
   * Resolves with the trouble that there was; rejects when the signal fires, but for what does not listen.
   */
  async #send(step: string, signal: AbortSignal, effect?: () => void): Promise<Trouble | undefined> {
    signal.throwIfAborted();
    const { time, random, chaos, settings } = this.#world;
    const trouble = chaos.backend() ? random.weighted(TROUBLES) : undefined;
    const isLost = trouble !== undefined && LOST.has(trouble);
    const arrived = new Promise<void>((resolve) => {
      time.after(random.between(1, ARRIVAL_MS), () => resolve(isLost ? undefined : effect?.()), {
        isAnswer: true,
      });
    });
    // Where another replica takes over, it cannot wait for one that does not listen.
    if (trouble === 'deaf' && settings.replicas === 1) {
      await this.#sleep(random.between(1_000, 90_000));
      await arrived;
      return trouble;
    }
    const ms = trouble === 'slow' ? random.between(1_000, 30_000) : random.between(1, 200);
    const due = time.now + ms;
    await this.#sleepUnlessAborted(trouble === 'stuck' ? 3_600_000 : ms, signal);
    await arrived;
    signal.throwIfAborted();
    if (time.now > due + STALE_MS) throw new Error('the cloud has hung up');
    if (trouble === 'transient') throw new Error('the cloud is overcast');
    if (trouble === 'terminal') throw new TerminalError('the cloud refuses');
    if (trouble === 'kill') {
      this.#process.kill(`in ${step}`);
      return new Promise(() => undefined);
    }
    return trouble;
  }

  #sleep(ms: number): Promise<void> {
    const { time } = this.#world;
    return new Promise((resolve) => void time.after(ms, resolve, { owner: this.#process, isAnswer: true }));
  }

  async #sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      await Promise.race([this.#sleep(ms), aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    signal.throwIfAborted();
    if (!this.#process.isAlive) await new Promise(() => undefined);
  }
}
