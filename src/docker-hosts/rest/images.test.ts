import { expect } from 'chai';
import { KubeError } from '../../sdk/kube/errors.js';
import { SECRET_LABEL, SOURCE_LABEL } from '../../sdk/resources/kinds.js';
import { hostOf } from '../harness.test.js';
import { imagePath, instanceMade, offeringMade, type Rest, secretMade, startRest } from './harness.test.js';

const CREDENTIALS = { username: 'u', password: 'swordfish', port: 6379 };

describe('the images', () => {
  let rest: Rest;
  beforeEach(async () => (rest = await startRest()));
  afterEach(() => rest.osb.stop());

  const put = (image: string, body: object) => rest.send('PUT', imagePath(image), { body });
  const get = (image: string) => rest.send('GET', imagePath(image));
  const remove = (image: string) => rest.send('DELETE', imagePath(image));
  const settingsOf = (name: string) => rest.offerings.get(name)!.spec.plans[0]!.settings;
  const secretOf = (name: string): unknown =>
    JSON.parse(Buffer.from(rest.secrets.get(name)!.data!['credentials.json']!, 'base64').toString());
  async function expectRefused(
    answering: ReturnType<Rest['send']>,
    status: number,
    naming: RegExp,
  ): Promise<void> {
    const answer = await answering;
    expect([answer.status, Object.keys(answer.json)]).to.deep.equal([status, ['description']]);
    expect(answer.json.description).to.match(naming);
  }

  it('become offerings', async () => {
    const metadata = { displayName: 'Redis', supportUrl: 'https://example.org' };
    const made = await put('redis', { Name: 'redis', Plan: 'small', Metadata: metadata });
    expect(made.status).to.equal(201);
    expect(made.headers).to.include({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    const definition = { Name: 'redis', Plan: 'small', Metadata: metadata, Offering: 'redis' };
    expect(made.json).to.deep.equal(definition);
    const offering = rest.offerings.get('redis')!;
    expect(offering.metadata.labels).to.deep.equal({ [SOURCE_LABEL]: 'rest' });
    expect(offering.spec).to.deep.equal({
      id: 'redis',
      name: 'redis',
      description: 'redis docker service',
      tags: ['docker'],
      bindable: true,
      metadata,
      plans: [
        {
          id: 'redis_small',
          name: 'small',
          description: 'redis docker service, plan small',
          backend: 'docker',
          settings: { image: 'redis' },
        },
      ],
    });
    expect((await get('redis')).json).to.deep.equal(definition);
    expect(rest.writes()).to.deep.equal(['create redis']);
  });

  it('with a tag or a path have names of their own, however alike they look', async () => {
    const images = [
      'redis-7',
      'redis:7',
      'redis/7',
      'library/redis:7',
      'library-redis-7',
      'localhost:5000/redis',
    ];
    for (const image of images) expect((await put(image, { Plan: 'p' })).status).to.equal(201);
    const names = rest.offerings.list().map(({ metadata }) => metadata.name);
    expect(new Set(names).size).to.equal(images.length);
    for (const name of names) expect(name).to.match(/^[a-z0-9-]{1,63}$/);
    for (const image of images) expect((await get(image)).json.Name).to.equal(image);
    const all = (await rest.send('GET', '/docker/images')).json as unknown as { Name: string }[];
    expect(all.map(({ Name }) => Name)).to.deep.equal(images.sort());
  });

  it('are replaced by the next PUT', async () => {
    await put('redis', { Plan: 'small', Credentials: CREDENTIALS });
    const body = { Plan: 'large', DashBoardUrl: { dashboard_url: 'http://$HOST:$PORT/' } };
    const answer = await put('redis', body);
    expect([answer.status, answer.json]).to.deep.equal([200, { Name: 'redis', ...body, Offering: 'redis' }]);
    expect(settingsOf('redis')).to.deep.equal({ image: 'redis', dashboardUrl: 'http://$HOST:$PORT/' });
    expect(rest.offerings.get('redis')!.spec.plans.map(({ id }) => id)).to.deep.equal(['redis_large']);
    expect(rest.secrets.list()).to.deep.equal([]);
  });

  it('may be put as they were read', async () => {
    await put('redis', { Plan: 'p', DashBoardUrl: { dashboard_url: 'http://$HOST/' } });
    const { json } = await get('redis');
    expect((await put('redis', json)).status).to.equal(200);
    expect((await get('redis')).json).to.deep.equal(json);
  });

  it('keep static credentials in a Secret that the offering owns, and show their names alone', async () => {
    const made = await put('redis', { Plan: 'p', Credentials: CREDENTIALS });
    expect(settingsOf('redis')).to.deep.equal({ image: 'redis', credentialsSecret: 'docker-image-redis' });
    expect(secretOf('docker-image-redis')).to.deep.equal(CREDENTIALS);
    const { labels, ownerReferences } = rest.secrets.get('docker-image-redis')!.metadata;
    expect(labels).to.deep.equal({ [SECRET_LABEL]: 'backend', [SOURCE_LABEL]: 'rest' });
    expect(ownerReferences).to.deep.equal([
      {
        apiVersion: 'sdkbroker.broker.io/v1alpha1',
        kind: 'ServiceOffering',
        name: 'redis',
        uid: 'uid-redis',
      },
    ]);
    const masked = { username: '***', password: '***', port: '***' };
    expect(made.json.Credentials).to.deep.equal(masked);
    expect((await get('redis')).json.Credentials).to.deep.equal(masked);
    await put('redis', { Plan: 'p', Credentials: { password: 'halibut' } });
    expect(secretOf('docker-image-redis')).to.deep.equal({ password: 'halibut' });
    await expectRefused(
      put('redis', { Plan: 'p', Credentials: masked }),
      400,
      /Credentials\.username is masked/,
    );
    expect(secretOf('docker-image-redis')).to.deep.equal({ password: 'halibut' });
    expect(rest.logged()).not.to.match(/swordfish|halibut/);
  });

  it('bring what an interrupted PUT has left out', async () => {
    rest.secrets.overtake = () => {
      throw new KubeError('create secrets', { status: 503 });
    };
    await expectRefused(put('redis', { Plan: 'p', Credentials: CREDENTIALS }), 503, /try again/);
    rest.secrets.overtake = () => undefined;
    expect((await put('redis', { Plan: 'p', Credentials: CREDENTIALS })).status).to.equal(200);
    expect(secretOf('docker-image-redis')).to.deep.equal(CREDENTIALS);
  });

  it('are stored in spite of others who write at the same time', async () => {
    await put('redis', { Plan: 'p' });
    let turns = 2;
    rest.offerings.overtake = (name) => {
      if (turns-- > 0) rest.offerings.put(structuredClone(rest.offerings.get(name)!));
    };
    expect((await put('redis', { Plan: 'q' })).status).to.equal(200);
    expect(rest.offerings.get('redis')!.spec.plans[0]!.name).to.equal('q');
    rest.offerings.overtake = (name) => void rest.offerings.put({ ...rest.offerings.get(name)! });
    await expectRefused(put('redis', { Plan: 'r' }), 409, /try again/);
  });

  it('that others have made are shown, and neither replaced nor deleted', async () => {
    const settings = {
      image: 'redis',
      memoryMegabytes: 64,
      env: { ADMIN_PASSWORD: 'swordfish', MODE: 'fast' },
    };
    rest.offerings.put(offeringMade('redis', 'redis', settings));
    rest.offerings.put(offeringMade('by-hand', 'mysql', { image: 'mysql:8' }));
    const shown = {
      ...{ Name: 'redis', Plan: 's', Offering: 'redis' },
      Settings: { memoryMegabytes: 64, env: { ADMIN_PASSWORD: '[redacted]', MODE: 'fast' } },
    };
    expect((await get('redis')).json).to.deep.equal(shown);
    const mysql = { Name: 'mysql', Plan: 's', Settings: { image: 'mysql:8' }, Offering: 'by-hand' };
    expect((await get('mysql')).json).to.deep.equal(mysql);
    expect((await rest.send('GET', '/docker/images')).json).to.deep.equal([mysql, shown]);
    for (const image of ['redis', 'mysql']) {
      await expectRefused(put(image, { Plan: 'p' }), 409, /not made by this API/);
      await expectRefused(remove(image), 409, /not made by this API/);
    }
    expect(rest.writes()).to.deep.equal([]);
  });

  it('show all plans on Docker, and no other, of an offering that has several', async () => {
    const offering = offeringMade('many', 'many');
    const plan = (name: string, backend: string) => ({ id: name, name, description: 'd', backend });
    offering.spec.plans.push(plan('other', 'lab'), plan('l', 'docker'));
    rest.offerings.put(offering);
    rest.offerings.put({
      ...offeringMade('lab', 'lab'),
      spec: { ...offering.spec, id: 'lab', name: 'lab', plans: [plan('x', 'lab')] },
    });
    const first = { Name: 'many', Plan: 's', Offering: 'many' };
    const last = { Name: 'many', Plan: 'l', Offering: 'many' };
    expect((await get('many')).json).to.deep.equal({ ...first, OtherPlans: [last] });
    expect((await rest.send('GET', '/docker/images')).json).to.deep.equal([first, last]);
    await expectRefused(get('lab'), 404, /no docker image lab/);
  });

  it('show the names of credentials of a Secret for backends, and of no other', async () => {
    rest.offerings.put(offeringMade('a', 'a', { image: 'a', credentialsSecret: 'texts' }));
    rest.secrets.put(secretMade('texts', { user: 'swordfish', 'credentials.json': 'no json' }));
    rest.offerings.put(offeringMade('b', 'b', { image: 'b', credentialsSecret: 'kept' }));
    rest.secrets.put(secretMade('kept', { password: 'swordfish' }, 'kept'));
    expect((await get('a')).json.Credentials).to.deep.equal({ user: '***' });
    expect((await get('b')).json.Credentials).to.deep.equal({});
  });

  it('are refused where the catalog would leave them out', async () => {
    await put('a', { Plan: 'b_c' });
    const other = offeringMade('other', 'another name');
    rest.offerings.put({ ...other, spec: { ...other.spec, id: 'taken' } });
    await expectRefused(put('a_b', { Plan: 'c' }), 409, /ServiceOffering a has the id/);
    await expectRefused(put('taken', { Plan: 'c' }), 409, /ServiceOffering other has the id/);
  });

  it('leave a Secret alone that is somebody else’s, and store nothing then', async () => {
    rest.secrets.put(secretMade('docker-image-redis', { password: 'theirs' }));
    await expectRefused(put('redis', { Plan: 'p', Credentials: CREDENTIALS }), 409, /not of this API/);
    expect(rest.writes()).to.deep.equal([]);
  });

  it('are deleted with their credentials, once; an unknown one is gone', async () => {
    await put('redis', { Plan: 'p', Credentials: CREDENTIALS });
    const deleted = await remove('redis');
    expect([deleted.status, deleted.json]).to.deep.equal([200, {}]);
    expect([rest.offerings.list(), rest.secrets.list()]).to.deep.equal([[], []]);
    await expectRefused(remove('redis'), 410, /no docker image redis/);
    await expectRefused(get('redis'), 404, /no docker image redis/);
  });

  it('that have instances stay, and so do the plans of these', async () => {
    await put('redis', { Plan: 'p', Credentials: CREDENTIALS });
    rest.instances.put(instanceMade('web', 'redis', 'p', settingsOf('redis')!));
    await expectRefused(remove('redis'), 409, /deprovision them first: web$/);
    await expectRefused(put('redis', { Plan: 'q' }), 409, /deprovision them first: web$/);
    for (const name of ['a', 'b', 'c']) rest.instances.put(instanceMade(name, 'redis', 'p', {}));
    await expectRefused(remove('redis'), 409, / and 1 more$/);
    expect((await put('redis', { Plan: 'p' })).status).to.equal(200);
    expect(secretOf('docker-image-redis')).to.deep.equal(CREDENTIALS);
    for (const { metadata } of rest.instances.list()) rest.instances.remove(metadata.name);
    await put('redis', { Plan: 'q' });
    expect(rest.secrets.list()).to.deep.equal([]);
    expect((await remove('redis')).status).to.equal(200);
  });

  it('are not stored into an offering that is being deleted', async () => {
    await put('redis', { Plan: 'p' });
    const present = rest.offerings.get('redis')!;
    const deletionTimestamp = '2026-01-02T03:04:05Z';
    rest.offerings.put({ ...present, metadata: { ...present.metadata, deletionTimestamp } });
    await expectRefused(put('redis', { Plan: 'p' }), 409, /is being deleted/);
  });

  it('that are containers already are on the host that is named, or on the only one', async () => {
    const body = { Plan: 'p', Containername: 'there', Numinstances: 0 };
    await expectRefused(put('redis', body), 400, /Containername needs DockerHost.* there are: none$/);
    rest.hosts.put(hostOf('alpha'));
    const made = await put('redis', body);
    expect(made.json).to.deep.equal({ ...body, Name: 'redis', DockerHost: 'alpha', Offering: 'redis' });
    expect(settingsOf('redis')).to.deep.equal({ container: 'there', host: 'alpha' });
    const address = 'id-d8a16f72d8d1d6c1a3d3df8ba0e3a5ea9ea3ed5f4ef63f8c29a3fcf5';
    rest.hosts.put(hostOf(address));
    await expectRefused(put('redis', body), 400, / there are: alpha, id-/);
    await put('redis', { ...body, DockerHost: address });
    expect(settingsOf('redis')).to.deep.equal({ container: 'there', host: address });
    await expectRefused(put('redis', { ...body, DockerHost: 'beta' }), 400, /there is no DockerHost beta/);
    await put('mysql', { Plan: 'p', DockerHost: 'alpha' });
    expect(settingsOf('mysql')).to.deep.equal({ image: 'mysql', host: 'alpha' });
  });
});
