// The two hooks of `helm uninstall`. `before`: without a broker nobody lets go of the instances and bindings that there
// are, and their finalizers would hold them, and their namespace, for ever; so it is not removed while there are any.
// `after`: once its pods are gone, and the rights of the agents, removes what these made and would have made again.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, NAMESPACE, MOMENT } = process.env;
const OURS = `/apis/sdkbroker.broker.io/v1alpha1/namespaces/${NAMESPACE}`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const BROKERS = `${PODS}?labelSelector=app.kubernetes.io/name=brokersdk,app.kubernetes.io/component=broker`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
const DASHBOARD_KEY = `/api/v1/namespaces/${NAMESPACE}/secrets/brokersdk-dashboard-key`;

/** Resolves to the answer, or to nothing where there is no such thing. */
async function call(method, path) {
  const response = await new Promise((resolve, reject) => {
    request({
      method,
      host: KUBERNETES_SERVICE_HOST,
      port: KUBERNETES_SERVICE_PORT,
      path,
      ca: readFileSync(`${ACCOUNT}/ca.crt`),
      headers: { authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, 'utf8')}` },
    })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });
  let body = '';
  for await (const chunk of response) body += chunk;
  if (response.statusCode === 404) return undefined;
  if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${response.statusCode} ${body}`);
  return JSON.parse(body);
}

const count = async (path) => (await call('GET', path))?.items.length ?? 0;

async function before() {
  const [instances, bindings] = [
    await count(`${OURS}/serviceinstances`),
    await count(`${OURS}/servicebindings`),
  ];
  if (instances + bindings === 0) return;
  console.error(
    `the namespace ${NAMESPACE} has service instances (${instances}) or bindings (${bindings}): ` +
      'have their platform unbind and deprovision them, or delete them with kubectl, and uninstall again',
  );
  process.exitCode = 1;
}

async function after() {
  while ((await count(BROKERS)) > 0) await sleep(1000);
  await call('DELETE', `${OURS}/serviceofferings?labelSelector=sdkbroker.broker.io/source`);
  await call('DELETE', `${OURS}/dockerhosts`);
  await call('DELETE', `${LEASES}?labelSelector=sdkbroker.broker.io/lease=docker-host`);
  await call('DELETE', `${LEASES}/brokersdk-controllers`);
  await call('DELETE', DASHBOARD_KEY);
  await call('DELETE', `${PODS}/brokersdk-test`); // left where a test failed, for its log
}

await (MOMENT === 'before' ? before() : after());
