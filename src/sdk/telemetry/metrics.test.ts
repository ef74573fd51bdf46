import { expect } from 'chai';
import { Metrics } from './metrics.js';

/** The samples of a scrape, by what stands before the value. */
async function scrape(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

const sound = { contactAgoMs: 1500, failingForMs: 0 };

describe('metrics', () => {
  it('counts the requests of platforms, and how long they took', async () => {
    const metrics = new Metrics();
    const request = { operation: 'provision', status: 202, plan: 'redis/small' };
    metrics.requestAnswered({ ...request, seconds: 0.003 });
    metrics.requestAnswered({ ...request, seconds: 0.3 });
    metrics.requestAnswered({ operation: 'none', status: 404, plan: '', seconds: 0.001 });
    const samples = await scrape(metrics);
    const requests = 'brokersdk_osb_requests_total';
    expect(samples.get(`${requests}{operation="provision",status="202",plan="redis/small"}`)).to.equal(2);
    expect(samples.get(`${requests}{operation="none",status="404",plan=""}`)).to.equal(1);
    const seconds = 'brokersdk_osb_request_duration_seconds';
    expect(samples.get(`${seconds}_bucket{le="0.005",operation="provision"}`)).to.equal(1);
    expect(samples.get(`${seconds}_count{operation="provision"}`)).to.equal(2);
  });

  it('measures operations to their end, and says why they failed', async () => {
    const metrics = new Metrics();
    const plan = { service: 'redis', plan: 'small' };
    metrics.operationEnded({
      type: 'bind',
      outcome: 'succeeded',
      reason: 'Succeeded',
      ...plan,
      seconds: 0.5,
    });
    metrics.operationEnded({
      type: 'update',
      outcome: 'failed',
      reason: 'DeadlineExceeded',
      ...plan,
      seconds: 4000,
    });
    const samples = await scrape(metrics);
    const seconds = 'brokersdk_operation_duration_seconds';
    const failed = 'type="update",outcome="failed",plan="redis/small"';
    expect(samples.get(`${seconds}_bucket{le="3600",${failed}}`)).to.equal(0);
    expect(samples.get(`${seconds}_bucket{le="+Inf",${failed}}`)).to.equal(1);
    expect(samples.get(`${seconds}_sum{type="bind",outcome="succeeded",plan="redis/small"}`)).to.equal(0.5);
    const failures = [...samples].filter(([name]) => name.startsWith('brokersdk_operation_failures_total'));
    expect(failures).to.deep.equal([
      ['brokersdk_operation_failures_total{type="update",reason="DeadlineExceeded"}', 1],
    ]);
  });

  it('counts requests to Kubernetes, waits in queues and lost Events', async () => {
    const metrics = new Metrics();
    metrics.kubeRequest({ verb: 'create', kind: 'Secret', status: 201, seconds: 0.02 });
    metrics.kubeRequest({ verb: 'create', kind: 'Secret', status: 0, seconds: 30 });
    metrics.queueWaited('instances', 50);
    metrics.eventDropped();
    const samples = await scrape(metrics);
    const requests = 'brokersdk_kubernetes_requests_total{verb="create",kind="Secret"';
    expect(samples.get(`${requests},status="201"}`)).to.equal(1);
    expect(samples.get(`${requests},status="0"}`)).to.equal(1);
    expect(samples.get('brokersdk_kubernetes_request_duration_seconds_sum{verb="create"}')).to.equal(30.02);
    expect(samples.get('brokersdk_queue_wait_seconds_bucket{le="0.1",controller="instances"}')).to.equal(1);
    expect(samples.get('brokersdk_events_dropped_total')).to.equal(1);
  });

  it('asks at each scrape, and forgets what is gone', async () => {
    const metrics = new Metrics();
    let queues: Record<string, { length: number; oldestMs: number }> = {
      instances: { length: 3, oldestMs: 2500 },
    };
    let failingForMs = 0;
    metrics.follow({
      isLeader: () => 'instances' in queues,
      queues: () => queues,
      caches: { bindings: { freshness: () => ({ ...sound, failingForMs }), list: () => [1, 2] } },
    });
    const leading = await scrape(metrics);
    expect(leading.get('brokersdk_leader')).to.equal(1);
    expect(leading.get('brokersdk_queue_depth{controller="instances"}')).to.equal(3);
    expect(leading.get('brokersdk_queue_oldest_seconds{controller="instances"}')).to.equal(2.5);
    expect(leading.get('brokersdk_reflector_staleness_seconds{resource="bindings"}')).to.equal(1.5);
    expect(leading.get('brokersdk_reflector_failing_seconds{resource="bindings"}')).to.equal(0);
    expect(leading.get('brokersdk_cached_objects{resource="bindings"}')).to.equal(2);
    queues = {};
    failingForMs = 20_000;
    const following = await scrape(metrics);
    expect(following.get('brokersdk_leader')).to.equal(0);
    expect([...following.keys()].filter((name) => name.startsWith('brokersdk_queue_depth'))).to.be.empty;
    expect(following.get('brokersdk_reflector_failing_seconds{resource="bindings"}')).to.equal(20);
  });

  it('serves several brokers in a process, each with its own numbers and all with those of the process', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.eventDropped();
    expect((await scrape(one)).get('brokersdk_events_dropped_total')).to.equal(1);
    const samples = await scrape(other);
    expect(samples.get('brokersdk_events_dropped_total')).to.equal(0);
    expect(samples.get('process_start_time_seconds')).to.be.above(0);
  });
});
