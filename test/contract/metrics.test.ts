// Health and metrics of a broker at work, as kubelet and Prometheus see them.
import { expect } from 'chai';
import { request } from 'undici';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

async function get(broker: TestBroker, path: string): Promise<{ status: number; text: string }> {
  const answer = await request(broker.healthUrl + path);
  return { status: answer.statusCode, text: await answer.body.text() };
}

describe('health and metrics', () => {
  const scene = useScene();

  /** The values of a scrape, by name and labels. */
  const scrape = async (): Promise<Map<string, number>> => {
    const { status, text } = await get(scene.broker, '/metrics');
    expect(status).to.equal(200);
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    );
  };

  /** By how much the samples have grown since, and which they are. */
  const growth = (before: Map<string, number>, after: Map<string, number>, name: string) =>
    Object.fromEntries(
      [...after]
        .filter(([sample, value]) => sample.startsWith(`brokersdk_${name}{`) && value !== before.get(sample))
        .map(([sample, value]) => [sample.slice(sample.indexOf('{')), value - (before.get(sample) ?? 0)]),
    );

  /** A scrape for which that holds: some numbers follow what a platform sees by a moment. */
  const scrapeWhen = (holds: (samples: Map<string, number>) => boolean): Promise<Map<string, number>> =>
    eventually(scrape, holds);

  it('says that the broker lives and is ready, and why', async () => {
    expect(await get(scene.broker, '/livez')).to.deep.equal({ status: 200, text: 'ok\n' });
    expect(await get(scene.broker, '/readyz')).to.deep.equal({ status: 200, text: 'ok\n' });
    expect((await get(scene.broker, '/readyz?verbose')).text.trimEnd().split('\n')).to.have.members([
      '[+] server',
      '[+] cache of instances',
      '[+] cache of bindings',
      '[+] cache of offerings',
      '[+] cache of secrets',
      '[+] cache of configMaps',
      '[+] API server',
      '[+] Lease',
    ]);
  });

  it('counts requests by operation, status and plan', async () => {
    const id = newId();
    const before = await scrape();
    await scene.osb.catalog();
    expect((await scene.osb.provision(id, provisionOf(PLAIN), ASYNC)).status).to.equal(202);
    await scene.osb.fetch(id, queryOf({ serviceId: 'made', planId: 'up' }));
    await scene.osb.provision(id, provisionOf({ serviceId: 'made', planId: 'up' }));
    await scene.osb.send('GET', '/nowhere');
    const after = await scrape();
    const requests = growth(before, after, 'osb_requests_total');
    expect(requests).to.include({
      '{operation="catalog",status="200",plan=""}': 1,
      '{operation="provision",status="202",plan="plain/small"}': 1,
      '{operation="provision",status="400",plan=""}': 1,
      '{operation="none",status="404",plan=""}': 1,
    });
    expect(Object.keys(requests).join()).not.to.match(/made|up"/);
    const seconds = growth(before, after, 'osb_request_duration_seconds_count');
    expect(seconds).to.include({ '{operation="provision"}': 2, '{operation="none"}': 1 });
    await scene.ended(id);
  });

  it('measures each operation once, by type, outcome and plan', async () => {
    const before = await scrape();
    const id = await scene.instance();
    const bindingId = await scene.binding(id);
    scene.lab.fail('ensure', 'no room');
    const update = await scene.osb.update(id, bindOf(LARGE), ASYNC);
    expect((await scene.ended(id, update.body.operation as string)).body.state).to.equal('failed');
    scene.lab.reset();
    expect((await scene.osb.unbind(id, bindingId, queryOf(PLAIN))).status).to.equal(200);
    expect((await scene.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(200);
    const count = 'operation_duration_seconds_count';
    const after = await scrapeWhen((samples) => Object.keys(growth(before, samples, count)).length >= 5);
    const ended = Object.entries(growth(before, after, count)).map(
      ([labels, times]) => `${labels.replace(/,plan="plain\/(small|large)"/, '')} ${times}`,
    );
    expect(ended).to.have.members([
      '{type="provision",outcome="succeeded"} 1',
      '{type="bind",outcome="succeeded"} 1',
      '{type="update",outcome="failed"} 1',
      '{type="unbind",outcome="succeeded"} 1',
      '{type="deprovision",outcome="succeeded"} 1',
    ]);
    expect(growth(before, after, 'operation_failures_total')).to.deep.equal({
      '{type="update",reason="BackendRefused"}': 1,
    });
  });

  it('counts what the API server is asked, by verb and kind', async () => {
    const before = await scrape();
    await scene.instance();
    // What was stored may be seen before its answer comes.
    const after = await scrapeWhen(
      (samples) =>
        growth(before, samples, 'kubernetes_request_duration_seconds_count')['{verb="update_status"}']! > 0,
    );
    const instances = Object.entries(growth(before, after, 'kubernetes_requests_total')).filter(([labels]) =>
      labels.includes('"ServiceInstance"'),
    );
    expect(Object.fromEntries(instances)).to.deep.equal({
      '{verb="create",kind="ServiceInstance",status="201"}': 1,
      '{verb="update_status",kind="ServiceInstance",status="200"}': 1,
    });
    const seconds = growth(before, after, 'kubernetes_request_duration_seconds_count');
    expect(seconds).to.include({ '{verb="update_status"}': 1 });
  });

  it('reads what is true at the moment', async () => {
    const id = await scene.instance();
    const samples = await scrape();
    expect(samples.get('brokersdk_leader')).to.equal(1);
    expect(samples.get('process_resident_memory_bytes')).to.be.above(0);
    const objects = 'brokersdk_cached_objects{resource="instances"}';
    expect(samples.get(objects)).to.be.above(0);
    for (const controller of ['instances', 'bindings', 'offerings']) {
      expect(samples.get(`brokersdk_queue_depth{controller="${controller}"}`)).to.be.a('number');
      expect(samples.get(`brokersdk_queue_oldest_seconds{controller="${controller}"}`)).to.be.a('number');
    }
    for (const resource of ['instances', 'bindings', 'offerings', 'secrets', 'configMaps']) {
      expect(samples.get(`brokersdk_reflector_failing_seconds{resource="${resource}"}`)).to.equal(0);
      expect(samples.get(`brokersdk_reflector_staleness_seconds{resource="${resource}"}`)).to.be.below(90);
    }
    expect((await scene.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(200);
    expect((await scrape()).get(objects)).to.equal(samples.get(objects)! - 1);
  });

  it('names no object, and nothing that is secret', async () => {
    const id = await scene.instance();
    const bindingId = await scene.binding(id);
    const password = scene.lab.bindings.get(bindingId)!;
    for (const path of ['/metrics', '/readyz?verbose']) {
      const { text } = await get(scene.broker, path);
      for (const word of [id, bindingId, password, scene.cluster.namespace])
        expect(text).not.to.include(word);
    }
  });

  it('is not ready any more when a stop begins, and lives until the last request is answered', async () => {
    const other = await startTestBroker(scene.cluster, { lab: scene.lab });
    const hold = scene.lab.hang('ensure');
    const answer = other.osb.provision(newId(), provisionOf(PLAIN));
    await hold.reached;
    expect((await get(other, '/readyz')).status).to.equal(200);
    const stopped = other.stop();
    expect(await get(other, '/readyz')).to.deep.equal({ status: 503, text: '[-] server: it is stopping\n' });
    expect((await get(other, '/livez')).status).to.equal(200);
    hold.release();
    expect((await answer).status).to.equal(201);
    await stopped;
    const refused = await get(other, '/livez').catch((error: { code?: string }) => error.code);
    expect(refused).to.equal('ECONNREFUSED');
  });
});
