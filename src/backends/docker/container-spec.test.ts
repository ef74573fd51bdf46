import { expect } from 'chai';
import { createOptions } from './container-spec.js';

const spec = {
  name: 'i-1',
  hostname: 'i-1',
  image: 'redis:7',
  env: { MODE: 'a=b' },
  labels: { of: 'i-1' },
  ports: new Map([
    ['6379/tcp', 49157],
    ['53/udp', undefined],
  ]),
  volumes: new Map([['/data', 'i-1-0']]),
  restartPolicy: 'unless-stopped' as const,
};

describe('createOptions', () => {
  it('publishes the ports that are given, at the port that is given or one that the engine chooses', () => {
    expect(createOptions(spec)).to.deep.equal({
      name: 'i-1',
      Hostname: 'i-1',
      Image: 'redis:7',
      Env: ['MODE=a=b'],
      Labels: { of: 'i-1' },
      ExposedPorts: { '6379/tcp': {}, '53/udp': {} },
      HostConfig: {
        RestartPolicy: { Name: 'unless-stopped' },
        PortBindings: { '6379/tcp': [{ HostPort: '49157' }], '53/udp': [{ HostPort: '' }] },
        Mounts: [{ Type: 'volume', Source: 'i-1-0', Target: '/data' }],
      },
    });
  });

  it('limits memory with no swap beside it, processors and processes', () => {
    const { HostConfig, Cmd } = createOptions({
      ...spec,
      command: ['redis-server', '--save', ''],
      memoryMegabytes: 64,
      cpus: 0.1,
      maxProcesses: 20,
    });
    expect(Cmd).to.deep.equal(['redis-server', '--save', '']);
    expect(HostConfig).to.include({
      Memory: 67_108_864,
      MemorySwap: 67_108_864,
      NanoCpus: 100_000_000,
      PidsLimit: 20,
    });
  });
});
