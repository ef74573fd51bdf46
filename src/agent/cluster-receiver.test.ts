import { expect } from 'chai';
import type { Registration } from '../docker-hosts/registration.js';
import { failureOf, sendJson, startServer, type TestServer } from '../sdk/kube/harness.test.js';
import { clusterReceiver } from './cluster-receiver.js';
import type { Receiver } from './receiver.js';

const never = new AbortController().signal;
const CERTIFICATES = { ca: 'ca', cert: 'cert', key: 'canary' };
const REGISTRATION: Registration = {
  name: 'node-1',
  engine: 'tcp://10.0.0.7:2376',
  serviceHost: 'apps.example',
  perfFactor: 1,
  schedulable: true,
  keepaliveSeconds: 60,
};

describe('a cluster that gets the signs of life', () => {
  let server: TestServer;
  let receiver: Receiver;
  /** What requests of that method, or of all, are refused with. */
  let refusals: Record<string, number>;

  beforeEach(async () => {
    refusals = {};
    server = await startServer(({ method, body }, response) => {
      const status = refusals[method];
      if (status) sendJson(response, status, { kind: 'Status', code: status, message: 'no' });
      else if (method === 'GET') sendJson(response, 404, { kind: 'Status', code: 404 });
      else sendJson(response, 200, JSON.parse(body));
    });
    receiver = clusterReceiver({ cluster: server.config, namespace: 'ns', registration: REGISTRATION });
  });
  afterEach(() => server.close());

  const sent = (method: string, plural: string) => {
    const found = server.requests.filter(
      ({ url, ...one }) => one.method === method && url.pathname.includes(plural),
    );
    return found.map(({ body }) => JSON.parse(body));
  };

  it('gets the DockerHost before the Lease, and the certificates with one request', async () => {
    expect(await receiver.bring(CERTIFICATES, never)).to.equal(undefined);
    await receiver.beat(never);
    expect(
      server.requests.map(({ method, url }) => `${method} ${url.pathname.split('/ns/')[1]}`),
    ).to.deep.equal([
      'PATCH secrets/docker-host-tls-node-1',
      'GET dockerhosts/node-1',
      'POST dockerhosts',
      'GET leases/docker-host-node-1',
      'POST leases',
    ]);
    const [host] = sent('POST', 'dockerhosts');
    expect(host.spec.tls).to.deep.equal({ secretRef: { name: 'docker-host-tls-node-1' } });
  });

  it('names the Secret of the certificates also where the agent may not write it', async () => {
    refusals = { PATCH: 403 };
    const problem = await receiver.bring(CERTIFICATES, never);
    expect(problem).to.match(
      /^the agent has no right to write the Secret docker-host-tls-node-1: somebody else/,
    );
    await receiver.beat(never);
    expect(sent('POST', 'dockerhosts')[0].spec.tls).to.deep.equal({
      secretRef: { name: 'docker-host-tls-node-1' },
    });
  });

  it('leaves the TLS of the DockerHost alone where the agent has no certificates', async () => {
    await receiver.beat(never);
    expect(sent('POST', 'dockerhosts')[0].spec).to.not.have.property('tls');
  });

  for (const [refused, remedy] of [
    [
      { GET: 401 },
      /^get dockerhosts node-1: 401.*: renew the credentials of the kubeconfig or service account$/,
    ],
    [
      { POST: 403 },
      /^create dockerhosts node-1: 403.*: give the agent a role in the namespace ns that lets it do so$/,
    ],
    [{ GET: 503 }, /^get dockerhosts node-1: 503: no$/],
  ] as const) {
    it(`says what a person has to put right: ${JSON.stringify(refused)}`, async () => {
      refusals = refused;
      expect((await failureOf(receiver.beat(never))).message).to.match(remedy);
    });
  }

  it('keeps the certificates out of what fails', async () => {
    refusals = { PATCH: 500 };
    const { message } = await failureOf(receiver.bring(CERTIFICATES, never));
    expect(message)
      .to.match(/^apply secrets docker-host-tls-node-1: 500/)
      .and.not.include('canary');
  });

  it('is not waited for any longer than the signal lets it', async () => {
    const stopping = new AbortController();
    stopping.abort(new Error('stopping'));
    expect((await failureOf(receiver.beat(stopping.signal))).message).to.equal('stopping');
  });
});
