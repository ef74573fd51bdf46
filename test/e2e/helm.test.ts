// The chart on the cluster of KUBECONFIG, in a namespace of its own, with the images that are there: from `helm install`
// to `helm uninstall`. IMAGE and TAG name another image than brokersdk:latest.
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { CHART } from '../install/manifests.js';
import { missingTool, runTool } from '../install/tools.js';
import { suiteUnless } from '../support/skip.js';
import { dockerHost } from './docker-host.js';

const { IMAGE = 'brokersdk', TAG = 'latest' } = process.env;
const INVERT_SERVICE = '335151ee-d035-4e3b-ae98-d76664c8fc80';

/** What nobody installed: what Kubernetes itself keeps in a namespace. */
const KUBERNETES_OWN = /^(ConfigMap\/kube-root-ca\.crt|ServiceAccount\/default|Secret\/default-token-\w+)$/;

/** Without those that are on their way out: a node may take a minute to be done with a pod. */
const NAMES =
  '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.kind}}/{{.metadata.name}}{{"\\n"}}{{end}}{{end}}';

function missingCluster(): string | undefined {
  if (process.env.KUBECONFIG === undefined) return 'no cluster: KUBECONFIG names the one to install on';
  try {
    runTool('kubectl', ['version', '--request-timeout', '10s']);
    return undefined;
  } catch {
    return 'the cluster of KUBECONFIG does not answer: start it, or name another';
  }
}

suiteUnless(missingTool('helm', 'kubectl') ?? missingCluster(), 'the Helm chart on a cluster', function () {
  this.timeout(300_000);
  const namespace = `helm-${randomBytes(4).toString('hex')}`;
  const kubectl = (...args: string[]): string => runTool('kubectl', ['--namespace', namespace, ...args]);
  const helm = (...args: string[]): string =>
    runTool('helm', [...args, '--namespace', namespace, '--timeout', '4m']);
  const names = (...kinds: string[]): string[] =>
    kubectl('get', kinds.join(','), '--output', `go-template=${NAMES}`)
      .split('\n')
      .filter((name) => name !== '' && !KUBERNETES_OWN.test(name));
  const secrets = (): unknown[] =>
    JSON.parse(
      kubectl('get', 'secret', 'brokersdk-credentials', 'brokersdk-tls', '--output', 'json'),
    ).items.map(({ data }: { data: unknown }) => data);

  before(() => {
    runTool('kubectl', ['create', 'namespace', namespace]);
    // Those of a cluster where a broker is installed already are not ours to replace.
    const hasRoles = runTool('kubectl', ['get', 'clusterroles', '--output', 'name']).includes(
      '/brokersdk-view\n',
    );
    const images = [`image.repository=${IMAGE}`, `sample.image.repository=${IMAGE}-echo-service`];
    const tags = [`image.tag=${TAG}`, `sample.image.tag=${TAG}`];
    const values = [...images, ...tags].flatMap((value) => ['--set-string', value]);
    const more = ['--set', `userRoles.create=${!hasRoles}`, '--set', 'dockerAgent.enabled=true'];
    helm('install', 'brokersdk', CHART, '--wait', ...values, ...more);
  });

  after(() => {
    runTool('kubectl', ['delete', 'namespace', namespace, '--wait=false']);
  });

  it('serves the catalog to whoever has the credentials', () => {
    expect(helm('test', 'brokersdk')).to.match(/Phase: +Succeeded/);
    expect(names('pods')).not.to.include('Pod/brokersdk-test');
  });

  it('keeps credentials and certificate when it is upgraded', () => {
    const before = secrets();
    helm('upgrade', 'brokersdk', CHART, '--reuse-values', '--set', 'settings.log-level=debug', '--wait');
    expect(secrets()).to.deep.equal(before);
    expect(kubectl('get', 'deployment', 'brokersdk', '--output', 'yaml')).to.include(
      'name: BROKER_LOG_LEVEL',
    );
    expect(helm('test', 'brokersdk')).to.match(/Phase: +Succeeded/);
  });

  it('makes the certificate anew when that is near its end', () => {
    const [credentials, certificate] = secrets();
    kubectl('annotate', '--overwrite', 'secret', 'brokersdk-tls', 'sdkbroker.broker.io/certificate-ends=1');
    helm('upgrade', 'brokersdk', CHART, '--reuse-values');
    const [sameCredentials, newCertificate] = secrets();
    expect(sameCredentials).to.deep.equal(credentials);
    expect(newCertificate).not.to.deep.equal(certificate);
    helm('upgrade', 'brokersdk', CHART, '--reuse-values');
    expect(secrets()).to.deep.equal([credentials, newCertificate]);
  });

  it('is not uninstalled while there is an instance', () => {
    const instance = {
      apiVersion: 'sdkbroker.broker.io/v1alpha1',
      kind: 'ServiceInstance',
      metadata: { name: 'one', namespace },
      spec: { serviceId: INVERT_SERVICE, planId: 'small_0001' },
    };
    runTool('kubectl', ['apply', '--filename', '-'], { input: JSON.stringify(instance) });
    kubectl(
      'wait',
      '--for',
      'condition=Ready',
      'serviceinstances.sdkbroker.broker.io/one',
      '--timeout',
      '60s',
    );
    expect(() => helm('uninstall', 'brokersdk')).to.throw(/has service instances \(1\) or bindings \(0\)/);
    expect(names('deployments')).to.include('Deployment/brokersdk');
    kubectl('delete', 'serviceinstances.sdkbroker.broker.io', 'one', '--timeout', '60s');
  });

  it('leaves nothing but the custom resource definitions when it is uninstalled', () => {
    const agent = `system:serviceaccount:${namespace}:brokersdk-agent`;
    runTool('kubectl', ['create', '--namespace', namespace, '--as', agent, '--filename', '-'], {
      input: JSON.stringify(dockerHost('one')),
    });
    helm('uninstall', 'brokersdk', '--wait');
    const kinds = [
      'deployments',
      'pods',
      'jobs',
      'services',
      'serviceaccounts',
      'roles',
      'rolebindings',
      'secrets',
    ];
    const more = ['configmaps', 'networkpolicies', 'poddisruptionbudgets', 'leases'];
    const custom = ['serviceofferings', 'dockerhosts'].map((kind) => `${kind}.sdkbroker.broker.io`);
    expect(names(...kinds, ...more, ...custom)).to.deep.equal([]);
    expect(kubectl('get', 'crds', '--output', 'name')).to.include('serviceinstances.sdkbroker.broker.io');
  });
});
