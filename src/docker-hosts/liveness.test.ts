import { expect } from 'chai';
import { KubeError } from '../sdk/kube/errors.js';
import type { KubeObject } from '../sdk/kube/types.js';
import type { LeaderTerm } from '../sdk/index.js';
import { NotLeaderError } from '../sdk/runtime/leader-term.js';
import { MemoryLog, settle } from '../sdk/runtime/harness.test.js';
import { type Fleet, free, hostOf, leaseOf, makeFleet } from './harness.test.js';
import { followHosts } from './liveness.js';

const LOST = 'it has not given a sign of life since 1970-01-01T00:00:00Z: does its agent run?';

/** One who leads, and what it does beside its writes. */
class Leader implements LeaderTerm {
  readonly told: string[] = [];
  readonly woken: string[] = [];
  readonly log = new MemoryLog();
  readonly #ending = new AbortController();
  readonly running: Promise<void>;
  isLeading = true;

  constructor({ docker }: Fleet) {
    this.running = followHosts(docker, this, this.log);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  assertLeading = (): void => {
    if (!this.isLeading) throw new NotLeaderError('over');
  };
  event = ({ metadata }: KubeObject, { type, reason, message }: Parameters<LeaderTerm['event']>[1]): void =>
    void this.told.push(`${metadata.name} ${type} ${reason}: ${message}`);
  wake = (instance: string): void => void this.woken.push(instance);

  async end(): Promise<void> {
    this.#ending.abort(new Error('stop'));
    await this.running;
  }
}

describe('the liveness of Docker hosts', () => {
  let fleet: Fleet;
  let leader: Leader;
  const lead = async (made: Fleet): Promise<void> => {
    fleet = made;
    leader = new Leader(fleet);
    await settle();
  };
  afterEach(() => leader.end());

  const status = (name = 'a') => fleet.hosts.get(name)?.status;
  const alive = (name = 'a') => status(name)?.conditions?.find(({ type }) => type === 'Alive');
  const beat = async (name = 'a'): Promise<void> => {
    fleet.leases.put(leaseOf(name, fleet.clock.now()));
    await settle();
  };
  const pass = async (ms: number): Promise<void> => {
    fleet.clock.advance(ms);
    await settle();
  };

  it('is told of each host at the start of a term, and of one that comes later', async () => {
    const made = makeFleet(hostOf('a'));
    made.hosts.put(hostOf('b'));
    await lead(made);
    expect(status()).to.deep.equal({
      observedGeneration: 1,
      conditions: [
        {
          type: 'Alive',
          status: 'True',
          reason: 'Heartbeat',
          message: 'its agent gives signs of life',
          lastTransitionTime: '1970-01-01T00:00:00Z',
          observedGeneration: 1,
        },
      ],
      instanceCount: 0,
    });
    expect(alive('b')).to.include({
      status: 'False',
      reason: 'NoHeartbeat',
      message: 'it has never given a sign of life: does its agent run?',
    });
    made.hosts.put(hostOf('c'));
    await settle();
    expect(alive('c')?.status).to.equal('False');
    await beat('c');
    expect(alive('c')?.status).to.equal('True');
    expect(leader.told).to.deep.equal([
      'a Normal HostAlive: its agent gives signs of life',
      'c Normal HostAlive: its agent gives signs of life',
    ]);
  });

  it('is written once per change, with an Event, and the instances of the host are woken', async () => {
    const made = makeFleet(hostOf('a'), hostOf('b', { keepaliveSeconds: 3600 }));
    await made.docker.allocate('a', 'i', [], free);
    await made.docker.allocate('a', 'j', [], free);
    await made.docker.allocate('b', 'k', [], free);
    await lead(made);
    leader.told.length = leader.woken.length = fleet.hosts.requests.length = 0;
    await pass(29_999);
    expect(fleet.hosts.requests).to.deep.equal([]);
    await pass(1);
    await pass(3_600_000);
    expect(alive()).to.include({
      status: 'False',
      message: LOST,
      lastTransitionTime: '1970-01-01T00:00:30Z',
    });
    await beat();
    expect(alive()).to.include({ status: 'True', lastTransitionTime: '1970-01-01T01:00:30Z' });
    expect(leader.told).to.deep.equal([
      `a Warning HostLost: ${LOST}`,
      'a Normal HostAlive: its agent gives signs of life',
    ]);
    expect(leader.woken).to.deep.equal(['i', 'j', 'i', 'j']);
    expect(fleet.hosts.requests).to.deep.equal(['replaceStatus a', 'replaceStatus a']);
    expect(status()?.instances).to.deep.equal([{ name: 'i' }, { name: 'j' }]);
  });

  it('costs no write while signs of life come, and no timer but one for each host', async () => {
    await lead(makeFleet(hostOf('a'), hostOf('b')));
    fleet.hosts.requests.length = 0;
    for (let beats = 0; beats < 20; beats++) {
      await pass(10_000);
      await Promise.all([beat('a'), beat('b')]);
      expect(fleet.clock.pending).to.have.length(2);
    }
    expect(fleet.hosts.requests).to.deep.equal([]);
  });

  it('waits for nothing but a sign of life once a host is lost', async () => {
    await lead(makeFleet(hostOf('a')));
    await pass(30_000);
    expect(fleet.clock.pending).to.deep.equal([]);
  });

  it('tells of a new spec, by its generation', async () => {
    await lead(makeFleet(hostOf('a')));
    const host = fleet.hosts.get('a')!;
    fleet.hosts.put({
      ...host,
      metadata: { ...host.metadata, generation: 2 },
      spec: { ...host.spec, keepaliveSeconds: 1 },
    });
    await settle();
    expect([status()?.observedGeneration, alive()?.observedGeneration]).to.deep.equal([2, 2]);
    await pass(3000);
    expect(alive()?.status).to.equal('False');
  });

  it('tells nothing anew that the leader before told', async () => {
    await lead(makeFleet(hostOf('a'), hostOf('b')));
    await leader.end();
    fleet.hosts.requests.length = 0;
    await lead(fleet);
    expect(fleet.hosts.requests).to.deep.equal([]);
    expect(leader.told).to.deep.equal([]);
  });

  it('leaves alone what is written into the status at the same time', async () => {
    const made = makeFleet(hostOf('a', { ports: { min: 100, max: 200 } }));
    const instances = [{ name: 'i', ports: [{ container: '1/tcp', host: 100 }] }];
    const other = {
      type: 'Other',
      status: 'True' as const,
      reason: 'Reason',
      message: 'of others',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    };
    made.hosts.overtake = (name) => {
      made.hosts.overtake = () => undefined;
      made.hosts.put({ ...made.hosts.get(name)!, status: { instances, conditions: [other] } });
    };
    await lead(made);
    expect(status()?.instances).to.deep.equal(instances);
    expect(status()?.instanceCount).to.equal(1);
    expect(status()?.conditions?.map(({ type }) => type)).to.deep.equal(['Other', 'Alive']);
    expect(leader.woken).to.deep.equal(['i']);
    expect(leader.log.lines).to.deep.equal([]);
  });

  it('is tried again later when the API server fails, and is told then', async () => {
    const made = makeFleet(hostOf('a'));
    const { replaceStatus } = made.hosts;
    made.hosts.replaceStatus = () => Promise.reject(new KubeError('replace status: 500', { status: 500 }));
    await lead(made);
    expect(alive()).to.be.undefined;
    expect(leader.told).to.deep.equal([]);
    expect(leader.log.at('warn')).to.have.length(1);
    made.hosts.replaceStatus = replaceStatus;
    await pass(1000);
    expect(alive()?.status).to.equal('True');
    expect(leader.told).to.have.length(1);
  });

  it('is tried again soon after a failure that follows a success, however many there were before', async () => {
    const made = makeFleet(hostOf('a'));
    const { replaceStatus } = made.hosts;
    const failing = () => Promise.reject(new KubeError('replace status: 500', { status: 500 }));
    made.hosts.replaceStatus = failing;
    await lead(made);
    const first = fleet.clock.pending[0]!;
    for (let failures = 0; failures < 6; failures++) await pass(fleet.clock.pending[0]!);
    expect(fleet.clock.pending[0]).to.be.above(2 * first);
    made.hosts.replaceStatus = replaceStatus;
    await pass(fleet.clock.pending[0]!);
    made.hosts.replaceStatus = failing;
    await pass(30_000);
    expect(fleet.clock.pending[0]).to.be.at.most(2 * first);
  });

  it('is followed for as long as the term, and no longer', async () => {
    const made = makeFleet(hostOf('a'));
    let listeners = 0;
    for (const store of [made.hosts, made.leases]) {
      const { onChange } = store;
      store.onChange = (listener: Parameters<typeof onChange>[0]) => {
        const end = onChange(listener as never);
        listeners++;
        return () => {
          listeners--;
          end();
        };
      };
    }
    await lead(made);
    expect(listeners).to.equal(2);
    await leader.end();
    expect(listeners).to.equal(0);
  });

  it('is not told of a host that is gone', async () => {
    await lead(makeFleet(hostOf('a')));
    fleet.hosts.requests.length = 0;
    fleet.hosts.remove('a');
    await beat();
    await pass(60_000);
    expect(fleet.hosts.requests).to.deep.equal([]);
    expect(fleet.clock.pending).to.deep.equal([]);
  });

  it('is nothing that a replica tells that may not lead any more', async () => {
    await lead(makeFleet(hostOf('a')));
    leader.isLeading = false;
    await pass(30_000);
    expect(alive()?.status).to.equal('True');
    expect(leader.told).to.have.length(1);
  });

  it('ends with the signal, and with what is on its way', async () => {
    const made = makeFleet(hostOf('a'));
    let answer = (): void => undefined;
    const { replaceStatus } = made.hosts;
    made.hosts.replaceStatus = async (host) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return replaceStatus(host);
    };
    await lead(made);
    let hasEnded = false;
    const ending = leader.end().then(() => (hasEnded = true));
    await settle();
    expect(hasEnded).to.be.false;
    answer();
    await ending;
    expect(alive()?.status).to.equal('True');
    fleet.hosts.requests.length = 0;
    await pass(60_000);
    expect(fleet.hosts.requests).to.deep.equal([]);
    expect(fleet.clock.pending).to.deep.equal([]);
  });
});
