import { expect } from 'chai';
import fc from 'fast-check';
import { ObjectCache } from './cache.js';
import { ManualClock, MemoryLog, thing, type Thing } from './harness.test.js';
import { type Observation, ReadYourWrites } from './read-your-writes.js';

/** One version of an object, or its deletion, in the order of the server. */
interface Entry {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: Thing;
}

interface Request {
  verb: 'write' | 'delete' | 'read';
  observation: Observation;
  shownUid: string | undefined;
  /** What the server did, once it did: the length of the history then, and the answer. */
  served?: { at: number; answer: Thing | undefined; deleted: string | undefined };
}

/** An API server with one name in it, others who write there, a watch that lags, and requests under way. */
class World {
  readonly history: Entry[] = [];
  stored: Thing | undefined;
  delivered = 0;
  list: { snapshot: Thing | undefined; at: number } | 'begun' | undefined;
  readonly requests: Request[] = [];
  /** The shown state must not be older than this place in the history. */
  acknowledged = 0;
  wantsList = false;
  readonly clock = new ManualClock();
  readonly cache = new ObjectCache<Thing>({ log: new MemoryLog() });
  readonly subject = new ReadYourWrites<Thing>({
    cache: this.cache,
    clock: this.clock,
    relist: () => (this.wantsList = true),
  });
  #uids = 0;

  write(): void {
    const uid = this.stored?.metadata.uid ?? `uid-${++this.#uids}`;
    const type = this.stored ? 'MODIFIED' : 'ADDED';
    this.stored = thing('x', this.#opaque(), { uid });
    this.history.push({ type, object: this.stored });
  }

  delete(): string | undefined {
    const uid = this.stored?.metadata.uid;
    if (uid !== undefined)
      this.history.push({ type: 'DELETED', object: thing('x', this.#opaque(), { uid }) });
    this.stored = undefined;
    return uid;
  }

  deliver(): void {
    const entry = this.list === undefined ? this.history[this.delivered] : undefined;
    if (!entry) return;
    this.delivered++;
    this.subject.apply(entry.type, structuredClone(entry.object));
  }

  /** The watch tells again of what it told already: the last event, or any deletion. */
  repeat(index: number): void {
    if (this.list !== undefined || this.delivered === 0) return;
    const past = this.history.slice(0, this.delivered);
    const repeatable = past.filter((entry, at) => entry.type === 'DELETED' || at === past.length - 1);
    const entry = repeatable[index % repeatable.length];
    if (entry) this.subject.apply(entry.type, structuredClone(entry.object));
  }

  stepList(): void {
    if (this.list === undefined) {
      this.subject.listBegins();
      this.list = 'begun';
    } else if (this.list === 'begun') {
      this.list = { snapshot: this.stored, at: this.history.length };
    } else {
      const { snapshot, at } = this.list;
      this.list = undefined;
      this.delivered = at;
      this.subject.replace(snapshot ? [structuredClone(snapshot)] : []);
    }
  }

  begin(verb: Request['verb']): void {
    if (verb !== 'read' && this.requests.some((other) => other.verb !== 'read')) return; // the store's lock
    const shownUid = this.cache.get('x')?.metadata.uid;
    this.requests.push({ verb, shownUid, observation: this.subject.begin('x') });
  }

  serve(index: number): void {
    const request = this.requests[index % Math.max(1, this.requests.length)];
    if (!request || request.served) return;
    let deleted: string | undefined;
    if (request.verb === 'write') this.write();
    if (request.verb === 'delete') deleted = this.delete();
    request.served = { at: this.history.length, answer: this.stored, deleted };
  }

  answer(index: number): void {
    const request = this.requests[index % Math.max(1, this.requests.length)];
    if (!request?.served) return;
    this.requests.splice(this.requests.indexOf(request), 1);
    const { verb, observation, shownUid, served } = request;
    if (verb !== 'read' || !observation.isAmbiguous) {
      if (served.answer) this.subject.stored(observation, structuredClone(served.answer));
      else this.subject.gone(observation, shownUid);
    }
    this.subject.end(observation);
    // A deletion of an object that the cache had never shown cannot be acknowledged: it is not known which it was.
    if (verb === 'write' || (served.deleted !== undefined && served.deleted === shownUid)) {
      this.acknowledged = Math.max(this.acknowledged, served.at);
    }
  }

  /** The newest place in the history at which the state was as shown. */
  shownAt(): number {
    const shown = this.cache.get('x');
    const isShown = ({ type, object }: Entry): boolean =>
      shown ? object.metadata.resourceVersion === shown.metadata.resourceVersion : type === 'DELETED';
    return this.history.findLastIndex(isShown) + 1;
  }

  /** A version from which nobody can read an order. */
  #opaque(): string {
    return String((this.history.length * 7919 + 13) % 10_007);
  }
}

describe('ReadYourWrites', () => {
  it('wants a listed object kept once only', () => {
    const cache = new ObjectCache<Thing>({ log: new MemoryLog() });
    const subject = new ReadYourWrites<Thing>({ cache, relist: () => undefined });
    subject.apply('ADDED', thing('a', '1'));
    expect(subject.listed(thing('a', '1'))).to.equal(cache.get('a'));
    const newer = thing('a', '2');
    expect(subject.listed(newer)).to.equal(newer);
  });

  it('never shows less than was answered, and ends up with the truth, whatever comes in which order', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant((world: World) => world.deliver()) },
      { weight: 1, arbitrary: fc.nat(3).map((index) => (world: World) => world.repeat(index)) },
      { weight: 2, arbitrary: fc.constant((world: World) => world.write()) },
      { weight: 1, arbitrary: fc.constant((world: World) => void world.delete()) },
      { weight: 2, arbitrary: fc.constant((world: World) => world.stepList()) },
      {
        weight: 4,
        arbitrary: fc.constantFrom('write', 'write', 'delete', 'read').map((verb) => (world: World) => {
          world.begin(verb);
        }),
      },
      { weight: 4, arbitrary: fc.nat(2).map((index) => (world: World) => world.serve(index)) },
      { weight: 4, arbitrary: fc.nat(2).map((index) => (world: World) => world.answer(index)) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const world = new World();
        for (const one of steps) {
          one(world);
          expect(world.shownAt(), 'shown').to.be.at.least(world.acknowledged);
        }
        while (world.requests.length > 0) {
          world.serve(0);
          world.answer(0);
        }
        while (world.list !== undefined) world.stepList();
        while (world.delivered < world.history.length) world.deliver();
        world.clock.advance(10_000);
        if (world.wantsList) for (let i = 0; i < 3; i++) world.stepList();
        expect(world.cache.get('x')).to.deep.equal(world.stored);
        world.clock.advance(20_000);
        expect(world.clock.pending, 'timers left').to.deep.equal([]);
        world.subject.stop();
      }),
      { numRuns: 2000 },
    );
  });
});
