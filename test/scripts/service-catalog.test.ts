// The test scripts with VIA=service-catalog, and both groups of resources in one cluster. Service Catalog is played by
// catalog-controller.ts on an API server that has its definitions; kubectl is the real one.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { Secret } from '../../src/sdk/kube/types.js';
import { API_VERSION, INSTANCES, SECRETS, type ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { skipAloud } from '../support/skip.js';
import { CATALOG_WORDS, CatalogController, catalogDefinition } from './catalog-controller.js';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);
const KINDS = ['ServiceInstance', 'ServiceBinding'] as const;
const INSTANCE = '7da001ba-dd6c-44d9-bffd-a064935af78b';
const BINDING = 'df5ad5f9-7abc-4c1a-ac32-714d4460e1a0';

describe('the words of our definitions', () => {
  for (const file of readdirSync(new URL('crds/', ROOT))) {
    it(`are no words of Service Catalog: ${file}`, () => {
      const { names } = (
        parse(readFileSync(new URL(`crds/${file}`, ROOT), 'utf8')) as {
          spec: { names: { shortNames: string[]; categories: string[] } };
        }
      ).spec;
      for (const word of [...names.shortNames, ...names.categories])
        expect(CATALOG_WORDS).to.not.include(word);
    });
  }
});

describe('the test scripts and Service Catalog', function () {
  this.timeout(60_000);
  const home = mkdtempSync(join(tmpdir(), 'brokersdk-catalog-'));
  let cluster: TestCluster;
  let config: ClusterConfig;
  let isOurs = false;
  let instances: CatalogController | undefined;
  let bindings: CatalogController | undefined;

  async function kubectl(words: string[], input = ''): Promise<{ ok: boolean; stdout: string }> {
    const args = ['--kubeconfig', cluster.kubeconfig, '--namespace', cluster.namespace, ...words];
    const running = run('kubectl', args, { env: { ...process.env, HOME: home } });
    running.child.stdin?.on('error', () => undefined).end(input); // where there is no kubectl, nobody reads it
    return running.then(
      ({ stdout }) => ({ ok: true, stdout }),
      () => ({ ok: false, stdout: '' }),
    );
  }

  before(async function () {
    cluster = await openCluster();
    config = cluster.config();
    if (!(await kubectl(['get', 'crd', 'serviceinstances.sdkbroker.broker.io'])).ok) {
      return skipAloud(this, 'kubectl is not on this machine; install it (Debian: kubernetes-client)');
    }
    if ((await kubectl(['get', 'crd', 'serviceinstances.servicecatalog.k8s.io'])).ok) {
      return skipAloud(
        this,
        'Service Catalog is in this cluster, and this test would remove its definitions',
      );
    }
    isOurs = true;
    for (const kind of KINDS)
      expect((await kubectl(['apply', '-f', '-'], JSON.stringify(catalogDefinition(kind)))).ok).to.equal(
        true,
      );
    instances = await CatalogController.start(config, cluster.namespace, 'ServiceInstance');
    bindings = await CatalogController.start(config, cluster.namespace, 'ServiceBinding');
  });

  after(async () => {
    if (isOurs)
      for (const kind of KINDS)
        await kubectl(['delete', 'crd', `${kind.toLowerCase()}s.servicecatalog.k8s.io`]);
    instances?.close();
    bindings?.close();
    await config.close();
    await cluster.close();
    rmSync(home, { recursive: true });
  });

  /** Starts a script; `says` resolves when its output has the text. */
  function start(name: string, more: NodeJS.ProcessEnv = {}) {
    const env = { KUBECONFIG: cluster.kubeconfig, CATALOG_NAMESPACE: cluster.namespace };
    const child = spawn('bash', [new URL(`test-scripts/${name}.sh`, ROOT).pathname], {
      env: { ...process.env, ...env, HOME: home, VIA: 'service-catalog', ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let heard = (): void => undefined;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
        heard();
      });
    const exit = once(child, 'close').then(([code]) => ({ code: code as number, output }));
    return {
      exit,
      says: (text: string): Promise<void> =>
        new Promise((resolve, reject) => {
          heard = () => output.includes(text) && resolve();
          heard();
          void exit.then(() => reject(new Error(`it ended without "${text}":\n${output}`)));
        }),
    };
  }

  it('provision: the instance as Service Catalog has it, until it is ready', async () => {
    const script = start('provision', { PARAMETERS: '{"size":3}' });
    const { spec } = await instances!.take(INSTANCE);
    expect(spec).to.deep.equal({
      clusterServiceClassExternalID: '8929d1a1-2efb-4443-b67a-6f369bb39795',
      clusterServicePlanExternalID: 'big_0001',
      externalID: INSTANCE,
      parameters: { size: 3 },
    });
    await instances!.report(INSTANCE, ['Ready=False:Provisioning:It is being provisioned']);
    await script.says('Pending: Provisioning: It is being provisioned');
    await instances!.report(INSTANCE, ['Ready=True:ProvisionedSuccessfully:It was provisioned']);
    const { code, output } = await script.exit;
    expect(output).to.match(/Ready: ProvisionedSuccessfully: It was provisioned\n$/);
    expect(code).to.equal(0);
  });

  it('provision again: it is ready', async () => {
    const { code, output } = await start('provision', { PARAMETERS: '{"size":3}' }).exit;
    expect(output).to.match(/Ready: ProvisionedSuccessfully/);
    expect(code).to.equal(0);
  });

  for (const [title, more, shown] of [
    ['bind: shows the keys of the Secret', {}, '"uri": "(hidden; SHOW_CREDENTIALS=1 shows it)"'],
    ['and the values, where that is wished', { SHOW_CREDENTIALS: '1' }, '"uri": "http://a-secret"'],
  ] as const) {
    it(title, async () => {
      const script = start('bind', more);
      const { spec } = await bindings!.take(BINDING);
      expect(spec).to.deep.equal({
        instanceRef: { name: INSTANCE },
        externalID: BINDING,
        secretName: BINDING,
      });
      const secrets = createResourceClient<Secret>(config, SECRETS, cluster.namespace);
      if (!(await secrets.get(BINDING)))
        await secrets.create({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: BINDING },
          data: { uri: Buffer.from('http://a-secret').toString('base64') },
        });
      await bindings!.report(BINDING, ['Ready=True:InjectedBindResult:Injected bind result']);
      const { code, output } = await script.exit;
      expect(output).to.include(shown);
      expect(output).to.include(
        `The application gets the Secret ${BINDING} in namespace ${cluster.namespace}`,
      );
      expect(output.includes('a-secret')).to.equal(shown.includes('a-secret'));
      expect(code).to.equal(0);
    });
  }

  it('deprovision: says why not, and goes on to wait', async () => {
    const script = start('deprovision');
    await instances!.untilDeleted(INSTANCE);
    await instances!.report(INSTANCE, ['Ready=False:DeprovisionBlockedByExistingCredentials:Unbind first']);
    await script.says('Deleting: DeprovisionBlockedByExistingCredentials: Unbind first');
    const unbind = start('unbind');
    await bindings!.untilDeleted(BINDING);
    await bindings!.release(BINDING);
    expect((await unbind.exit).code).to.equal(0);
    await instances!.release(INSTANCE);
    expect((await script.exit).code).to.equal(0);
  });

  it('provision fails with what Service Catalog says, and is deprovisioned all the same', async () => {
    const script = start('provision');
    await instances!.take(INSTANCE);
    await instances!.report(INSTANCE, [
      'Ready=False:ProvisionCallFailed:It failed',
      'Failed=True:ClusterServiceBrokerReturnedFailure:Status 400: no',
    ]);
    const { code, output } = await script.exit;
    expect(output).to.include('Failed: ClusterServiceBrokerReturnedFailure: Status 400: no\n');
    expect(output).to.include(`error: serviceinstances.servicecatalog.k8s.io/${INSTANCE} failed`);
    expect(code).to.equal(1);
    const removal = start('deprovision');
    await instances!.untilDeleted(INSTANCE);
    await removal.says('Deleting: ProvisionCallFailed');
    await instances!.release(INSTANCE);
    expect((await removal.exit).code).to.equal(0);
  });

  it('unbind fails where Service Catalog has given up', async () => {
    await bindings!.create(BINDING);
    await bindings!.take(BINDING);
    const script = start('unbind');
    await bindings!.untilDeleted(BINDING);
    await bindings!.report(BINDING, ['Ready=Unknown:UnbindCallFailed:Status 500'], {
      unbindStatus: 'Failed',
    });
    const { code, output } = await script.exit;
    expect(output).to.include('Failed: UnbindCallFailed: Status 500\n');
    expect(code).to.equal(1);
    await bindings!.release(BINDING);
  });

  it('says so where it is not ready in time', async () => {
    const { code, output } = await start('provision', { POLL_TIMEOUT: '0' }).exit;
    expect(output).to.include('Pending: nothing is known yet');
    expect(output).to.include('is not ready after 0 seconds');
    expect(code).to.equal(1);
    await instances!.remove(INSTANCE);
  });

  it('fails to delete what is not there', async () => {
    const { code, output } = await start('deprovision').exit;
    expect(output).to.include('was not deleted');
    expect(code).to.equal(1);
  });

  it('finds each by its own words', async () => {
    await instances!.create('theirs');
    await createResourceClient<ServiceInstance>(config, INSTANCES, cluster.namespace).create({
      apiVersion: API_VERSION,
      kind: 'ServiceInstance',
      metadata: { name: 'ours' },
      spec: { serviceId: 's', planId: 'p' },
    });
    const names = async (word: string): Promise<string> =>
      (await kubectl(['get', word, '-o', 'name'])).stdout;
    expect(await names('osbi')).to.equal('serviceinstance.sdkbroker.broker.io/ours\n');
    expect(await names('osb')).to.equal('serviceinstance.sdkbroker.broker.io/ours\n');
    expect(await names('svcat')).to.equal('serviceinstance.servicecatalog.k8s.io/theirs\n');
    expect(await names('serviceinstances.servicecatalog.k8s.io')).to.equal(await names('svcat'));
    expect(await names('serviceinstances.sdkbroker.broker.io')).to.equal(await names('osbi'));
    await instances!.remove('theirs');
  });
});
