// Lives of containers as service instances that are interrupted at requests to their engine, and what has to be gone when
// they are over.
import { expect } from 'chai';
import { Engine } from '../../src/backends/docker/engine.js';
import { type Brokers, lifeOf, type LifeOptions, type Step, STEPS } from '../chaos/life.js';
import { newId } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import type { Gate, Held } from './gate.js';
import { type DockerScene, SERVICE } from './scene.js';
import { type Point, titleOf } from './steps.js';

const bodiesFor = (plan: string): Omit<LifeOptions, 'id' | 'binding'> => ({
  provision: provisionBody(SERVICE, plan),
  bind: { service_id: SERVICE, plan_id: plan },
  query: idsQuery(SERVICE, plan),
});

/** An engine starts, and hooks run, on few processors. */
const AT_ONCE = 8;

/** For its host, if the scene is to have a gate before its engine: far from what other tests have. */
export const PORTS = { min: 21_300, max: 21_400 };

export interface Life {
  readonly id: string;
  readonly container: string;
  readonly step: (step: Step) => Promise<void>;
}

export class Lives {
  readonly #scene: DockerScene;
  readonly #gate: Gate;
  readonly #brokers: Brokers;

  constructor(scene: DockerScene, gate: Gate, brokers: Brokers) {
    this.#scene = scene;
    this.#gate = gate;
    this.#brokers = brokers;
  }

  /** `existing` is the container of that plan; without it, the instance has one of its own. */
  begin(plan = 'web', existing?: string): Life {
    const [id, binding] = [newId(), newId()];
    const lead = lifeOf({ id, binding, ...bodiesFor(plan) }, this.#brokers);
    const container = existing ?? id;
    const step = async (which: Step): Promise<void> => {
      await lead(which);
      if (which === 'bind') await this.#works(id, binding);
      if (which === 'unbind') expect(await this.users(container), 'users after the unbind').to.equal('');
    };
    return { id, container, step };
  }

  /** Resolves with the rest of its life when it has come to that point. */
  async to(point: Point, life = this.begin()): Promise<{ held: Held; ended: Promise<void> }> {
    const reached = STEPS.indexOf(point.step);
    for (const step of STEPS.slice(0, reached)) await life.step(step);
    const held = this.#gate.hold(life.container, point);
    const stepped = life.step(point.step);
    const passed = stepped.then(() => Promise.reject(new Error(`it never came to ${titleOf(point)}`)));
    await Promise.race([held.came, passed]);
    passed.catch(() => undefined); // it goes on from there now
    const rest = async (): Promise<void> => {
      await stepped;
      for (const step of STEPS.slice(reached + 1)) await life.step(step);
    };
    return { held, ended: rest() };
  }

  /** One life for each of the points: they all come there, then it happens to all of them, and they go on to their end. */
  async through(points: readonly Point[], happens: () => Promise<void>): Promise<void> {
    const held = await Promise.all(points.map((point) => this.to(point)));
    await happens();
    for (const each of held) each.held.cut();
    await Promise.all(held.map(({ ended }) => ended));
  }

  /** Fails with what is left on the engine, or in the status of its host, of all instances. */
  async expectNothingLeft(): Promise<void> {
    expect(await this.#scene.host().engine.everything()).to.deep.equal({ containers: [], volumes: [] });
    const { status } = (await this.#scene.dockerHost())!;
    expect(status).to.deep.include({ instances: [], instanceCount: 0 });
  }

  /** Those whom the container lets in. */
  async users(container: string): Promise<string> {
    const { signal } = new AbortController();
    const engine = new Engine(this.#scene.host().engine.address);
    const listed = await engine.exec(
      container,
      ['/bin/ls', '/data/users'],
      {},
      { timeoutMs: 10_000, signal },
    );
    return (listed as { stdout: string }).stdout;
  }

  async #works(id: string, binding: string): Promise<void> {
    const { body } = await this.#brokers.through((osb) => osb.fetchBinding(id, binding));
    const { uri, password } = body.credentials as Record<string, string>;
    expect(await (await fetch(uri!)).text()).to.equal(password);
  }
}

/** Does it for each, for a few at a time. */
export async function forEachAtOnce<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
