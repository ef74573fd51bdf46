// A Docker Engine, as far as a backend needs one. All that it throws is an EngineError, an ExecTimeout or, when the signal
// fires, the signal's reason; what is gone already counts as removed.
import type Docker from 'dockerode';
import type { EngineAddress } from '../../docker-hosts/engine-address.js';
import { type ContainerSpec, createOptions } from './container-spec.js';
import { clientOf, titleOf } from './engine-client.js';
import { EngineError, engineErrorOf, ExecTimeout, isEngineError } from './engine-errors.js';
import {
  type ContainerFacts,
  containerFacts,
  type ImageFacts,
  imageFacts,
  type ListedContainer,
  listedContainer,
} from './engine-facts.js';
import { pullImage } from './engine-pull.js';
import { type ExecResult, runExec } from './exec.js';

export type Labels = Readonly<Record<string, string>>;

const DEADLINE_MS = 30_000;
const NEVER = undefined;
const MIN_SECRET_LENGTH = 6;

/** What the engine answers where there is nothing to do. */
const NOT_MODIFIED = 304;

const NAME = /^[A-Za-z0-9][\w.-]+$/;
/** Of names that a registry or an engine takes; none of them leads out of the path that it stands in. */
const REFERENCE = /^[A-Za-z0-9][\w.:@-]*(\/[A-Za-z0-9][\w.:@-]*)*$/;

interface Asking {
  /** As in "cannot start the container x". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly deadlineMs?: number | undefined;
  /** What the engine might quote. */
  readonly secrets?: readonly string[];
}

export class Engine {
  readonly #address: EngineAddress;
  readonly #title: string;
  readonly #deadlineMs: number;
  #client: Promise<Docker> | undefined;

  /** Its certificates are used as they are now: make another one for new ones. */
  constructor(address: EngineAddress, deadlineMs = DEADLINE_MS) {
    this.#address = address;
    this.#title = titleOf(address);
    this.#deadlineMs = deadlineMs;
  }

  async findImage(reference: string, signal: AbortSignal): Promise<ImageFacts | undefined> {
    return this.#unlessMissing(
      { what: `look for the image ${reference}`, signal },
      async (docker, abortSignal) =>
        imageFacts(await docker.getImage(checked(REFERENCE, reference)).inspect({ abortSignal } as object)),
    );
  }

  /** Throws with the kind 'no image' where the registry has none of that name, or shows it to nobody. */
  async pull(reference: string, signal: AbortSignal): Promise<void> {
    const what = `pull the image ${reference}`;
    const asked = { engine: this.#title, what };
    await this.#ask({ what, signal, deadlineMs: NEVER }, (docker, abortSignal) =>
      pullImage(docker, checked(REFERENCE, reference), asked, abortSignal),
    );
  }

  async inspect(container: string, signal: AbortSignal): Promise<ContainerFacts | undefined> {
    return this.#unlessMissing(
      { what: `inspect the container ${container}`, signal },
      async (docker, abortSignal) =>
        containerFacts(await containerOf(docker, container).inspect({ abortSignal } as object)),
    );
  }

  /** Throws with the kind 'conflict' where there is one of that name, and with 'no image' without its image. */
  async create(spec: ContainerSpec, signal: AbortSignal): Promise<void> {
    const { name, ...body } = createOptions(spec);
    const what = `make the container ${spec.name}`;
    await this.#ask({ what, signal, secrets: secretsOf(spec.env, what) }, (docker, abortSignal) =>
      // Apart from each other: dockerode puts all options into the URL else, the environment with them.
      docker.createContainer({ _query: { name }, _body: body, abortSignal } as object),
    );
  }

  /** Throws with the kind 'port taken' where another one has a port of it. */
  async start(container: string, signal: AbortSignal): Promise<void> {
    await this.#unlessDone({ what: `start the container ${container}`, signal }, (docker, abortSignal) =>
      containerOf(docker, container).start({ abortSignal } as object),
    );
  }

  /**
   * With its volumes that have no name. `stopSeconds` is what it is given to end by itself before it is killed. Throws with
   * the kind 'conflict' where it is being removed already.
   */
  async remove(
    container: string,
    { stopSeconds }: { stopSeconds: number },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#stop(container, stopSeconds, signal);
    await this.#unlessMissing({ what: `remove the container ${container}`, signal }, (docker, abortSignal) =>
      containerOf(docker, container).remove({ v: true, force: true, abortSignal } as object),
    );
  }

  async #stop(container: string, seconds: number, signal: AbortSignal): Promise<void> {
    const asking = {
      what: `stop the container ${container}`,
      signal,
      deadlineMs: this.#deadlineMs + seconds * 1000,
    };
    await this.#unlessMissing(asking, (docker, abortSignal) =>
      containerOf(docker, container).stop({ t: seconds, abortSignal }).catch(unlessNotModified),
    );
  }

  /** Those that have all these labels, whether they run or not. */
  async containers(labels: Labels, signal: AbortSignal): Promise<ListedContainer[]> {
    return this.#ask({ what: 'list containers', signal }, async (docker, abortSignal) => {
      const filters = { label: labelFilters(labels) };
      return (await docker.listContainers({ all: true, filters, abortSignal })).map(listedContainer);
    });
  }

  /** Throws with the kind 'conflict' where there is one of that name without these labels. */
  async ensureVolume(name: string, labels: Labels, signal: AbortSignal): Promise<void> {
    const what = `make the volume ${name}`;
    await this.#ask({ what, signal }, async (docker, abortSignal) => {
      const body = { Name: checked(NAME, name), Labels: labels };
      const volume = await docker.createVolume({ _query: {}, _body: body, abortSignal } as object);
      const { Labels: found } = await volume.inspect({ abortSignal } as object);
      if (Object.entries(labels).every(([label, value]) => found?.[label] === value)) return;
      throw new EngineError(
        'conflict',
        `the Docker Engine at ${this.#title} has a volume ${name} already, which is somebody else's`,
      );
    });
  }

  /** The names of those that have all these labels. */
  async volumes(labels: Labels, signal: AbortSignal): Promise<string[]> {
    return this.#ask({ what: 'list volumes', signal }, async (docker, abortSignal) => {
      const { Volumes } = await docker.listVolumes({ filters: { label: labelFilters(labels) }, abortSignal });
      return ((Volumes as typeof Volumes | null) ?? []).map(({ Name }) => Name).sort();
    });
  }

  /** Throws with the kind 'conflict' where a container has it. */
  async removeVolume(name: string, signal: AbortSignal): Promise<void> {
    await this.#unlessMissing({ what: `remove the volume ${name}`, signal }, (docker, abortSignal) =>
      docker.getVolume(checked(NAME, name)).remove({ abortSignal }),
    );
  }

  /**
   * Runs a command in a container that runs ('conflict' where it does not): 'missing' where there is no such file in it.
   * Throws an ExecTimeout where it does not end in time; it may go on then, as an engine has no way to end it.
   */
  async exec(
    container: string,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<ExecResult | 'missing'> {
    const what = `run ${command[0]} in the container ${container}`;
    const asking = { what, signal, deadlineMs: timeoutMs, secrets: secretsOf(env, what) };
    try {
      return await this.#ask(asking, (docker, abortSignal) =>
        runExec(containerOf(docker, container), command, env, abortSignal),
      );
    } catch (error) {
      if (!isEngineError(error, 'late')) throw error;
      throw new ExecTimeout(
        `${command[0]} did not end within ${timeoutMs / 1000} s in the container ${container}`,
      );
    }
  }

  /** Undefined for what the engine does not have. */
  async #unlessMissing<T>(asking: Asking, call: Call<T>): Promise<T | undefined> {
    try {
      return await this.#ask(asking, call);
    } catch (error) {
      if (isEngineError(error, 'not found', 'no image')) return undefined;
      throw error;
    }
  }

  async #unlessDone(asking: Asking, call: Call<unknown>): Promise<void> {
    await this.#ask(asking, (docker, abortSignal) => call(docker, abortSignal).catch(unlessNotModified));
  }

  async #ask<T>(asking: Asking, call: Call<T>): Promise<T> {
    const { what, signal, secrets = [] } = asking;
    signal.throwIfAborted();
    const deadlineMs = 'deadlineMs' in asking ? asking.deadlineMs : this.#deadlineMs;
    const deadline = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
    try {
      const docker = await (this.#client ??= clientOf(this.#address));
      return await call(docker, deadline ? AbortSignal.any([signal, deadline]) : signal);
    } catch (error) {
      signal.throwIfAborted();
      if (deadline?.aborted) throw this.#late(deadlineMs!);
      throw engineErrorOf(error, { engine: this.#title, what, secrets });
    }
  }

  #late(deadlineMs: number): EngineError {
    return new EngineError(
      'late',
      `the Docker Engine at ${this.#title} did not answer within ${deadlineMs / 1000} s`,
    );
  }
}

type Call<T> = (docker: Docker, abortSignal: AbortSignal) => Promise<T>;

function containerOf(docker: Docker, name: string): Docker.Container {
  return docker.getContainer(checked(NAME, name));
}

/** Names stand in the paths of requests as they are. */
function checked(pattern: RegExp, name: string): string {
  if (pattern.test(name)) return name;
  throw new EngineError('invalid', `${JSON.stringify(name)} is no name that a Docker Engine takes`);
}

/** Short values are no secrets, and part of many a word; what is told anyway is none either. */
const secretsOf = (env: Readonly<Record<string, string>>, told: string): string[] =>
  Object.values(env).filter((value) => value.length >= MIN_SECRET_LENGTH && !told.includes(value));

const labelFilters = (labels: Labels): string[] =>
  Object.entries(labels).map(([label, value]) => `${label}=${value}`);

function unlessNotModified(error: unknown): void {
  if ((error as { statusCode?: number }).statusCode !== NOT_MODIFIED) throw error;
}
