// What leader election needs of a Lease. The suite runs unchanged against the embedded server and, with TEST_CLUSTER=1,
// against the API server of the current kubeconfig: it shows that they agree.
import { expect } from 'chai';
import { openCluster, type Answer, type Cluster } from './cluster.js';

const TIME = '2024-01-02T03:04:05.000006Z';

describe('API fidelity: Leases', () => {
  let cluster: Cluster;
  let leases: string;

  before(async function () {
    this.timeout(20_000);
    cluster = await openCluster();
    leases = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases`;
  });

  after(() => cluster.close());

  const lease = (name: string, spec: object | null = { holderIdentity: 'a', renewTime: TIME }) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec,
  });

  const create = (body: object): Promise<Answer> => cluster.request('POST', leases, body);
  const replace = (name: string, body: object): Promise<Answer> =>
    cluster.request('PUT', `${leases}/${name}`, body);

  it('has times with six fractional digits, and no others', async () => {
    const { code, body } = await create(lease('timed'));
    expect([code, body.spec.renewTime]).to.deep.equal([201, TIME]);
    for (const renewTime of ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05.123Z', 'now', '']) {
      const refused = await create(lease('untimed', { renewTime }));
      expect([refused.code, refused.body.reason]).to.deep.equal([400, 'BadRequest']);
    }
  });

  it('may say nothing at all', async () => {
    expect((await create(lease('empty', null))).body.spec).to.deep.equal({});
    const { body } = await create(lease('nulls', { holderIdentity: '', renewTime: null }));
    expect(body.spec).to.deep.equal({ holderIdentity: '' });
  });

  it('keeps to the range of its numbers', async () => {
    const { code, body } = await create(lease('range', { leaseDurationSeconds: 0, leaseTransitions: -1 }));
    expect(code).to.equal(422);
    expect(body.details.causes).to.deep.equal([
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be greater than 0',
        field: 'spec.leaseDurationSeconds',
      },
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: -1: must to greater or equal than 0',
        field: 'spec.leaseTransitions',
      },
    ]);
    expect((await create(lease('range', { leaseTransitions: 2 ** 31 }))).code).to.equal(400);
  });

  it('is replaced by who knows its version, and by nobody else', async () => {
    const { body } = await create(lease('versioned'));
    expect((await replace('versioned', lease('versioned'))).code).to.equal(422);
    const first = await replace('versioned', { ...body, spec: { holderIdentity: 'b' } });
    expect([first.code, first.body.spec]).to.deep.equal([200, { holderIdentity: 'b' }]);
    const second = await replace('versioned', { ...body, spec: { holderIdentity: 'c' } });
    expect([second.code, second.body.reason]).to.deep.equal([409, 'Conflict']);
  });

  it('does not rise again when it was deleted and its holder renews', async () => {
    const { body } = await create(lease('deleted'));
    await cluster.request('DELETE', `${leases}/deleted`);
    const { code, body: status } = await replace('deleted', body);
    expect([code, status.reason]).to.deep.equal([409, 'Conflict']);
    expect((await cluster.request('GET', `${leases}/deleted`)).code).to.equal(404);
  });

  it('is watched by its name alone', async () => {
    const { body } = await create(lease('watched'));
    const selected = `${leases}?fieldSelector=metadata.name%3Dwatched`;
    const listed = await cluster.request('GET', selected);
    expect(listed.body.items).to.have.length(1);
    const watch = await cluster.watch(
      `${selected}&watch=true&resourceVersion=${listed.body.metadata.resourceVersion}`,
    );
    await create(lease('another'));
    await replace('watched', { ...body, spec: { holderIdentity: '' } });
    await cluster.request('DELETE', `${leases}/watched`);
    const events = [await watch.next(), await watch.next()];
    await watch.close();
    expect(events.map(({ type, object }) => [type, object.metadata.name])).to.deep.equal([
      ['MODIFIED', 'watched'],
      ['DELETED', 'watched'],
    ]);
  });
});
