import { expect } from 'chai';
import { Discovery } from '../kube/discovery.js';
import { sendJson, startServer, type TestServer } from '../kube/harness.test.js';
import { missingRights } from './missing-rights.js';

const ALL = 'get, list, watch, create, patch, delete';
const RESOURCES = [
  { name: 'deployments', kind: 'Deployment', namespaced: true },
  { name: 'namespaces', kind: 'Namespace', namespaced: false },
];

describe('missingRights', () => {
  let server: TestServer;
  /** As `delete deployments home`. */
  let refused: (question: string) => boolean;
  const ask = (...[kinds, options]: Parameters<ReturnType<typeof missingRights>>) =>
    missingRights(server.config, new Discovery(server.config), 'home')(kinds, options);

  beforeEach(async () => {
    refused = () => false;
    server = await startServer(({ method, body }, response) => {
      if (method === 'GET') return sendJson(response, 200, { resources: RESOURCES });
      const { spec } = JSON.parse(body) as { spec: { resourceAttributes: Record<string, string> } };
      const { verb, resource, namespace } = spec.resourceAttributes;
      const allowed = !refused([verb, resource, namespace].join(' ').trim());
      sendJson(response, 201, { metadata: {}, spec, status: { allowed } });
    });
  });
  afterEach(() => server.close());

  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace' };

  it('are none where all that it takes is allowed', async () => {
    expect(await ask([deployment, namespace])).to.deep.equal([]);
  });

  it('are told with the rule that is missing', async () => {
    refused = (question) => /^(patch|delete) deployments home$/.test(question);
    expect(await ask([deployment, deployment])).to.deep.equal([
      'the broker may not patch, delete deployments.apps in the namespace home: add a rule with apiGroups [apps], ' +
        `resources [deployments], verbs [${ALL}] to its Role`,
    ]);
  });

  it('are those of a ClusterRole where a kind is in no namespace, or all namespaces are meant', async () => {
    refused = (question) => !question.endsWith(' home');
    expect(await ask([namespace, deployment])).to.deep.equal([
      `the broker may not ${ALL} namespaces: add a rule with apiGroups [""], resources [namespaces], verbs [${ALL}] ` +
        'to a ClusterRole of its own',
    ]);
    const [told] = await ask([deployment], { everywhere: true });
    expect(told).to.include(`the broker may not ${ALL} deployments.apps in all namespaces: add a rule`);
  });

  it('tell also of a kind that there is not', async () => {
    expect(await ask([{ apiVersion: 'apps/v1', kind: 'Widget' }])).to.deep.equal([
      'there is no kind Widget in apps/v1: is its definition installed?',
    ]);
  });
});
