import { expect } from 'chai';
import { KubeError } from '../../sdk/kube/errors.js';
import { basic, rawRequest, sendRaw } from '../../sdk/osb/harness.test.js';
import { selfSigned } from '../../sdk/osb/self-signed.test.js';
import { objectName } from '../../sdk/resources/names.js';
import { hostOf } from '../harness.test.js';
import { type Rest, startRest } from './harness.test.js';

const { cert, key } = selfSigned('a client');
const IMAGE = { Plan: 'p', Credentials: { password: 'swordfish' } };
const MATERIAL = { ClientCert: cert, ClientKey: key, CA: cert };
const PING = { DockerHost: '10.0.0.7', ServiceHost: 'apps.example.org', PerfFactor: 1, KeepAlive: 60 };

const ROUTES: [method: string, path: string, body?: object][] = [
  ['PUT', '/docker/image/redis', IMAGE],
  ['GET', '/docker/image/redis'],
  ['DELETE', '/docker/image/redis'],
  ['GET', '/docker/images'],
  ['PUT', '/certificate/alpha', MATERIAL],
  ['GET', '/certificate/alpha'],
  ['DELETE', '/certificate/alpha'],
  ['GET', '/certificates'],
  ['POST', '/ping', PING],
];

describe('the REST API', () => {
  let rest: Rest;
  beforeEach(async () => (rest = await startRest()));
  afterEach(() => rest.osb.stop());

  it('serves administrators', async () => {
    for (const [method, path, body] of ROUTES) {
      const { status } = await rest.send(method, path, { body });
      expect(status, `${method} ${path}`).to.be.oneOf([200, 201, 404]);
    }
    const lines = rest.osb.lines.filter(({ message }) => message === 'request');
    expect(lines.map(({ operation }) => operation)).to.deep.equal([
      'put_docker_image',
      'get_docker_image',
      'delete_docker_image',
      'list_docker_images',
      'put_certificate',
      'get_certificate',
      'delete_certificate',
      'list_certificates',
      'ping',
    ]);
    expect(lines.map(({ route }) => route)).to.include('/docker/image/:id');
  });

  it('does nothing for anybody else, on any route', async () => {
    rest.hosts.put(hostOf('alpha'));
    const wrong = [undefined, '', 'Basic', basic({ username: 'root', password: 'no' }), basic()];
    for (const [method, path, body] of ROUTES) {
      for (const authorization of wrong) {
        const answer = await rest.send(method, path, { body, headers: { authorization } });
        expect(answer.status, `${method} ${path} ${authorization}`).to.equal(401);
        expect(Object.keys(answer.json)).to.deep.equal(['description']);
      }
      const headers = { 'x-broker-api-version': '1.0' };
      expect((await rest.send(method, path, { body, headers })).status).to.equal(412);
    }
    const refused = await rest.send('PATCH', '/docker/images', { headers: { authorization: undefined } });
    expect(refused.status).to.equal(401);
    const asked = [rest.hosts, rest.leases, rest.offerings, rest.secrets].flatMap(({ requests }) => requests);
    expect(asked).to.deep.equal([]);
  });

  it('is not there where the broker has no administrators', async () => {
    const without = await startRest({ administrators: false });
    for (const [method, path, body] of ROUTES) {
      const headers = { authorization: basic() };
      const answer = await without.send(method, path, { body, headers });
      expect([answer.status, answer.json.description]).to.deep.equal([404, 'There is nothing at this path']);
    }
    await without.osb.stop();
  });

  it('passes on what it does not know', async () => {
    const headers = { authorization: basic() };
    expect((await rest.send('GET', '/v2/catalog', { headers })).status).to.equal(200);
    const paths = ['/docker', '/docker/image', '/docker/image/', '/docker/images/', '/docker/image/a/b'];
    for (const path of [...paths, '/Docker/images', '/certificate', '/certificates/x', '/ping/', '//ping']) {
      const answer = await rest.send('GET', path, { headers });
      expect([answer.status, answer.json.description], path).to.deep.equal([
        404,
        'There is nothing at this path',
      ]);
    }
  });

  it('says which methods a path has', async () => {
    const wrong: [string, string, string][] = [
      ['POST', '/docker/image/redis', 'GET, PUT, DELETE'],
      ['PUT', '/docker/images', 'GET'],
      ['PATCH', '/certificate/alpha', 'GET, PUT, DELETE'],
      ['DELETE', '/certificates', 'GET'],
      ['GET', '/ping', 'POST'],
    ];
    for (const [method, path, allow] of wrong) {
      const answer = await rest.send(method, path);
      expect([answer.status, answer.headers.allow], `${method} ${path}`).to.deep.equal([405, allow]);
    }
  });

  it('refuses what is no name of an image or a host, however it is encoded', async () => {
    const tricks = [
      '..',
      '..%2f..%2fetc',
      '%2e%2e%2fetc',
      '%252e%252e%252fetc',
      'redis%00',
      'redis%0a',
      'a%20b',
      '%zz',
      '%ff',
      '%e2%80%ae',
      `a${'b'.repeat(4000)}`,
    ];
    for (const trick of tricks) {
      for (const path of [`/docker/image/${trick}`, `/certificate/${trick}`]) {
        for (const [method, body] of [['PUT', IMAGE], ['GET'], ['DELETE']] as const) {
          const answer = await rest.send(method, path, { body });
          expect(answer.status, `${method} ${path}`).to.equal(400);
          expect(answer.text).to.have.length.below(400);
        }
      }
    }
    const raw = rawRequest('GET', '/docker/image/../images'); // as a platform: nothing of this API is there
    expect(await sendRaw(rest.osb.server.port, raw)).to.match(/^HTTP\/1\.1 404 /);
    expect(rest.writes()).to.deep.equal([]);
  });

  it('refuses a body that cannot be read, and stores nothing of it', async () => {
    for (const path of ['/docker/image/redis', '/certificate/alpha']) {
      for (const body of ['{"Plan":', '[]', '"p"', '', undefined, '{"__proto__":{}}']) {
        const answer = await rest.send('PUT', path, { body });
        expect(answer.status, `${path} ${body}`).to.equal(400);
      }
      const headers = { 'content-type': 'text/plain' };
      expect((await rest.send('PUT', path, { body: IMAGE, headers })).status).to.equal(400);
      const large = { Plan: 'p', Credentials: { password: 'x'.repeat(600_000) } };
      expect((await rest.send('PUT', path, { body: large })).status).to.equal(413);
    }
    expect(rest.writes()).to.deep.equal([]);
  });

  it('tells what the API server refuses without what was sent', async () => {
    const failing: [status: number, answered: number][] = [
      [422, 400],
      [413, 400],
      [403, 503],
      [0, 503],
    ];
    for (const [status, answered] of failing) {
      rest.offerings.overtake = () => {
        throw new KubeError('create: swordfish', { status });
      };
      const answer = await rest.send('PUT', '/docker/image/redis', { body: IMAGE });
      expect(answer.status).to.equal(answered);
      expect(answer.text + rest.logged()).not.to.include('swordfish');
    }
  });

  it('gives a host that registers the certificate that was there before it', async () => {
    const name = objectName(PING.DockerHost);
    await rest.send('PUT', `/certificate/${PING.DockerHost}`, { body: MATERIAL });
    expect((await rest.send('POST', '/ping', { body: PING })).status).to.equal(200);
    expect(rest.hosts.get(name)!.spec.tls).to.deep.equal({ secretRef: { name: `docker-host-tls-${name}` } });
    const written = rest.hosts.writes().length;
    expect((await rest.send('POST', '/ping', { body: PING })).status).to.equal(200);
    expect(rest.hosts.writes()).to.have.length(written);
  });

  it('leaves a host as it is that has no certificate, or one of its own', async () => {
    await rest.send('POST', '/ping', { body: PING });
    const name = objectName(PING.DockerHost);
    expect(rest.hosts.get(name)!.spec).not.to.have.property('tls');
    expect((await rest.send('POST', '/ping', { body: '{' })).status).to.equal(400);
    const own = { secretRef: { name: 'by-hand' } };
    const present = rest.hosts.get(name)!;
    rest.hosts.put({ ...present, spec: { ...present.spec, tls: own } });
    rest.secrets.put({
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name: `docker-host-tls-${name}`, labels: { 'sdkbroker.broker.io/secret': 'backend' } },
    });
    await rest.send('POST', '/ping', { body: PING });
    expect(rest.hosts.get(name)!.spec.tls).to.deep.equal(own);
  });
});
