// How many API requests each step of a lifecycle costs: counted, not timed.
import { randomUUID } from 'node:crypto';
import { BenchBroker, type OsbAnswer } from './support/broker.js';
import { openCluster } from './support/cluster.js';
import { definition, PLAN_ID, provisionBody, SERVICE_ID } from './support/definition.js';
import { pause, quiet } from './support/quiet.js';
import type { Measurement, Row } from './support/report.js';
import { accountable } from './support/request-budget.js';

const OTHER_PLAN_ID = definition.services![0]!.offering.plans[1]!.id;

type Step = [what: string, send: (broker: BenchBroker) => Promise<OsbAnswer>];

function steps(): Step[] {
  const instance = `/v2/service_instances/${randomUUID()}`;
  const binding = `${instance}/service_bindings/${randomUUID()}`;
  const ids = { service_id: SERVICE_ID, plan_id: OTHER_PLAN_ID };
  const query = `?${new URLSearchParams(ids).toString()}`;
  return [
    ['provision', (broker) => broker.send('PUT', instance, provisionBody())],
    ['the same provision again', (broker) => broker.send('PUT', instance, provisionBody())],
    ['last_operation', (broker) => broker.send('GET', `${instance}/last_operation`)],
    ['fetch', (broker) => broker.send('GET', instance)],
    ['catalog', (broker) => broker.send('GET', '/v2/catalog')],
    ['update', (broker) => broker.send('PATCH', instance, { ...ids, previous_values: { plan_id: PLAN_ID } })],
    ['bind', (broker) => broker.send('PUT', binding, ids)],
    ['the same bind again', (broker) => broker.send('PUT', binding, ids)],
    ['fetch of the binding', (broker) => broker.send('GET', binding)],
    ['unbind', (broker) => broker.send('DELETE', `${binding}${query}`)],
    ['deprovision', (broker) => broker.send('DELETE', `${instance}${query}`)],
  ];
}

export async function lifecycle(): Promise<Measurement> {
  const cluster = await openCluster();
  try {
    const broker = await BenchBroker.start(cluster, { namespace: await cluster.namespace() });
    await quiet(broker);
    const rows: Row[] = [];
    for (const [step, send] of steps()) {
      await broker.process.call('clearRequests');
      const { status, text } = await send(broker);
      if (status >= 300) throw new Error(`${step} was answered with ${status}: ${text}`);
      await quiet(broker);
      const counts = await broker.process.call('requests');
      const made = Object.entries(accountable(counts)).map(([what, count]) => `${count} ${what}`);
      rows.push({ step, 'API requests': made.join(', ') || '0', Events: counts['create events'] ?? 0 });
      await pause(0);
    }
    await broker.stop();
    return { title: 'API requests of each step', rows };
  } finally {
    await cluster.close();
  }
}
