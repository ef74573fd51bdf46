import { expect } from 'chai';
import * as fc from 'fast-check';
import { NotLeaderError } from '../sdk/runtime/leader-term.js';
import { type Fleet, free, hostOf, makeFleet } from './harness.test.js';
import { DockerHosts, PortsExhausted } from './hosts.js';

const RANGE = { min: 100, max: 103 };

describe('DockerHosts', () => {
  it('shows hosts with the defaults of what their specs leave out', () => {
    const { docker, clock, hosts } = makeFleet(hostOf('a'), hostOf('b', { ports: RANGE, perfFactor: 1.22 }));
    hosts.put(hostOf('c', { schedulable: false }));
    clock.advance(1000);
    const view = { isAlive: true, schedulable: true, perfFactor: 1, freePorts: undefined, lost: '' };
    expect(docker.list()).to.deep.equal([
      { ...view, name: 'a', serviceHost: 'a.example.org' },
      { ...view, name: 'b', serviceHost: 'b.example.org', perfFactor: 1.22, freePorts: 3 },
      {
        ...view,
        name: 'c',
        serviceHost: 'c.example.org',
        isAlive: false,
        schedulable: false,
        lost: 'has never given a sign of life',
      },
    ]);
    expect(docker.get('b')).to.deep.equal(docker.list()[1]);
    expect(docker.get('d')).to.be.undefined;
  });

  it('chooses by what it knows of signs of life and of ports', async () => {
    const { docker, clock } = makeFleet(
      hostOf('a', { ports: RANGE }),
      hostOf('b', { perfFactor: 2, keepaliveSeconds: 60 }),
    );
    await docker.allocate('a', 'i', ['1/tcp', '2/tcp'], free);
    expect(docker.choose({ ports: 1 })).to.deep.equal({ host: 'a' });
    expect(docker.choose({ ports: 2 })).to.deep.equal({ host: 'b' });
    clock.advance(30_000);
    expect(docker.choose({ ports: 1 })).to.deep.equal({ host: 'b' });
    clock.advance(150_000);
    expect(docker.choose({ ports: 0 })).to.deep.equal({
      problem:
        'no Docker host can take the instance: a has not given a sign of life since 1970-01-01T00:00:00Z; ' +
        'b has not given a sign of life since 1970-01-01T00:00:00Z',
    });
  });

  it('gives ports in one write, and writes nothing when asked again', async () => {
    const { docker, hosts } = makeFleet(hostOf('a', { ports: RANGE }));
    const ports = await docker.allocate('a', 'i', ['1/tcp', '2/udp'], free);
    expect([...ports]).to.deep.equal([
      ['1/tcp', 100],
      ['2/udp', 101],
    ]);
    expect(await docker.allocate('a', 'i', ['1/tcp', '2/udp'], free)).to.deep.equal(ports);
    expect(hosts.writes()).to.deep.equal(['replaceStatus a']);
    expect(hosts.get('a')?.status).to.deep.equal({
      instances: [
        {
          name: 'i',
          ports: [
            { container: '1/tcp', host: 100 },
            { container: '2/udp', host: 101 },
          ],
        },
      ],
      instanceCount: 1,
    });
  });

  it('frees by the port of the host what an instance needs no more, and gives it to the next', async () => {
    const { docker } = makeFleet(hostOf('a', { ports: RANGE }));
    await docker.allocate('a', 'i', ['100/tcp', '101/tcp', '102/tcp'], free);
    // Container ports that are ports of the range, too: which of them is freed shows in what the next one gets.
    expect(await docker.allocate('a', 'i', ['102/tcp', '100/tcp'], free)).to.deep.equal(
      new Map([
        ['102/tcp', 102],
        ['100/tcp', 100],
      ]),
    );
    expect([...(await docker.allocate('a', 'j', ['102/tcp'], free)).values()]).to.deep.equal([101]);
    await docker.release('i', free);
    expect([...(await docker.allocate('a', 'k', ['1/tcp', '2/tcp'], free)).values()]).to.deep.equal([
      100, 102,
    ]);
  });

  it('writes an instance down where the engine chooses ports', async () => {
    const { docker, hosts } = makeFleet(hostOf('a'));
    expect(await docker.allocate('a', 'i', ['1/tcp'], free)).to.deep.equal(new Map());
    expect(hosts.get('a')?.status).to.deep.equal({ instances: [{ name: 'i' }], instanceCount: 1 });
  });

  it('says when ports are exhausted, and writes nothing down then', async () => {
    const { docker, hosts } = makeFleet(hostOf('a', { ports: RANGE }));
    await docker.allocate('a', 'i', ['1/tcp', '2/tcp'], free);
    const failure = await docker
      .allocate('a', 'j', ['1/tcp', '2/tcp'], free)
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(PortsExhausted);
    expect(docker.instances()).to.deep.equal(['i']);
    expect(hosts.writes()).to.have.length(1);
  });

  it('says which host is gone', async () => {
    const { docker, hosts } = makeFleet(hostOf('a'));
    const gone = 'Error: there is no DockerHost b: run brokersdk agent on it again';
    expect(await docker.allocate('b', 'i', [], free).catch(String)).to.equal(gone);
    expect(() => docker.addressOf('b')).to.throw(gone.slice('Error: '.length));
    hosts.overtake = (name) => hosts.remove(name);
    expect(await docker.allocate('a', 'i', [], free).catch(String)).to.contain('no DockerHost a');
  });

  it('releases an instance on all hosts, and is content where there is none', async () => {
    const { docker, hosts } = makeFleet(hostOf('a', { ports: RANGE }), hostOf('b'), hostOf('c'));
    await docker.allocate('a', 'i', ['1/tcp'], free);
    await docker.allocate('b', 'i', [], free);
    await docker.allocate('b', 'j', [], free);
    expect(docker.instances()).to.have.members(['i', 'j']);
    expect(['j', 'k'].map((name) => docker.hostOf(name))).to.deep.equal(['b', undefined]);
    hosts.requests.length = 0;
    await docker.release('i', free);
    await docker.release('i', free);
    expect(hosts.writes()).to.deep.equal(['replaceStatus a', 'replaceStatus b']);
    expect(hosts.get('a')?.status).to.deep.equal({ instances: [], instanceCount: 0 });
    expect(hosts.get('b')?.status).to.deep.equal({ instances: [{ name: 'j' }], instanceCount: 1 });
  });

  it('takes one write for each of many instances that come at once, and frees what is still on its way', async () => {
    const { docker, hosts } = makeFleet(hostOf('a', { ports: { min: 100, max: 200 } }));
    const names = Array.from({ length: 30 }, (_, index) => `i${index}`);
    const allocated = names.map((name) => docker.allocate('a', name, ['1/tcp'], free));
    const released = names.map((name) => docker.release(name, free));
    await Promise.all([...allocated, ...released]);
    expect(hosts.requests).to.have.length(60);
    expect(hosts.get('a')?.status).to.deep.equal({ instances: [], instanceCount: 0 });
  });

  it('keeps what others wrote into the status in between', async () => {
    const { docker, hosts } = makeFleet(hostOf('a', { ports: RANGE }));
    hosts.overtake = (name) => {
      hosts.overtake = () => undefined;
      const instances = [{ name: 'theirs', ports: [{ container: '1/tcp', host: 100 }] }];
      hosts.put({ ...hosts.get(name)!, status: { observedGeneration: 7, instances, instanceCount: 1 } });
    };
    expect([...(await docker.allocate('a', 'i', ['1/tcp'], free)).values()]).to.deep.equal([101]);
    expect(hosts.get('a')?.status).to.deep.include({ observedGeneration: 7, instanceCount: 2 });
    expect(docker.instances()).to.deep.equal(['theirs', 'i']);
  });

  it('writes nothing once this replica may not write', async () => {
    const { docker, hosts } = makeFleet(hostOf('a'));
    await docker.allocate('a', 'i', [], free);
    const guard = (): void => {
      throw new NotLeaderError('over');
    };
    expect(await docker.allocate('a', 'j', [], guard).catch(String)).to.equal('NotLeaderError: over');
    expect(await docker.release('i', guard).catch(String)).to.equal('NotLeaderError: over');
    expect(hosts.writes()).to.have.length(1);
  });

  it('gives no port twice whatever the order and whoever is faster, and has nothing left after the release', async () => {
    await fc.assert(fc.asyncProperty(fc.array(STEPS), fc.infiniteStream(fc.boolean()), run));
  });
});

const INSTANCES = ['i', 'j', 'k', 'l'];
const STEPS = fc.record({
  instance: fc.constantFrom(...INSTANCES),
  /** None: it is released. */
  ports: fc.option(fc.subarray(['1/tcp', '2/tcp', '3/udp']), { nil: undefined }),
  /** Which of two processes does it. */
  second: fc.boolean(),
  /** Whether it is waited for before the next step begins. */
  awaited: fc.boolean(),
});

type Step = typeof STEPS extends fc.Arbitrary<infer S> ? S : never;

async function run(steps: Step[], conflicts: fc.Stream<boolean>): Promise<void> {
  const fleet = makeFleet(hostOf('a', { ports: { min: 100, max: 106 } }));
  const { hosts, docker } = fleet;
  const other = new DockerHosts({ ...fleet, random: () => 0 });
  hosts.overtake = (name) => {
    if (conflicts.next().value) hosts.put({ ...hosts.get(name)! });
  };
  // What a listener throws is logged, and no more than that.
  const clashes: string[] = [];
  hosts.onChange(() => clashes.push(...clashesIn(fleet)));
  const running: Promise<void>[] = [];
  for (const { instance, ports, second, awaited } of steps) {
    const doing = doStep(second ? other : docker, instance, ports);
    running.push(doing);
    if (awaited) await doing;
  }
  await Promise.all(running);
  expect(clashes).to.deep.equal([]);
  for (const instance of INSTANCES) await docker.release(instance, free);
  const { instances = [], instanceCount = 0 } = hosts.get('a')!.status ?? {};
  expect({ instances, instanceCount }).to.deep.equal({ instances: [], instanceCount: 0 });
}

async function doStep(docker: DockerHosts, instance: string, ports: string[] | undefined): Promise<void> {
  if (!ports) return docker.release(instance, free);
  try {
    const given = await docker.allocate('a', instance, ports, free);
    expect([...given.keys()].sort()).to.deep.equal([...ports].sort());
  } catch (error) {
    if (!(error instanceof PortsExhausted)) throw error;
  }
}

function clashesIn({ hosts }: Fleet): string[] {
  const { instances = [], instanceCount = 0 } = hosts.get('a')!.status ?? {};
  const ports = instances.flatMap((entry) => (entry.ports ?? []).map(({ host }) => host));
  const isRight =
    new Set(ports).size === ports.length &&
    ports.every((port) => port >= 100 && port < 106) &&
    instanceCount === instances.length;
  return isRight ? [] : [JSON.stringify({ instances, instanceCount })];
}
