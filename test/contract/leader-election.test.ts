// Replicas that stand for a real Lease: one leads, and another one goes on when it stops or dies.
import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { ResourceClient } from '../../src/sdk/kube/types.js';
import { LeaderElection } from '../../src/sdk/runtime/leader-election.js';
import { NotLeaderError, type Term } from '../../src/sdk/runtime/leader-term.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import { faultsOf, openCluster, type TestCluster } from '../support/cluster.js';
import { edit } from '../support/kube.js';
import { type Proxy, startProxy } from '../support/proxy.js';

/** Long enough that nobody takes over for being slow. */
const LONG = 60;
const SHORT = 3;

/** What is told, in order, and who waits for it. */
class Story {
  readonly #emitter = new EventEmitter();
  readonly told: string[] = [];

  tell(what: string): void {
    this.told.push(what);
    this.#emitter.emit('told');
  }

  async until(isEnough: (told: readonly string[]) => boolean): Promise<void> {
    while (!isEnough(this.told)) await once(this.#emitter, 'told');
  }

  tells(what: string, times = 1): Promise<void> {
    return this.until((told) => told.filter((each) => each === what).length >= times);
  }
}

/** One process with a connection of its own, that can be cut. */
class Replica {
  readonly requests = new Story();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  term: Term | undefined;

  private constructor(
    readonly name: string,
    readonly election: LeaderElection,
    readonly config: ClusterConfig,
    readonly proxy: Proxy,
  ) {}

  static async open(
    cluster: TestCluster,
    name: string,
    of: { lease: string; seconds: number },
  ): Promise<Replica> {
    const proxy = await startProxy(cluster, (exchange) => {
      replica.requests.tell(exchange.what);
      return exchange.forward();
    });
    const config = proxy.cluster.config();
    const election = new LeaderElection({
      client: createResourceClient<Lease>(config, LEASES, cluster.namespace),
      name: of.lease,
      identity: name,
      leaseSeconds: of.seconds,
      log: createLog({ level: 'error', format: 'json' }),
    });
    const replica = new Replica(name, election, config, proxy);
    return replica;
  }

  start(story: Story, others: () => Replica[] = () => []): void {
    this.#running = this.election.run(this.#stopping.signal, async (term) => {
      this.term = term;
      story.tell(`${this.name} leads`);
      for (const other of others()) {
        if (other !== this && other.election.isLeader) story.tell(`${this.name} and ${other.name} lead`);
      }
      await once(term.signal, 'abort');
      story.tell(`${this.name} ends`);
      await new Promise((resolve) => setImmediate(resolve));
      story.tell(`${this.name} has ended`);
    });
  }

  stop(): Promise<void> {
    this.#stopping.abort(new Error('stop'));
    return this.#running;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.stop();
    await this.config.close();
  }
}

describe('leader election on a Lease', function () {
  this.timeout(60_000);
  let cluster: TestCluster;
  let config: ClusterConfig;
  let leases: ResourceClient<Lease>;
  let lease: string;
  let story: Story;
  let replicas: Replica[];
  let count = 0;

  before(async () => {
    cluster = await openCluster();
    config = cluster.config();
    leases = createResourceClient<Lease>(config, LEASES, cluster.namespace);
  });

  after(async () => {
    await config.close();
    await cluster.close();
  });

  beforeEach(() => {
    lease = `lease-${++count}`;
    story = new Story();
    replicas = [];
  });

  afterEach(() => Promise.all(replicas.map((replica) => replica.close())));

  async function replica(name: string, seconds: number): Promise<Replica> {
    const made = await Replica.open(cluster, name, { lease, seconds });
    replicas.push(made);
    made.start(story, () => replicas);
    return made;
  }

  /** One that leads, and one that watches it. */
  async function pair(seconds: number): Promise<{ a: Replica; b: Replica }> {
    const a = await replica('a', seconds);
    await story.tells('a leads');
    const b = await replica('b', seconds);
    await b.requests.tells('watch leases');
    return { a, b };
  }

  const spec = async () => (await leases.get(lease))?.spec ?? {};

  it('hands over at once when the leader stops, once its work has ended', async () => {
    const { a } = await pair(LONG);
    expect(await spec()).to.include({ holderIdentity: 'a', leaseDurationSeconds: LONG, leaseTransitions: 0 });
    await a.stop();
    await story.tells('b leads');
    expect(story.told).to.deep.equal(['a leads', 'a ends', 'a has ended', 'b leads']);
    expect(await spec()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('is left free by the last one, for the next one to take without waiting', async () => {
    const { a, b } = await pair(LONG);
    await b.stop();
    await a.stop();
    expect(await spec()).to.deep.equal({
      holderIdentity: '',
      leaseDurationSeconds: LONG,
      leaseTransitions: 0,
    });
    await replica('c', LONG);
    await story.tells('c leads');
  });

  it('goes to another when the leader dies, who may write nothing by then', async () => {
    const { a, b } = await pair(SHORT);
    await a.proxy.close();
    await story.tells('b leads');
    expect(a.election.isLeader).to.equal(false);
    expect(() => a.term?.assert()).to.throw(NotLeaderError);
    expect(() => b.term?.assert()).to.not.throw();
    expect(story.told.slice(0, 2)).to.deep.equal(['a leads', 'a ends']);
    expect(await spec()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('is had by one of many, and by all of them in turn as each one stops', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => replica(name, LONG)));
    for (let led = 1; led <= names.length; led++) {
      await story.until((told) => told.filter((each) => each.endsWith(' leads')).length === led);
      await replicas.find(({ election }) => election.isLeader)?.stop();
    }
    const leads = story.told.filter((each) => each.includes('lead'));
    expect([...leads].sort()).to.deep.equal(names.map((name) => `${name} leads`));
  });

  it('costs a leader its renewals, and a follower a watch', async () => {
    const { a, b } = await pair(SHORT);
    await a.requests.tells('update leases', 8);
    expect(a.requests.told.filter((what) => what !== 'update leases')).to.deep.equal([
      'get leases',
      'create leases',
    ]);
    expect(b.requests.told).to.deep.equal(['get leases', 'list leases', 'watch leases']);
  });

  for (const [what, disturb] of [
    ['is deleted', () => leases.delete(lease)],
    ['is given to somebody else', () => editLease({ holderIdentity: 'nobody' })],
    ['loses its holder', () => editLease({ holderIdentity: '' })],
  ] as const) {
    it(`has one leader again when it ${what} by hand`, async () => {
      const { a } = await pair(SHORT);
      await disturb();
      await story.tells('a ends');
      await story.until((told) => told.filter((each) => each.endsWith(' leads')).length === 2);
      expect(story.told.filter((each) => each.includes(' and '))).to.deep.equal([]);
      expect(replicas.find(({ election }) => election.isLeader)?.name).to.equal(
        (await spec()).holderIdentity,
      );
      expect(a.election.isKnown).to.equal(true);
    });
  }

  it('stays where it is when it is labelled by hand, and when the API server restarts', async function () {
    faultsOf(cluster, this);
    const { a, b } = await pair(15);
    await editLease({}, { edited: 'yes' });
    await cluster.local?.restart();
    await a.requests.tells('update leases');
    expect(a.election.isLeader).to.equal(true);
    await a.stop();
    await story.tells('b leads');
    expect(b.election.isKnown).to.equal(true);
  });

  async function editLease(change: Lease['spec'], labels: Record<string, string> = {}): Promise<void> {
    await edit(leases, lease, (found) => ({
      ...found,
      metadata: { ...found.metadata, labels },
      spec: { ...found.spec, ...change },
    }));
  }
});
