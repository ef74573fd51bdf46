// A backend for tests: a world in memory in which instances and bindings are, and in which every step can be made to
// wait, to fail or to hang.
import type {
  Binding,
  BindingResult,
  Instance,
  InstanceResult,
  NamedBackend,
  Outcome,
  Removed,
  Waiting,
} from '../../src/sdk/index.js';
import { done, TerminalError, waiting } from '../../src/sdk/index.js';

interface Steps {
  ensure: (instance: Instance) => Promise<Outcome<InstanceResult>>;
  destroy: (instance: Instance) => Promise<Removed>;
  bind: (binding: Binding) => Promise<Outcome<BindingResult>>;
  unbind: (binding: Binding) => Promise<Removed>;
}

export type Step = keyof Steps;

/** What a step is called with. */
export type Subject<S extends Step> = Parameters<Steps[S]>[0];

/** A step that waits: `release` lets it end well. */
export interface Hold {
  /** Resolves when the step was called for the first time since. */
  readonly reached: Promise<void>;
  release(): void;
}

/** In seconds. */
const MOMENT = 0.01;

export class Lab {
  /** Instances that are there, with the plan and parameters that they were last made with. */
  readonly instances = new Map<string, { planId: string; parameters: Readonly<Record<string, unknown>> }>();
  /** Bindings that are there, with their passwords. */
  readonly bindings = new Map<string, string>();
  /** The instance of each binding. */
  readonly #instanceOf = new Map<string, string>();
  /** Every call, as `ensure web`. */
  readonly calls: string[] = [];
  readonly #overrides: Partial<Steps> = {};
  /** What was told to wait for a moment, and is to be called again. */
  readonly #waiting = new Set<string>();
  #passwords = 0;

  /** What is to be seen of an instance; nothing where nobody says. */
  observe: NonNullable<NamedBackend['observe']> = async () => undefined;
  /** The same of a binding, and its way back. */
  observeBinding: NonNullable<NamedBackend['observeBinding']> = async () => undefined;
  repairBinding: NonNullable<NamedBackend['repairBinding']> = async () => undefined;
  /** What an operator has to put right. */
  check: NonNullable<NamedBackend['check']> = async () => [];

  readonly backend: NamedBackend;

  constructor(name = 'lab') {
    this.backend = this.#backend(name);
  }

  readonly #backend = (name: string): NamedBackend => ({
    name,
    dashboardUrl: ({ name }) => `https://lab.example/${name}`,
    ensure: (instance) => this.#run('ensure', instance.name, instance),
    destroy: (instance) => this.#run('destroy', instance.name, instance),
    bind: (binding) => this.#run('bind', binding.name, binding),
    unbind: (binding) => this.#run('unbind', binding.name, binding),
    observe: (instance) => this.observe(instance),
    observeBinding: (binding) => this.observeBinding(binding),
    repairBinding: (binding) => this.repairBinding(binding),
    check: (scope) => this.check(scope),
    inventory: async () =>
      [...this.instances.keys()].map((name) => ({
        name,
        bindings: [...this.bindings.keys()].filter((binding) => this.#instanceOf.get(binding) === name),
      })),
  });

  /** From now on, the step does this instead. */
  on<S extends Step>(step: S, behaviour: Steps[S]): void {
    this.#overrides[step] = behaviour;
  }

  /** Everything works again. */
  reset(): void {
    for (const step of Object.keys(this.#overrides)) delete this.#overrides[step as Step];
    this.observe = async () => undefined;
    this.observeBinding = async () => undefined;
    this.repairBinding = async () => undefined;
    this.check = async () => [];
  }

  /** Resolves when nothing is left that waits for a moment only: of what an earlier test held, for one. */
  async idle(): Promise<void> {
    for (let looks = 0; this.#waiting.size > 0 && looks < 200; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** What the step does where nothing is said. */
  usual<S extends Step>(step: S, subject: Subject<S>): Promise<Outcome<object>> {
    return Promise.resolve(this.#standard(step, subject as Instance & Binding));
  }

  /** From now on, the step answers that it is waiting, until it is released. */
  hold(step: Step, text = 'the lab is at work', retryAfter = MOMENT): Hold {
    let reach = (): void => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const wait = async (): Promise<Outcome<never>> => {
      reach();
      return waiting(text, { retryAfter });
    };
    this.#overrides[step] = wait;
    return { reached, release: () => delete this.#overrides[step] };
  }

  /** From now on, the step fails for good. */
  fail(
    step: Step,
    text: string,
    options: { instanceUsable?: boolean; updateRepeatable?: boolean } = {},
  ): void {
    this.#overrides[step] = () => Promise.reject(new TerminalError(text, options));
  }

  /** From now on, the step does not return before it is released or aborted. */
  hang(step: Step): Hold {
    let reach = (): void => undefined;
    let release = (): void => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#overrides[step] = (async (subject: Instance & Binding) => {
      reach();
      await Promise.race([released, aborted(subject.signal)]);
      return this.#standard(step, subject);
    }) as never;
    return {
      reached,
      release: () => {
        delete this.#overrides[step];
        release();
      },
    };
  }

  async #run<S extends Step>(step: S, name: string, subject: Parameters<Steps[S]>[0]): Promise<never> {
    this.calls.push(`${step} ${name}`);
    const override = this.#overrides[step] as ((subject: unknown) => Promise<unknown>) | undefined;
    this.#waiting.delete(name); // first, since a step may throw
    const outcome = override ? await override(subject) : this.#standard(step, subject as Instance & Binding);
    if ((outcome as Partial<Waiting> | undefined)?.retryAfterSeconds === MOMENT) this.#waiting.add(name);
    return outcome as never;
  }

  #standard(step: Step, subject: Instance & Binding): Outcome<object> {
    switch (step) {
      case 'ensure':
        this.instances.set(subject.name, { planId: subject.planId, parameters: subject.parameters });
        return done();
      case 'destroy':
        this.instances.delete(subject.name);
        return done();
      case 'bind':
        this.bindings.set(subject.name, `password-${++this.#passwords}`);
        this.#instanceOf.set(subject.name, subject.instance.name);
        return done(this.result(subject));
      case 'unbind':
        this.bindings.delete(subject.name);
        return done();
    }
  }

  /** What a bind returns. */
  result(binding: Binding): BindingResult {
    return {
      credentials: {
        username: `user-${binding.name}`,
        password: this.bindings.get(binding.name),
        port: 5432,
      },
      endpoints: [{ host: 'lab.example', ports: ['5432'] }],
    };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
