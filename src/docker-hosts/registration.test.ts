import { expect } from 'chai';
import { KubeError } from '../sdk/kube/errors.js';
import type { Lease } from '../sdk/kube/lease.js';
import type { DockerHost } from '../sdk/resources/kinds.js';
import { hostOf, VersionedStore } from './harness.test.js';
import { beat, CORDONED_BY_AGENT, register, type Registration, type Registry } from './registration.js';

const SAID: Registration = {
  name: 'a',
  engine: 'tcp://10.0.0.7:2376',
  serviceHost: 'a.example.org',
  ports: { min: 49156, max: 49999 },
  perfFactor: 1.22,
  schedulable: true,
  keepaliveSeconds: 60,
};
const { name: _, ...SPEC } = SAID;

describe('the registration of a Docker host', () => {
  let hosts: VersionedStore<DockerHost>;
  beforeEach(() => {
    hosts = new VersionedStore<DockerHost>();
  });
  const spec = () => hosts.get('a')?.spec;
  const says = (more: Partial<Registration> = {}): Promise<void> => register(hosts, { ...SAID, ...more });
  const kubectl = (change: Partial<DockerHost['spec']>): void => {
    const host = hosts.get('a')!;
    hosts.put({ ...host, spec: { ...host.spec, ...change } });
  };

  it('makes the DockerHost, and writes nothing when it is said again', async () => {
    await says();
    await says();
    expect(hosts.writes()).to.deep.equal(['create a']);
    expect(spec()).to.deep.equal(SPEC);
    expect(hosts.get('a')).to.include({ apiVersion: 'sdkbroker.broker.io/v1alpha1', kind: 'DockerHost' });
  });

  it('writes what is said otherwise, and leaves the status and what others put beside it', async () => {
    await says();
    const made = hosts.get('a')!;
    hosts.put({
      ...made,
      metadata: { ...made.metadata, labels: { rack: '7' }, annotations: { note: 'loud' } },
      status: { instances: [{ name: 'i' }], instanceCount: 1 },
    });
    const { ports: _, ...changed } = { ...SAID, engine: 'tcp://10.0.0.8:2376', perfFactor: 2 };
    await register(hosts, changed);
    const { name, ...others } = changed;
    expect(spec()).to.deep.equal(others);
    expect(hosts.get(name)?.metadata).to.deep.include({
      labels: { rack: '7' },
      annotations: { note: 'loud' },
    });
    expect(hosts.get(name)?.status).to.deep.equal({ instances: [{ name: 'i' }], instanceCount: 1 });
    expect(hosts.writes()).to.deep.equal(['create a', 'replace a']);
  });

  it('keeps the TLS material, unless it names another', async () => {
    await says({ tlsSecret: 'docker-host-tls-a' });
    await says();
    expect(spec()?.tls).to.deep.equal({ secretRef: { name: 'docker-host-tls-a' } });
    kubectl({ tls: { secretRef: { name: 'mine' } } });
    await says();
    expect(spec()?.tls).to.deep.equal({ secretRef: { name: 'mine' } });
    await says({ tlsSecret: 'theirs' });
    expect(spec()?.tls).to.deep.equal({ secretRef: { name: 'theirs' } });
  });

  it('cordons and uncordons as the agent says', async () => {
    await says({ schedulable: false });
    expect(spec()?.schedulable).to.be.false;
    expect(hosts.get('a')?.metadata.annotations).to.deep.equal({ [CORDONED_BY_AGENT]: 'true' });
    await says();
    expect(spec()?.schedulable).to.be.true;
    expect(hosts.get('a')?.metadata).to.not.have.property('annotations');
    await says({ schedulable: false });
    expect(spec()?.schedulable).to.be.false;
  });

  it('leaves an operator alone who cordons, and who ends it, until the agent changes its mind', async () => {
    await says();
    kubectl({ schedulable: false });
    await says();
    await says({ perfFactor: 3 });
    expect(spec()).to.deep.include({ schedulable: false, perfFactor: 3 });
    await says({ schedulable: false });
    kubectl({ schedulable: true });
    await says({ schedulable: false });
    expect(spec()?.schedulable).to.be.true;
  });

  it('leaves a DockerHost cordoned that was made so with kubectl before its agent came', async () => {
    hosts.put(hostOf('a', { schedulable: false }));
    await says();
    expect(spec()).to.deep.equal({ ...SPEC, schedulable: false });
  });

  it('cordons a DockerHost that was made with kubectl where the agent says so from the start', async () => {
    hosts.put(hostOf('a', { schedulable: true }));
    await says({ schedulable: false });
    expect(spec()?.schedulable).to.be.false;
  });

  it('comes to the same where somebody else is faster: to make it, to change it, to remove it', async () => {
    const once = (fn: () => void) => () => {
      hosts.overtake = () => undefined;
      fn();
    };
    hosts.overtake = once(() => hosts.put(hostOf('a', { schedulable: false })));
    await says();
    expect(spec()).to.deep.equal({ ...SPEC, schedulable: false });
    hosts.overtake = once(() => kubectl({ tls: { secretRef: { name: 'mine' } }, schedulable: true }));
    await says({ perfFactor: 5 });
    const changed = { ...SPEC, perfFactor: 5, tls: { secretRef: { name: 'mine' } } };
    expect(spec()).to.deep.equal(changed);
    hosts.overtake = once(() => hosts.remove('a'));
    await says();
    expect(spec()).to.deep.equal(SPEC);
  });

  it('fails where there is no place for a DockerHost', async () => {
    const nowhere: Registry<DockerHost> = {
      get: () => undefined,
      create: () => Promise.reject(new KubeError('create: 404', { status: 404, reason: 'NotFound' })),
      replace: () => Promise.reject(new Error('nothing to replace')),
    };
    expect(await register(nowhere, SAID).catch(String)).to.equal('KubeError: create: 404');
  });
});

describe('a sign of life', () => {
  let leases: VersionedStore<Lease>;
  beforeEach(() => {
    leases = new VersionedStore<Lease>();
  });
  const lease = () => leases.get('docker-host-a');
  const beats = (now: number, holder = 'agent', keepaliveSeconds = 20): Promise<void> =>
    beat(leases, { host: 'a', holder, keepaliveSeconds }, now);

  it('makes the Lease with its label, and renews it from then on', async () => {
    await beats(1000);
    expect(lease()).to.deep.include({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
    expect(lease()?.metadata.labels).to.deep.equal({ 'sdkbroker.broker.io/lease': 'docker-host' });
    const first = {
      holderIdentity: 'agent',
      leaseDurationSeconds: 60,
      acquireTime: '1970-01-01T00:00:01.000000Z',
      renewTime: '1970-01-01T00:00:01.000000Z',
      leaseTransitions: 0,
    };
    expect(lease()?.spec).to.deep.equal(first);
    await beats(2500, 'agent', 10);
    expect(lease()?.spec).to.deep.equal({
      ...first,
      leaseDurationSeconds: 30,
      renewTime: '1970-01-01T00:00:02.500000Z',
    });
    expect(leases.requests).to.deep.equal(['create docker-host-a', 'replace docker-host-a']);
  });

  it('counts who gives it', async () => {
    await beats(1000);
    await beats(2000, 'another agent');
    expect(lease()?.spec).to.deep.include({
      holderIdentity: 'another agent',
      acquireTime: '1970-01-01T00:00:02.000000Z',
      leaseTransitions: 1,
    });
  });

  it('mends a Lease that was edited', async () => {
    leases.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'docker-host-a' },
      spec: null,
    });
    await beats(1000);
    expect(lease()?.metadata.labels).to.deep.equal({ 'sdkbroker.broker.io/lease': 'docker-host' });
    expect(lease()?.spec?.renewTime).to.equal('1970-01-01T00:00:01.000000Z');
  });

  it('gets through where others write the Lease, too', async () => {
    await beats(1000);
    let others = 3;
    leases.overtake = () => {
      if (others-- > 0) leases.put({ ...lease()! });
    };
    await beats(2000);
    expect(lease()?.spec?.renewTime).to.equal('1970-01-01T00:00:02.000000Z');
  });

  it('hands on what it cannot get through', async () => {
    leases.create = () => Promise.reject(new KubeError('create: 403', { status: 403, reason: 'Forbidden' }));
    expect(await beats(1000).catch(String)).to.equal('KubeError: create: 403');
  });
});
