// Keeps replicas of the broker running: what dies is started anew after a while, as a Deployment does.
import { BrokerProcess } from './broker-process.js';
import type { World } from './world.js';

export class Deployment {
  readonly #world: World;
  readonly #current: BrokerProcess[] = [];
  #starts = 0;

  constructor(world: World) {
    this.#world = world;
    for (let replica = 0; replica < world.settings.replicas; replica++) this.#start(replica);
  }

  get processes(): BrokerProcess[] {
    return this.#current.filter(({ isAlive }) => isAlive);
  }

  get isComplete(): boolean {
    return this.#current.every(({ isServing }) => isServing);
  }

  #start(replica: number): void {
    const { time, random, trace } = this.#world;
    const process = new BrokerProcess(this.#world, `${'ab'[replica]}${++this.#starts}`);
    this.#current[replica] = process;
    process.onDeath(() => time.after(random.between(200, 5_000), () => this.#start(replica)));
    trace.add(process.name, 'starts');
    process.start().then(
      () => trace.add(process.name, 'serves'),
      (error: unknown) => process.kill(`at its start: ${(error as Error).message}`),
    );
  }
}
