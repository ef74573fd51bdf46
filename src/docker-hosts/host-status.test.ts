import { expect } from 'chai';
import { KubeError } from '../sdk/kube/errors.js';
import type { DockerHost } from '../sdk/resources/kinds.js';
import { changeStatus } from './host-status.js';
import { free, hostOf, VersionedStore } from './harness.test.js';

describe("the change of a host's status", () => {
  let hosts: VersionedStore<DockerHost>;
  beforeEach(() => {
    hosts = new VersionedStore<DockerHost>();
    hosts.put({ ...hostOf('a'), status: { instanceCount: 1 } });
  });
  const increment = () =>
    changeStatus(hosts, 'a', ({ status }) => ({ instanceCount: (status?.instanceCount ?? 0) + 1 }), free);

  it('is made of the newest version, however often somebody else is faster', async () => {
    let others = 3;
    hosts.overtake = () => {
      const { status } = hosts.get('a')!;
      if (others-- > 0)
        hosts.put({ ...hosts.get('a')!, status: { instanceCount: status!.instanceCount! + 1 } });
    };
    const change = await increment();
    expect(hosts.get('a')?.status?.instanceCount).to.equal(5);
    expect(change?.before.status?.instanceCount).to.equal(4);
    expect(change?.after).to.equal(hosts.get('a'));
  });

  it('is none where the status is as wanted', async () => {
    const host = hosts.get('a')!;
    for (const status of [{ instanceCount: 1 }, undefined]) {
      const change = await changeStatus(hosts, 'a', () => status, free);
      expect(change).to.deep.equal({ before: host, after: host });
    }
    expect(hosts.requests).to.deep.equal([]);
  });

  it('is none where the host is gone, or goes', async () => {
    expect(await changeStatus(hosts, 'b', () => ({}), free)).to.be.undefined;
    hosts.overtake = (name) => hosts.remove(name);
    expect(await increment()).to.be.undefined;
    expect(hosts.requests).to.deep.equal(['replaceStatus a', 'read a']);
  });

  it('hands on every other failure, and what the function throws', async () => {
    hosts.replaceStatus = () => Promise.reject(new KubeError('replace: 403', { status: 403 }));
    expect(await increment().catch(String)).to.equal('KubeError: replace: 403');
    const refuse = (): never => {
      throw new RangeError('full');
    };
    expect(await changeStatus(hosts, 'a', refuse, free).catch(String)).to.equal('RangeError: full');
  });
});
