// The chart, rendered by a real helm for a cluster that is not there: it lints, says the same as the kustomization,
// keeps to its values, and refuses any others.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { flagOf, SETTINGS } from '../../src/sdk/settings.js';
import {
  CHART,
  isHook,
  keyOf,
  kustomize,
  type Manifest,
  parseManifests,
  pick,
  type Rendering,
  renderChart,
} from './manifests.js';
import { missingTool, ROOT, runTool } from './tools.js';
import { suiteUnless } from '../support/skip.js';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const chart = (file: string): string => read(`${CHART}/${file}`);

const HELMS_OWN = [
  'helm.sh/chart',
  ...['instance', 'version', 'managed-by'].map((name) => `app.kubernetes.io/${name}`),
];
const SECRETS = ['Secret/brokersdk-credentials', 'Secret/brokersdk-tls'];
const SERVICE_CATALOG = 'servicecatalog.k8s.io/v1beta1';

/** What both ways of installation bring: neither makes its namespace here, nor are Secrets part of the kustomization. */
function shared(manifests: Manifest[]): Map<string, Manifest> {
  const comparable = manifests.filter((each) => {
    return !isHook(each) && each.kind !== 'Namespace' && !SECRETS.includes(keyOf(each));
  });
  for (const { metadata } of comparable) for (const label of HELMS_OWN) delete metadata.labels?.[label];
  return new Map(comparable.map((each) => [keyOf(each), each]));
}

/** As text, whose difference says which line it is. */
const textOf = (manifest?: Manifest): string => stringify(manifest, { sortMapEntries: true });

function expectSame(rendering: Rendering, folder: string): void {
  const [ours, theirs] = [shared(renderChart(rendering)), shared(kustomize(folder))];
  expect([...ours.keys()].sort()).to.deep.equal([...theirs.keys()].sort());
  for (const [key, manifest] of theirs) expect(textOf(ours.get(key)), key).to.equal(textOf(manifest));
}

const broker = (rendering: Rendering): any =>
  pick(renderChart(rendering), 'Deployment/brokersdk').spec.template.spec;

const environment = (rendering: Rendering): Record<string, string> =>
  Object.fromEntries(broker(rendering).containers[0].env.map((each: any) => [each.name, each.value]));

const decoded = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );

suiteUnless(missingTool('helm', 'kubectl'), 'the Helm chart', function () {
  it('lints', () => {
    runTool('helm', ['lint', '--strict', CHART]);
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(read('package.json'));
    const { version: own, appVersion } = parse(chart('Chart.yaml'));
    expect([own, appVersion]).to.deep.equal([version, version]);
  });

  it('has the custom resource definitions, and no others', () => {
    expect(readdirSync(join(ROOT, CHART, 'crds'))).to.have.members(readdirSync(join(ROOT, 'crds')));
    for (const file of readdirSync(join(ROOT, 'crds')))
      expect(chart(`crds/${file}`), file).to.equal(read(`crds/${file}`));
  });

  describe('comes to the same as the kustomization', () => {
    it('on a new Kubernetes', () => expectSame({}, 'install/kustomize/overlays/kubernetes'));

    it('on Kubernetes 1.20', () =>
      expectSame({ kubernetes: '1.20' }, 'install/kustomize/overlays/kubernetes-1.20'));

    it('on OpenShift', () =>
      expectSame({ apis: ['security.openshift.io/v1'] }, 'install/kustomize/overlays/openshift'));

    it('in another namespace, without the sample, with all that can be added', () => {
      mkdirSync(join(ROOT, '.local'), { recursive: true });
      const folder = mkdtempSync(join(ROOT, '.local/kustomize-'));
      const base = relative(folder, join(ROOT, 'install/kustomize'));
      const kustomization = {
        namespace: 'other',
        resources: [`${base}/base`],
        components: ['disruption-budget', 'workloads', 'docker-agent', 'administrators'].map(
          (name) => `${base}/components/${name}`,
        ),
      };
      writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
      try {
        const values = {
          sample: { enabled: false },
          workloads: { enabled: true },
          dockerAgent: { enabled: true },
          administrators: { existingSecret: 'brokersdk-admin-credentials' },
        };
        expectSame({ namespace: 'other', values }, folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  describe('Secrets', () => {
    it('are made with what the broker needs', () => {
      const manifests = renderChart({ namespace: 'other' });
      const { username, password, credentials } = decoded(pick(manifests, SECRETS[0]!).data);
      expect(password).to.match(/^[A-Za-z0-9]{32}$/);
      expect(credentials).to.equal(`${username}:${password}\n`);
      const tls = decoded(pick(manifests, SECRETS[1]!).data);
      const own = new X509Certificate(tls['tls.crt']!);
      const authority = new X509Certificate(tls['ca.crt']!);
      expect(own.verify(authority.publicKey), 'signed by the authority').to.be.true;
      expect(own.checkIssued(authority), 'issued by the authority').to.be.true;
      expect(own.checkPrivateKey(createPrivateKey(tls['tls.key']!)), 'of this key').to.be.true;
      expect(own.checkHost('brokersdk.other.svc'), 'for the name of the Service').to.be.a('string');
    });

    it('are other ones in each cluster', () => {
      const [one, two] = [renderChart(), renderChart()].map((manifests) =>
        SECRETS.map((key) => pick(manifests, key).data),
      );
      expect(one![0].password).not.to.equal(two![0].password);
      expect(one![1]['tls.key']).not.to.equal(two![1]['tls.key']);
    });

    it('that are given take the place of those', () => {
      const values = { credentials: { existingSecret: 'given-login' }, tls: { existingSecret: 'given-tls' } };
      const manifests = renderChart({ values, apis: [SERVICE_CATALOG] });
      expect(manifests.filter(({ kind }) => kind === 'Secret')).to.be.empty;
      expect(JSON.stringify(manifests)).not.to.match(/"brokersdk-(credentials|tls)"/);
      const { volumes } = broker({ values });
      expect(volumes.map(({ secret }: any) => secret.secretName)).to.deep.equal(['given-login', 'given-tls']);
    });
  });

  describe('values', () => {
    const schema = JSON.parse(chart('values.schema.json'));

    it('have a default each', () => {
      const { global: _, settings, resources, ...names } = namesIn(schema, 'properties');
      expect([settings, resources]).not.to.include(undefined);
      const { settings: none, resources: some, ...defaults } = parse(chart('values.yaml'));
      expect(none).to.deep.equal({});
      expect(some).to.have.all.keys('requests', 'limits');
      expect(namesIn(defaults)).to.deep.equal(names);
    });

    it('are described', () => {
      const described = (part: any): void => {
        for (const [name, property] of Object.entries<any>(part.properties ?? {})) {
          expect(property.description, name).to.be.a('string').that.matches(/\.$/);
          described(property);
        }
      };
      described(schema);
    });

    it('for settings are those of the broker, but for what the chart decides', () => {
      const CHARTS_OWN = [
        ...['host', 'port', 'healthPort', 'namespace', 'catalogFile'],
        ...['username', 'password', 'credentialsFile', 'bearerTokenFile', 'adminCredentialsFile'],
        ...['tlsCertFile', 'tlsKeyFile'],
      ];
      const names = Object.keys(SETTINGS).filter((name) => !CHARTS_OWN.includes(name));
      const { properties } = schema.properties.settings;
      expect(Object.keys(properties)).to.have.members(
        names.map((name) => flagOf(name as keyof typeof SETTINGS)),
      );
      for (const name of names as (keyof typeof SETTINGS)[]) {
        const { meaning, parse: accept } = SETTINGS[name];
        const property = properties[flagOf(name)];
        expect(property.description, name).to.equal(meaning);
        for (const word of wordsOf(property)) expect(() => accept(word), `${name} ${word}`).not.to.throw();
        for (const word of wrongOf(property)) expect(() => accept(word), `${name} ${word}`).to.throw();
      }
    });

    it('of settings become environment variables', () => {
      const settings = { 'log-level': 'debug', 'require-guids': false, 'operation-timeout-seconds': 604_800 };
      expect(environment({ values: { settings } })).to.include({
        BROKER_LOG_LEVEL: 'debug',
        BROKER_REQUIRE_GUIDS: 'false',
        BROKER_OPERATION_TIMEOUT_SECONDS: '604800',
      });
    });

    it('that belong together follow each other', () => {
      const values = { settings: { 'shutdown-grace-seconds': 0 }, resources: { limits: { memory: '2Gi' } } };
      expect(broker({ values }).terminationGracePeriodSeconds).to.equal(15);
      expect(environment({ values })).to.include({ NODE_OPTIONS: '--max-old-space-size=1536' });
      expect(environment({ values: { resources: { limits: null } } })).not.to.have.property('NODE_OPTIONS');
    });

    it('reach the pod', () => {
      const values = {
        replicas: 3,
        image: { repository: 'registry.example:5000/team/broker', tag: 'v1', pullSecrets: ['login'] },
        nodeSelector: { disk: 'fast' },
        tolerations: [{ operator: 'Exists' }],
        affinity: { nodeAffinity: {} },
        extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
        serviceAccount: { create: false, name: 'given' },
      };
      const manifests = renderChart({ values });
      const { replicas, template } = pick(manifests, 'Deployment/brokersdk').spec;
      expect(replicas).to.equal(3);
      expect(template.spec).to.deep.include({
        imagePullSecrets: [{ name: 'login' }],
        nodeSelector: values.nodeSelector,
        tolerations: values.tolerations,
        affinity: values.affinity,
        serviceAccountName: 'given',
      });
      expect(template.spec.containers[0].image).to.equal('registry.example:5000/team/broker:v1');
      expect(template.spec.containers[0].env).to.deep.include(values.extraEnv[0]);
      expect(manifests.map(keyOf)).not.to.include('ServiceAccount/given');
      expect(pick(manifests, 'RoleBinding/brokersdk').subjects[0].name).to.equal('given');
    });

    it('leave out what is not wanted', () => {
      const off = { enabled: false };
      const values = { networkPolicy: off, podDisruptionBudget: off, userRoles: { create: false } };
      const kinds = renderChart({ values }).map(({ kind }) => kind);
      expect(kinds).not.to.include.members(['NetworkPolicy']);
      expect(kinds).not.to.include.members(['PodDisruptionBudget']);
      expect(kinds).not.to.include.members(['ClusterRole']);
    });

    const WRONG: [values: object, complaint: RegExp][] = [
      [{ replica: 3 }, /replica' not allowed/],
      [{ image: { name: 'x' } }, /at '\/image': .*'name' not allowed/],
      [{ image: { tag: 1 } }, /at '\/image\/tag': got number, want string/],
      [{ image: { pullPolicy: 'Sometimes' } }, /at '\/image\/pullPolicy': value must be one of 'Always'/],
      [{ replicas: 0 }, /at '\/replicas': minimum: got 0, want 1/],
      [{ settings: { 'log-level': 'loud' } }, /at '\/settings\/log-level': value must be one of 'error'/],
      [{ settings: { port: 1 } }, /at '\/settings': .*'port' not allowed/],
      [
        { settings: { 'patience-seconds': 61 } },
        /at '\/settings\/patience-seconds': maximum: got 61, want 60/,
      ],
      [{ extraEnv: [{ name: 'BROKER_PORT', value: '1' }] }, /at '\/extraEnv\/0\/name'/],
      [{ extraEnv: [{ value: '1' }] }, /at '\/extraEnv\/0': missing property 'name'/],
      [{ resources: { limits: { memory: '1G' } } }, /at '\/resources\/limits\/memory': '1G' does not match/],
      [{ tls: { existingSecret: 'Not A Name' } }, /at '\/tls\/existingSecret'/],
    ];
    for (const [values, complaint] of WRONG) {
      it(`are refused when wrong: ${JSON.stringify(values)}`, () => {
        expect(() => renderChart({ values: values as Record<string, unknown> })).to.throw(complaint);
      });
    }
  });

  describe('Service Catalog', () => {
    const KEY = 'ClusterServiceBroker/other';

    it('is told of the broker as install.sh tells it', () => {
      const manifests = renderChart({ namespace: 'other', apis: [SERVICE_CATALOG] });
      const ca = pick(manifests, SECRETS[1]!).data['ca.crt'];
      const [theirs] = parseManifests(
        read('install/service-catalog/cluster-service-broker.yaml')
          .replaceAll('NAMESPACE', 'other')
          .replace('CA_BUNDLE', ca),
      );
      expect(shared(manifests).get(KEY)).to.deep.equal(theirs);
    });

    it('is left alone where it is not installed, or not wanted', () => {
      expect(renderChart({ namespace: 'other' }).map(keyOf)).not.to.include(KEY);
      const values = { serviceCatalog: { register: false } };
      expect(renderChart({ namespace: 'other', values, apis: [SERVICE_CATALOG] }).map(keyOf)).not.to.include(
        KEY,
      );
    });
  });

  it('runs its hooks as confined as the broker', () => {
    const hooks = renderChart().filter(isHook);
    const pods = hooks.filter(({ kind }) => kind === 'Pod' || kind === 'Job');
    const jobs = ['before', 'after'].map((moment) => `Job/brokersdk-uninstall-${moment}`);
    expect(pods.map(keyOf)).to.have.members(['Pod/brokersdk-test', ...jobs]);
    const { containers, securityContext } = broker({});
    const { fsGroup: _, ...confined } = securityContext;
    for (const hook of pods) {
      const pod = hook.spec.template?.spec ?? hook.spec;
      expect(pod.securityContext, keyOf(hook)).to.deep.equal(confined);
      expect(pod.containers[0].securityContext, keyOf(hook)).to.deep.equal(containers[0].securityContext);
    }
  });
});

/** The values that a property of the schema takes, as far as they can be counted: all words, or both ends of a range; else some. */
const wordsOf = (property: any): string[] =>
  (
    property.enum ??
    property.examples ??
    (property.type === 'boolean' ? [true, false] : [property.minimum, property.maximum])
  ).map(String);

/** The nearest that it does not take. */
const wrongOf = (property: any): string[] =>
  property.type === 'integer' ? [property.minimum - 1, property.maximum + 1].map(String) : ['neither'];

/** The names in a tree of objects, without what is at its leaves; `under` each name when that is given. */
function namesIn(tree: any, under?: string): Record<string, any> {
  const branch = under ? tree?.[under] : tree;
  if (typeof branch !== 'object' || branch === null || Array.isArray(branch)) return {};
  return Object.fromEntries(Object.entries(branch).map(([key, value]) => [key, namesIn(value, under)]));
}
