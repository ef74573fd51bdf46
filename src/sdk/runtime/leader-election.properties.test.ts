// Whatever befalls replicas, their machines, the network and the Lease: never do two lead at a time, and when the
// trouble is over, one does.
import { expect } from 'chai';
import fc from 'fast-check';
import { ManualClock } from './harness.test.js';
import { failed, LeaseServer, type Network, pass, Replica, SECONDS } from './lease-harness.test.js';

const LEASE_MS = SECONDS * 1000;
const REPLICAS = 3;
/** What a Lease that was filled with garbage can make others wait for. */
const GARBAGE_SECONDS = 4 * SECONDS;

type Trouble =
  | { kind: 'time'; ms: number; stepMs: number }
  | { kind: 'network'; at: number; network: Network }
  | { kind: 'heal' | 'stall' | 'resume' | 'restart' | 'kill'; at: number }
  | { kind: 'wall clock'; at: number; ms: number }
  | { kind: 'edit'; what: 'label' | 'no holder' | 'holder' | 'garbage' | 'delete'; at: number };

const at = fc.nat(REPLICAS - 1);
const late = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(2 * LEASE_MS));
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.nat(LEASE_MS),
      stepMs: fc.constantFrom(50, 300, 2000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('network' as const),
      at,
      network: fc.record({
        thereMs: late,
        backMs: late,
        loses: fc.constantFrom('nothing', 'nothing', 'requests', 'answers'),
        refuses: fc.constantFrom(undefined, undefined, undefined, failed(409), failed(500)),
      }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('heal', 'stall', 'resume', 'restart', 'kill'), at }),
  },
  fc.record({
    kind: fc.constant('wall clock' as const),
    at,
    ms: fc.integer({ min: -3600_000, max: 3600_000 }),
  }),
  fc.record({
    kind: fc.constant('edit' as const),
    what: fc.constantFrom('label', 'no holder', 'holder', 'garbage', 'delete'),
    at,
  }),
);

class World {
  readonly #clock = new ManualClock();
  readonly #server = new LeaseServer();
  /** All that ever were: a killed one is not told that it is dead. */
  readonly #all: Replica[] = [];
  readonly #present: Replica[];
  readonly problems: string[] = [];

  constructor() {
    this.#present = Array.from({ length: REPLICAS }, () => this.#join());
  }

  async meet(trouble: Trouble): Promise<void> {
    switch (trouble.kind) {
      case 'time':
        await this.#pass(trouble.ms, trouble.stepMs);
        break;
      case 'network':
        Object.assign(this.#at(trouble.at).network, trouble.network);
        break;
      case 'wall clock':
        this.#at(trouble.at).wallOffMs += trouble.ms;
        break;
      case 'edit':
        this.#edit(trouble.what, this.#at(trouble.at).identity);
        break;
      case 'heal':
        this.#heal(this.#at(trouble.at));
        break;
      case 'stall':
      case 'resume':
        this.#at(trouble.at)[trouble.kind]();
        break;
      case 'restart':
      case 'kill':
        this.#leave(trouble.at, trouble.kind);
    }
    await this.#pass(0, 1);
  }

  /** Ends all trouble; resolves with who leads then. */
  async calm(): Promise<string[]> {
    for (const replica of this.#present) {
      replica.resume();
      this.#heal(replica);
    }
    await this.#pass(2 * LEASE_MS + 2 * GARBAGE_SECONDS * 1000, 500);
    return this.#leaders().map(({ identity }) => identity);
  }

  get holder(): string | undefined {
    return this.#server.holder;
  }

  async #pass(ms: number, stepMs: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await pass(this.#clock, Math.min(left, stepMs), stepMs);
      this.#check();
    }
    await pass(this.#clock, 0);
    this.#check();
  }

  #at(index: number): Replica {
    return this.#present[index]!;
  }

  #join(): Replica {
    const replica = new Replica(this.#server, this.#clock, `replica ${this.#all.length}`);
    const { lead } = replica;
    replica.lead = (term) => {
      this.#check();
      return lead(term);
    };
    replica.wallOffMs = this.#all.length;
    this.#all.push(replica);
    return replica.start();
  }

  #leave(index: number, how: 'restart' | 'kill'): void {
    if (!this.#server.lease) return; // for the same reason
    const replica = this.#at(index);
    if (how === 'restart') replica.stop();
    else {
      replica.stall();
      replica.cut();
    }
    this.#present[index] = this.#join();
  }

  #heal(replica: Replica): void {
    Object.assign(replica.network, { thereMs: 0, backMs: 0, loses: 'nothing', refuses: undefined });
  }

  #edit(what: (Trouble & { kind: 'edit' })['what'], identity: string): void {
    const { spec } = this.#server.lease ?? {};
    if (what === 'label') this.#server.edit(spec, { edited: identity });
    if (what === 'no holder') this.#server.edit({ ...spec, holderIdentity: '' });
    if (what === 'holder') this.#server.edit({ ...spec, holderIdentity: identity });
    if (what === 'garbage') {
      this.#server.edit({
        leaseTransitions: 2 ** 31 - 1,
        leaseDurationSeconds: GARBAGE_SECONDS,
        renewTime: 'now',
      });
    }
    // Who comes for the first time after that would take it for the first start ever.
    if (what === 'delete' && this.#present.every(({ election }) => election.isKnown)) this.#server.delete();
  }

  #leaders(): Replica[] {
    return this.#all.filter(({ election }) => election.isLeader);
  }

  #check(): void {
    const leaders = this.#leaders().map(({ identity }) => identity);
    if (leaders.length > 1) this.problems.push(`${this.#clock.now()} ms: ${leaders.join(' and ')} lead`);
  }
}

describe('LeaderElection, whatever happens', () => {
  it('has at most one leader, and one again when the trouble is over', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { maxLength: 60, size: 'max' }), async (troubles) => {
        const world = new World();
        for (const each of troubles) await world.meet(each);
        const leaders = await world.calm();
        expect(world.problems).to.deep.equal([]);
        expect(leaders).to.deep.equal([world.holder]);
      }),
      { numRuns: Number(process.env.ELECTION_RUNS ?? 150) },
    );
  });
});
