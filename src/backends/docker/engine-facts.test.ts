import { expect } from 'chai';
import type Docker from 'dockerode';
import { containerFacts, imageFacts } from './engine-facts.js';

const STATE = {
  Running: true,
  Restarting: false,
  ExitCode: 0,
  OOMKilled: false,
  StartedAt: '2026-01-01T00:00:00.5Z',
};

const factsOf = (state: object, ports: unknown = {}) =>
  containerFacts({
    Id: 'abc',
    Config: { Labels: null },
    State: { ...STATE, ...state },
    RestartCount: 2,
    NetworkSettings: { Ports: ports },
  } as unknown as Docker.ContainerInspectInfo);

describe('facts of an engine', () => {
  it('has the ports of an image by number, and its volumes', () => {
    const Config = {
      ExposedPorts: { '6379/tcp': {}, '80/udp': {}, '80/tcp': {} },
      Volumes: { '/b': {}, '/a': {} },
    };
    expect(imageFacts({ Id: 'sha256:1', Config } as unknown as Docker.ImageInspectInfo)).to.deep.equal({
      id: 'sha256:1',
      ports: ['80/tcp', '80/udp', '6379/tcp'],
      volumes: ['/a', '/b'],
    });
  });

  it('has none of an image that says nothing of them', () => {
    const facts = imageFacts({
      Id: 'sha256:1',
      Config: { Volumes: null },
    } as unknown as Docker.ImageInspectInfo);
    expect(facts).to.deep.include({ ports: [], volumes: [] });
  });

  it('has the ports that are published, of IPv4 where IPv6 has another one', () => {
    const { published } = factsOf(
      {},
      {
        '6379/tcp': [
          { HostIp: '::', HostPort: '32770' },
          { HostIp: '0.0.0.0', HostPort: '32769' },
        ],
        '443/tcp': [{ HostIp: '::', HostPort: '32771' }],
        '80/tcp': null,
      },
    );
    expect([...published]).to.deep.equal([
      ['443/tcp', 32771],
      ['6379/tcp', 32769],
    ]);
  });

  it('does not take one for running that is between two starts', () => {
    const { state } = factsOf({ Restarting: true, ExitCode: 3 });
    expect(state).to.include({ running: false, restarting: true, exitCode: 3, restartCount: 2 });
  });

  it('knows health only where it is checked, and no start of what never was started', () => {
    expect(factsOf({ Health: { Status: 'unhealthy' } }).state.health).to.equal('unhealthy');
    expect(factsOf({ Health: { Status: 'none' } }).state).to.not.have.property('health');
    expect(factsOf({ StartedAt: '0001-01-01T00:00:00Z' }).state.startedAt).to.equal(undefined);
  });
});
