// The REST API for services on Docker: what it writes shows with kubectl and in the catalog, and the other way round.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { dockerRoutes } from '../../src/docker-hosts/rest/routes.js';
import { LEASE_SELECTOR } from '../../src/docker-hosts/names.js';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import type { ResourceClient } from '../../src/sdk/kube/types.js';
import { selfSigned } from '../../src/sdk/osb/self-signed.test.js';
import {
  API_VERSION,
  DOCKER_HOSTS,
  type DockerHost,
  OFFERINGS,
  SECRET_LABEL,
} from '../../src/sdk/resources/kinds.js';
import { objectName } from '../../src/sdk/resources/names.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { edit, Kube } from '../support/kube.js';
import { Lab } from '../support/lab.js';
import { OsbClient, type OsbResponse } from '../support/osb-client.js';
import { ASYNC, provisionOf, queryOf } from '../support/scene.js';
import { eventually, unchangedBy } from '../support/unchanged.js';

const ADMINISTRATOR = { username: 'admin', password: 'a-password' };
/** In a value of the credentials, and to be seen nowhere but in their Secret. */
const CANARY = 'canary-4f1d';
const CREDENTIALS = { username: 'u', password: CANARY, uri: `redis://u:${CANARY}@$HOST:$PORT` };
const { cert, key } = selfSigned('a client');
const MATERIAL = { ClientCert: cert, ClientKey: key, CA: cert };

describe('the REST API of docker hosts', () => {
  let directory: string;
  let cluster: TestCluster;
  let kube: Kube;
  let config: ClusterConfig;
  let dockerHosts: ResourceClient<DockerHost>;
  let broker: TestBroker;
  let rest: OsbClient;
  /** All that this API has said. */
  const said: unknown[] = [];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'docker-rest-'));
    const file = join(directory, 'administrators');
    writeFileSync(file, `${ADMINISTRATOR.username}:${ADMINISTRATOR.password}\n`);
    chmodSync(file, 0o600);
    cluster = await openCluster();
    kube = await Kube.open(cluster);
    config = cluster.config();
    dockerHosts = createResourceClient<DockerHost>(config, DOCKER_HOSTS, cluster.namespace);
    const lab = new Lab('docker');
    broker = await startTestBroker(cluster, {
      lab,
      definition: {
        backends: [
          {
            ...lab.backend,
            attach: (context) => ({
              routes: dockerRoutes(context, {
                hosts: context.follow<DockerHost>(DOCKER_HOSTS),
                leases: context.follow<Lease>(LEASES, { labelSelector: LEASE_SELECTOR }),
              }),
            }),
          },
        ],
      },
      env: { BROKER_ADMIN_CREDENTIALS_FILE: file },
    });
    rest = new OsbClient(broker.url, ADMINISTRATOR);
  });
  after(async () => {
    await broker.stop();
    await kube.close();
    await config.close();
    await cluster.close();
    rmSync(directory, { recursive: true });
  });

  const call = async (
    method: 'PUT' | 'GET' | 'DELETE' | 'POST',
    path: string,
    body?: object,
  ): Promise<OsbResponse> => {
    const answer = await rest.send(method, path, { body });
    said.push(answer);
    return answer;
  };
  const imagePath = (image: string): string => `/docker/image/${encodeURIComponent(image)}`;
  const putImage = (image: string, body: object) => call('PUT', imagePath(image), body);
  const offered = async (name: string): Promise<any> =>
    (await broker.osb.catalog()).body.services.find((service: any) => service.name === name);
  const untilOffered = (name: string): Promise<any> =>
    eventually(
      () => offered(name),
      (service) => service !== undefined,
    );
  const host = (name: string): DockerHost => ({
    ...{ apiVersion: API_VERSION, kind: DOCKER_HOSTS.kind, metadata: { name } },
    spec: { engine: 'tcp://127.0.0.1:1', serviceHost: 'apps.example.org' },
  });
  const untilShown = (path: string): Promise<OsbResponse> =>
    eventually(
      () => call('GET', path),
      ({ status }) => status === 200,
    );
  const tlsOf = async (name: string) => (await dockerHosts.get(name))!.spec.tls?.secretRef.name;

  it('offers an image, with or without a tag, to platforms and to kubectl alike', async () => {
    for (const image of ['redis-7', 'library/redis:7', 'redis:7']) {
      const made = await putImage(image, { Plan: 'small', Metadata: { displayName: image } });
      expect([made.status, made.body.Offering]).to.deep.equal([201, objectName(image)]);
      const offering = await kube.offerings.until(made.body.Offering as string, ({ status }) =>
        (status?.conditions ?? []).some(({ type, status }) => type === 'Accepted' && status === 'True'),
      );
      expect(offering.spec.plans[0]!.settings).to.deep.equal({ image });
      expect(await untilOffered(image)).to.deep.include({
        ...{ id: image, description: `${image} docker service`, tags: ['docker'], bindable: true },
        metadata: { displayName: image },
      });
      expect((await call('GET', imagePath(image))).body).to.deep.equal(made.body);
    }
    const all = (await call('GET', '/docker/images')).body as { Name: string }[];
    expect(all.map(({ Name }) => Name)).to.include.members(['library/redis:7', 'redis-7', 'redis:7']);
    const again = await putImage('redis:7', { Plan: 'large' });
    expect(again.status).to.equal(200);
    await eventually(
      () => offered('redis:7'),
      ({ plans }) => plans[0].id === 'redis:7_large',
    );
  });

  it('shows what kubectl has made and changed, and leaves it to kubectl', async () => {
    const [name, id] = [`by-hand-${newId()}`, newId()];
    await kube.offerings.client.create({
      ...{ apiVersion: API_VERSION, kind: OFFERINGS.kind, metadata: { name } },
      spec: {
        ...{ id, name: 'mysql', description: 'By hand' },
        plans: [
          { id: newId(), name: 's', description: 'd', backend: 'docker', settings: { image: 'mysql' } },
        ],
      },
    });
    const shown = await untilShown(imagePath('mysql'));
    expect(shown.body).to.deep.equal({ Name: 'mysql', Plan: 's', Offering: name });
    await unchangedBy(kube, async () => {
      expect((await putImage('mysql', { Plan: 'p' })).status).to.equal(409);
      expect((await call('DELETE', imagePath('mysql'))).status).to.equal(409);
    });
    await putImage('memcached', { Plan: 'p' });
    await edit(kube.offerings.client, 'memcached', (present) => ({
      ...present,
      spec: {
        ...present.spec,
        plans: [{ ...present.spec.plans[0]!, settings: { image: 'memcached', memoryMegabytes: 64 } }],
      },
    }));
    expect((await call('GET', imagePath('memcached'))).body.Settings).to.deep.equal({ memoryMegabytes: 64 });
  });

  it('keeps static credentials in a Secret that goes with the offering, whoever deletes that', async () => {
    for (const remove of [
      async () => expect((await call('DELETE', imagePath('static'))).status).to.equal(200),
      () => kube.offerings.client.delete('static'),
    ]) {
      expect((await putImage('static', { Plan: 'p', Credentials: CREDENTIALS })).status).to.equal(201);
      const secret = await kube.secrets.until('docker-image-static');
      const stored = Buffer.from(secret.data!['credentials.json']!, 'base64').toString('utf8');
      expect(JSON.parse(stored)).to.deep.equal(CREDENTIALS);
      expect(secret.metadata.ownerReferences![0]!.uid).to.equal(
        (await kube.offerings.get('static'))!.metadata.uid,
      );
      const masked = { username: '***', password: '***', uri: '***' };
      expect((await call('GET', imagePath('static'))).body.Credentials).to.deep.equal(masked);
      const changed = { ...CREDENTIALS, username: 'v' };
      expect((await putImage('static', { Plan: 'p', Credentials: changed })).status).to.equal(200);
      await kube.secrets.until('docker-image-static', ({ data }) =>
        Buffer.from(data!['credentials.json']!, 'base64').toString('utf8').includes('"v"'),
      );
      await remove();
      await kube.secrets.untilGone('docker-image-static');
      await eventually(
        () => offered('static'),
        (service) => service === undefined,
      );
    }
    expect((await call('DELETE', imagePath('static'))).status).to.equal(410);
  });

  it('does not take the service from under its instances', async () => {
    await putImage('busy', { Plan: 'p' });
    await untilOffered('busy');
    const ids = { serviceId: 'busy', planId: 'busy_p' };
    const id = newId();
    await broker.osb.provision(id, provisionOf(ids), ASYNC);
    await broker.osb.untilEnded(() => broker.osb.lastOperation(id));
    const refused = await call('DELETE', imagePath('busy'));
    expect([refused.status, refused.body.description]).to.deep.equal([
      409,
      `busy has instances of a plan that would be gone, and could be bound no more: deprovision them first: ${id}`,
    ]);
    await broker.osb.deprovision(id, queryOf(ids, ASYNC));
    await broker.osb.untilEnded(() => broker.osb.lastOperation(id));
    await kube.instances.untilGone(id);
    await eventually(
      () => call('DELETE', imagePath('busy')),
      ({ status }) => status === 200,
    );
  });

  it('writes the Secret that a DockerHost takes its certificate from, and reads the one of kubectl', async () => {
    await dockerHosts.create(host('alpha'));
    expect((await call('PUT', '/certificate/alpha', MATERIAL)).status).to.equal(201);
    const secret = await kube.secrets.until('docker-host-tls-alpha');
    expect(Buffer.from(secret.data!['tls.key']!, 'base64').toString('utf8')).to.equal(key);
    expect(await tlsOf('alpha')).to.equal('docker-host-tls-alpha');
    const { body } = await call('GET', '/certificate/alpha');
    expect(body).to.include({ Host: 'alpha', Secret: 'docker-host-tls-alpha' });
    expect(body.ClientCert.Expires).to.equal('2120-01-01T00:00:00.000Z');
    expect((await call('DELETE', '/certificate/alpha')).status).to.equal(200);
    await kube.secrets.untilGone('docker-host-tls-alpha');
    expect(await tlsOf('alpha')).to.equal(undefined);
    expect((await call('DELETE', '/certificate/alpha')).status).to.equal(410);

    await kube.secrets.client.create({
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name: 'by-hand', labels: { [SECRET_LABEL]: 'backend' } },
      data: {
        'tls.crt': Buffer.from(cert).toString('base64'),
        'ca.crt': Buffer.from(cert).toString('base64'),
      },
    });
    const tls = { secretRef: { name: 'by-hand' } };
    await edit(dockerHosts, 'alpha', (present) => ({ ...present, spec: { ...present.spec, tls } }));
    const shown = await eventually(
      () => call('GET', '/certificate/alpha'),
      ({ body }) => body.Secret === 'by-hand',
    );
    expect(shown.body.ClientCert).to.deep.equal(body.ClientCert);
    expect((await call('GET', '/certificates')).body).to.deep.include(shown.body);
    expect((await call('DELETE', '/certificate/alpha')).status).to.equal(409);
    expect(await tlsOf('alpha')).to.equal('by-hand');
    await dockerHosts.delete('alpha');
    await kube.secrets.client.delete('by-hand');
  });

  it('has a host that registers by its pings use the certificate that was there first', async () => {
    const address = '10.11.12.13';
    const name = objectName(address);
    expect((await call('PUT', `/certificate/${address}`, MATERIAL)).status).to.equal(201);
    const ping = { DockerHost: address, DockerPort: 2376, ServiceHost: 'apps.example.org', KeepAlive: 60 };
    expect((await call('POST', '/ping', ping)).status).to.equal(200);
    expect(await tlsOf(name)).to.equal(`docker-host-tls-${name}`);
    expect((await call('DELETE', `/certificate/${address}`)).status).to.equal(200);
    expect(await tlsOf(name)).to.equal(undefined);
    await dockerHosts.delete(name);
  });

  it('does nothing for who is no administrator, and for names that are none', async () => {
    const routes: ['PUT' | 'GET' | 'DELETE' | 'POST', string, object?][] = [
      ['PUT', '/docker/image/evil', { Plan: 'p', Credentials: CREDENTIALS }],
      ['GET', '/docker/image/redis-7'],
      ['DELETE', '/docker/image/redis-7'],
      ['GET', '/docker/images'],
      ['PUT', '/certificate/evil', MATERIAL],
      ['GET', '/certificate/alpha'],
      ['DELETE', '/certificate/alpha'],
      ['GET', '/certificates'],
      ['POST', '/ping', { DockerHost: 'evil', ServiceHost: 'evil' }],
    ];
    const hostsBefore = (await dockerHosts.list()).items;
    await unchangedBy(kube, async () => {
      for (const [method, path, body] of routes) {
        for (const authorization of [undefined, 'Basic bm86bm8=', basicOf('broker', 'broker')]) {
          const answer = await rest.send(method, path, { body, headers: { authorization } });
          expect(answer.status, `${method} ${path}`).to.equal(401);
          said.push(answer);
        }
      }
      for (const name of ['..%2f..%2fapi', '%00', 'a%2F..%2Fb', '%2e%2e%2f', 'x'.repeat(3000)]) {
        for (const path of [`/docker/image/${name}`, `/certificate/${name}`]) {
          for (const method of ['GET', 'DELETE'] as const) {
            expect((await call(method, path)).status, path).to.equal(400);
          }
        }
        expect((await putImageAt(`/docker/image/${name}`)).status, name).to.equal(400);
        expect((await call('PUT', `/certificate/${name}`, MATERIAL)).status, name).to.equal(400);
      }
    });
    expect((await dockerHosts.list()).items).to.deep.equal(hostsBefore);
  });
  const putImageAt = (path: string) => call('PUT', path, { Plan: 'p', Credentials: CREDENTIALS });
  const basicOf = (username: string, password: string): string =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  it('tells nobody what is secret: no answer, no resource, no Event, no log', async () => {
    await putImage('told', { Plan: 'p', Credentials: CREDENTIALS });
    await putImage('told', { Plan: 'p', Credentials: CREDENTIALS, Nonsense: CANARY });
    await putImage('told', { Plan: 'p', Credentials: [CANARY] });
    await call('PUT', '/certificate/told', MATERIAL);
    await call('PUT', '/certificate/told', { ...MATERIAL, CA: key });
    await call('PUT', '/certificate/told', { ...MATERIAL, ClientCert: key, ClientKey: cert });
    await call('GET', imagePath('told'));
    await call('GET', '/docker/images');
    await call('GET', '/certificate/told');
    await call('GET', '/certificates');
    await untilOffered('told');
    const inSecret = (await kube.secrets.get('docker-image-told'))!.data!['credentials.json']!;
    expect(Buffer.from(inSecret, 'base64').toString('utf8')).to.include(CANARY);
    const hosts = JSON.stringify(await dockerHosts.list());
    const all = JSON.stringify(said) + (await kube.dump()) + hosts + broker.log();
    const { username, password } = ADMINISTRATOR;
    const administrator = basicOf(username, password).slice('Basic '.length);
    const material = [inSecret.slice(0, 60), key.split('\n')[1]!, 'PRIVATE KEY'];
    for (const secret of [CANARY, ...material, password, administrator]) {
      expect(all).not.to.include(secret);
    }
    expect((await call('DELETE', imagePath('told'))).status).to.equal(200);
    expect((await call('DELETE', '/certificate/told')).status).to.equal(200);
  });
});
