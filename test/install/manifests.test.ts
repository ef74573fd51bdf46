// The manifests that are installed, however they are put together: safe, with no more rights than the broker uses, and
// in keeping with the settings that the broker has.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/sdk/settings.js';
import { keyOf, kustomize, type Manifest, parseManifests, pick, renderChart } from './manifests.js';
import { securityProblems } from './security.js';
import { findTool, missingTool, ROOT, runTool } from './tools.js';
import { suiteUnless } from '../support/skip.js';

const OVERLAYS = readdirSync(join(ROOT, 'install/kustomize/overlays'));
const GROUP = 'sdkbroker.broker.io';
const OTHER = ['--namespace', 'other', '--image', 'registry.example:5000/a/b@sha256:ab', '--replicas', '3'];

const overlay = (name: string): Manifest[] => kustomize(`install/kustomize/overlays/${name}`);

/** What an installer would apply to a cluster that does not answer, beside the custom resource definitions. */
function dryRun(platform: string, ...options: string[]): Manifest[] {
  const env = { ...process.env, KUBECONFIG: '/nonexistent', KUBECTL: findTool('kubectl') };
  const text = runTool(join('install', platform, 'install.sh'), ['--dry-run', ...options], { env });
  return parseManifests(text).filter(({ kind }) => kind !== 'CustomResourceDefinition');
}

const podOf = (manifests: Manifest[], name = 'brokersdk'): any =>
  pick(manifests, `Deployment/${name}`).spec.template.spec;

const environmentOf = (manifests: Manifest[]): Record<string, string> =>
  Object.fromEntries(podOf(manifests).containers[0].env.map((each: any) => [each.name, each.value]));

/** `GROUP/RESOURCE[NAMES]: VERBS`, a line for each resource. */
const rights = (role: Manifest): string[] =>
  role.rules.flatMap(({ apiGroups, resources, resourceNames, verbs }: Record<string, string[]>) =>
    resources!.map(
      (resource) =>
        `${apiGroups!.join()}/${resource}${resourceNames ? `[${resourceNames.join()}]` : ''}: ${verbs!.join(' ')}`,
    ),
  );

/** `GROUP/RESOURCE` of all that the sample workloads name, and of the Pods that come of it. */
function kindsOfSamples(): string[] {
  const kinds = sampleWorkloads().map(({ apiVersion, kind }: Manifest) => {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
    return `${group}/${kind.toLowerCase()}s`;
  });
  return [...new Set([...kinds, '/pods'])];
}

/** The manifests of the sample workloads, with the templates in them. */
function sampleWorkloads(): Manifest[] {
  const files = readdirSync(join(ROOT, 'install/samples')).filter((file) => file.startsWith('workloads'));
  const plans = files.flatMap((file) =>
    parseManifests(readFileSync(join(ROOT, 'install/samples', file), 'utf8')).flatMap(
      ({ spec }) => spec.plans,
    ),
  );
  return plans.flatMap(({ settings: { manifests, binding } }) => [
    ...manifests,
    ...binding.manifests,
    ...(binding.unbindManifests ?? []),
  ]);
}

suiteUnless(missingTool('kubectl'), 'the manifests', function () {
  const RENDERINGS: [title: string, render: () => Manifest[]][] = [
    ...OVERLAYS.map((name): [string, () => Manifest[]] => [`the overlay ${name}`, () => overlay(name)]),
    ['install/kubernetes/install.sh', () => dryRun('kubernetes')],
    ['install/kubernetes/install.sh with options', () => dryRun('kubernetes', ...OTHER, '--no-echo-service')],
    ['install/openshift/install.sh --route', () => dryRun('openshift', '--route')],
  ];
  for (const [title, render] of RENDERINGS) {
    it(`of ${title} are safe`, () => {
      const manifests = render();
      expect(manifests.map(keyOf)).to.include.members(['Deployment/brokersdk', 'NetworkPolicy/brokersdk']);
      expect(securityProblems(manifests)).to.deep.equal([]);
    });
  }

  it('of the sample workloads are safe', () => {
    const manifests = sampleWorkloads().filter(({ kind }) => kind !== 'Secret');
    expect(manifests.map(({ kind }) => kind)).to.include.members(['Deployment', 'StatefulSet', 'Job']);
    expect(securityProblems(manifests)).to.deep.equal([]);
  });

  const SPOILT: [complaint: string, spoil: (manifests: Record<string, any>) => unknown][] = [
    ['has hostNetwork', ({ pod }) => (pod.hostNetwork = true)],
    ['has a hostPath', ({ pod }) => pod.volumes.push({ hostPath: { path: '/' } })],
    ['may run as root', ({ pod }) => delete pod.securityContext.runAsNonRoot],
    ['runs as root', ({ container }) => (container.securityContext.runAsUser = 0)],
    ['has no seccomp profile', ({ pod }) => delete pod.securityContext.seccompProfile],
    ['is privileged', ({ container }) => (container.securityContext.privileged = true)],
    ['may gain privileges', ({ container }) => delete container.securityContext.allowPrivilegeEscalation],
    ['may write to its root', ({ container }) => delete container.securityContext.readOnlyRootFilesystem],
    ['has capabilities', ({ container }) => (container.securityContext.capabilities.add = ['CHOWN'])],
    ['has no limit of memory', ({ container }) => delete container.resources.limits],
    ['asks for no resources', ({ container }) => delete container.resources.requests],
    ['has no readinessProbe', ({ container }) => delete container.readinessProbe],
    ['has a secret in', ({ container }) => container.env.push({ name: 'BROKER_PASSWORD', value: 'x' })],
    ['has a wildcard', ({ Role }) => Role.rules.push({ apiGroups: [''], resources: ['*'], verbs: ['get'] })],
    ['gives rights to', ({ RoleBinding }) => (RoleBinding.subjects[0].name = 'system:anonymous')],
    ['gives rights in the whole cluster', ({ RoleBinding }) => (RoleBinding.kind = 'ClusterRoleBinding')],
    ['is a Secret', ({ Service }) => (Service.kind = 'Secret')],
  ];
  for (const [complaint, spoil] of SPOILT) {
    it(`are not safe where one ${complaint}`, () => {
      const manifests = overlay('kubernetes');
      const pod = podOf(manifests);
      const byKind = Object.fromEntries(manifests.map((each) => [each.kind, each]));
      spoil({ ...byKind, pod, container: pod.containers[0] });
      expect(securityProblems(manifests)).to.have.lengthOf(1).and.match(new RegExp(complaint));
    });
  }

  for (const name of OVERLAYS) {
    it(`of ${name} give the broker what it uses and no more`, () => {
      const manifests = overlay(name);
      const kinds = ['serviceinstances', 'servicebindings', 'serviceofferings'];
      expect(rights(pick(manifests, 'Role/brokersdk'))).to.deep.equal([
        ...kinds.map((kind) => `${GROUP}/${kind}: get list watch create update delete`),
        `${GROUP}/dockerhosts: get list watch create update`,
        ...[...kinds, 'dockerhosts'].map((kind) => `${GROUP}/${kind}/status: update`),
        ...kinds.slice(0, 2).map((kind) => `${GROUP}/${kind}/finalizers: update`),
        '/secrets: get list watch create update delete',
        '/configmaps: get list watch',
        'coordination.k8s.io/leases: get list watch create update',
        '/events: create list watch',
      ]);
      expect(rights(pick(manifests, 'ClusterRole/brokersdk-view'))).to.deep.equal(
        [...kinds, 'dockerhosts'].map((kind) => `${GROUP}/${kind}: get list watch`),
      );
      expect(rights(pick(manifests, 'ClusterRole/brokersdk-edit'))).to.deep.equal(
        kinds.slice(0, 2).map((kind) => `${GROUP}/${kind}: create update patch delete`),
      );
      expect(rights(pick(manifests, 'ClusterRole/brokersdk-admin'))).to.deep.equal([
        `${GROUP}/serviceofferings: create update patch delete`,
        `${GROUP}/dockerhosts: create update patch delete`,
      ]);
      const bindings = manifests.filter(({ kind }) => kind.endsWith('Binding'));
      expect(bindings.map(({ roleRef, subjects }) => [roleRef.kind, roleRef.name, subjects])).to.deep.equal([
        ['Role', 'brokersdk', [{ kind: 'ServiceAccount', name: 'brokersdk', namespace: 'brokersdk' }]],
      ]);
      const roles = manifests.filter(({ kind }) => /Role$/.test(kind));
      expect(roles.map(keyOf)).to.have.members([
        'Role/brokersdk',
        ...['view', 'edit', 'admin'].map((role) => `ClusterRole/brokersdk-${role}`),
      ]);
    });
  }

  it('give the broker rights for workloads only where that is asked for, and as much as the samples need', () => {
    expect(dryRun('kubernetes').map(keyOf)).not.to.include('Role/brokersdk-workloads');
    const manifests = dryRun('kubernetes', '--workloads');
    const { roleRef, subjects } = pick(manifests, 'RoleBinding/brokersdk-workloads');
    expect([roleRef.name, subjects.length]).to.deep.equal(['brokersdk-workloads', 1]);
    expect(subjects).to.deep.equal(pick(manifests, 'RoleBinding/brokersdk').subjects);
    const own = rights(pick(manifests, 'Role/brokersdk-workloads'));
    const all = 'get list watch create patch delete';
    expect(own.filter((right) => right !== '/secrets: patch')).to.have.members(
      kindsOfSamples()
        .filter((kind) => kind !== '/secrets')
        .map((kind) => `${kind}: ${all}`),
    );
    expect(own).to.include('/secrets: patch');
  });

  it('give agents an account only where that is asked for, and no more than a host and its signs of life take', () => {
    const name = 'brokersdk-agent';
    expect(dryRun('kubernetes').filter(({ metadata }) => metadata.name === name)).to.deep.equal([]);
    const manifests = dryRun('kubernetes', '--docker-agent', '--namespace', 'other');
    expect(securityProblems(manifests)).to.deep.equal([]);
    expect(rights(pick(manifests, `Role/${name}`))).to.deep.equal([
      `${GROUP}/dockerhosts: get create update`,
      'coordination.k8s.io/leases: get create update',
    ]);
    const { roleRef, subjects } = pick(manifests, `RoleBinding/${name}`);
    expect([roleRef.kind, roleRef.name]).to.deep.equal(['Role', name]);
    expect(subjects).to.deep.equal([{ kind: 'ServiceAccount', name, namespace: 'other' }]);
    expect(pick(manifests, `ServiceAccount/${name}`).automountServiceAccountToken).to.equal(false);
  });

  it('tell the broker of administrators only where they are asked for, and give it their file then', () => {
    const { env } = SETTINGS.adminCredentialsFile;
    const mountsOf = (manifests: Manifest[]): any[] =>
      podOf(manifests).volumes.map(({ secret }: any) => secret.secretName);
    expect(environmentOf(dryRun('kubernetes'))).not.to.have.property(env);
    expect(mountsOf(dryRun('kubernetes'))).not.to.include('brokersdk-admin-credentials');
    for (const platform of ['kubernetes', 'openshift']) {
      const manifests = dryRun(platform, '--administrators');
      expect(securityProblems(manifests)).to.deep.equal([]);
      const { volumes, containers } = podOf(manifests);
      const { name, secret } = volumes.find(
        (volume: any) => volume.secret.secretName === 'brokersdk-admin-credentials',
      );
      expect(secret).not.to.have.property('optional');
      const { mountPath } = containers[0].volumeMounts.find((mount: any) => mount.name === name);
      expect(environmentOf(manifests)[env]).to.equal(`${mountPath}/${secret.items[0].path}`);
    }
  });

  it('are plain ASCII: the kustomize of kubectl 1.21 reads nothing else', () => {
    for (const folder of ['install/kustomize', 'install/etcd']) {
      const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
      const manifests = files.filter((file) => file.endsWith('.yaml'));
      expect(manifests).not.to.be.empty;
      for (const file of manifests) {
        expect(readFileSync(join(ROOT, folder, file), 'utf8'), file).to.match(/^[ -~\n]*$/);
      }
    }
  });

  it('name the custom resources as they are defined', () => {
    const defined = readdirSync(join(ROOT, 'crds')).map((file) =>
      parse(readFileSync(join(ROOT, 'crds', file), 'utf8')),
    );
    const groups = [...new Set(defined.map(({ spec }) => spec.group))];
    expect(groups).to.have.lengthOf(1);
    const rules = pick(overlay('kubernetes'), 'Role/brokersdk').rules.filter(
      ({ apiGroups, verbs }: Record<string, string[]>) =>
        apiGroups![0] === groups[0] && verbs!.includes('list'),
    );
    expect(rules.flatMap(({ resources }: any) => resources)).to.have.members(
      defined.map(({ spec }) => spec.names.plural),
    );
  });

  it('leave the broker more time to stop than it takes', () => {
    const pod = podOf(overlay('kubernetes'));
    const [, pauseMs] = /setTimeout\(\(\) => \{\}, (\d+)\)/.exec(
      pod.containers[0].lifecycle.preStop.exec.command[2],
    )!;
    const needed = Number(pauseMs) / 1000 + 2 * SETTINGS.shutdownGraceSeconds.fallback;
    expect(pod.terminationGracePeriodSeconds).to.be.greaterThan(needed);
  });

  it('leave the heap three quarters of the memory', () => {
    const { resources } = podOf(overlay('kubernetes')).containers[0];
    const heap = /^--max-old-space-size=(\d+)$/.exec(environmentOf(overlay('kubernetes')).NODE_OPTIONS!)![1];
    expect(resources.limits.memory).to.equal(`${(Number(heap) / 3) * 4}Mi`);
  });

  it('know the settings and the ports of the broker', () => {
    const manifests = overlay('kubernetes');
    const { ports, volumeMounts } = podOf(manifests).containers[0];
    const settings = environmentOf(manifests);
    const known = Object.values(SETTINGS).map(({ env }) => env);
    expect(known).to.include.members(Object.keys(settings).filter((name) => name.startsWith('BROKER_')));
    expect(ports).to.deep.equal([
      { name: 'https', containerPort: Number(settings.BROKER_PORT) },
      { name: 'health', containerPort: SETTINGS.healthPort.fallback },
    ]);
    const { ingress } = pick(manifests, 'NetworkPolicy/brokersdk').spec;
    expect(ingress.flatMap((rule: any) => rule.ports.map(({ port }: any) => port))).to.deep.equal(
      ports.map(({ containerPort }: any) => containerPort),
    );
    const folders = volumeMounts.map(({ mountPath }: any) => mountPath);
    for (const [name, file] of Object.entries(settings).filter(([name]) => name.endsWith('_FILE'))) {
      expect(folders, name).to.include(file.slice(0, file.lastIndexOf('/')));
    }
  });

  it('stay in the namespace that they are installed in', () => {
    for (const manifest of dryRun('kubernetes', ...OTHER)) {
      if (manifest.kind === 'ClusterRole') continue;
      const { name, namespace } = manifest.metadata;
      expect(manifest.kind === 'Namespace' ? name : namespace, keyOf(manifest)).to.equal('other');
      for (const subject of manifest.subjects ?? []) expect(subject.namespace).to.equal('other');
    }
  });

  it('take the options of install.sh', () => {
    const manifests = dryRun('kubernetes', ...OTHER, '--no-echo-service');
    expect(podOf(manifests).containers[0].image).to.equal('registry.example:5000/a/b@sha256:ab');
    expect(pick(manifests, 'Deployment/brokersdk').spec.replicas).to.equal(3);
    expect(manifests.map(keyOf)).not.to.include('Deployment/echo-service');
    expect(environmentOf(manifests)).not.to.have.property('ECHO_SERVICE_URL');
    expect(podOf(dryRun('kubernetes', '--echo-image', 'e:1'), 'echo-service').containers[0].image).to.equal(
      'e:1',
    );
  });

  it('leave the choice of users to OpenShift, and its Route the end of TLS to the broker', () => {
    const manifests = dryRun('openshift', '--route');
    const { runAsUser, runAsGroup, fsGroup } = podOf(manifests).securityContext;
    expect([runAsUser, runAsGroup, fsGroup]).to.deep.equal([undefined, undefined, undefined]);
    expect(pick(manifests, 'Route/brokersdk').spec.tls.termination).to.equal('passthrough');
    expect(dryRun('openshift').map(keyOf)).not.to.include('Route/brokersdk');
  });

  const REFUSED: [options: string[], complaint: RegExp][] = [
    [['--namespace', 'No_Name'], /--namespace No_Name is not a name/],
    [['--image', 'a b'], /a b is not the name of an image/],
    [['--replicas', '0'], /--replicas 0: give a number/],
    [['--tls-cert', 'package.json'], /--tls-cert and --tls-key go together/],
    [['--replica', '1'], /--replica is no option/],
    [['--image'], /--image needs a value/],
  ];
  for (const [options, complaint] of REFUSED) {
    it(`are not made of ${options.join(' ')}`, () => {
      expect(() => dryRun('kubernetes', ...options)).to.throw(complaint);
    });
  }

  it('tell Service Catalog where the broker is', () => {
    const file = readFileSync(join(ROOT, 'install/service-catalog/cluster-service-broker.yaml'), 'utf8');
    const { apiVersion, kind, spec } = parse(file.replaceAll('NAMESPACE', 'brokersdk'));
    const manifests = overlay('kubernetes');
    const { metadata, spec: service } = pick(manifests, 'Service/brokersdk');
    expect([apiVersion, kind]).to.deep.equal(['servicecatalog.k8s.io/v1beta1', 'ClusterServiceBroker']);
    expect(spec.url).to.equal(`https://${metadata.name}.${metadata.namespace}.svc:${service.ports[0].port}`);
    const mounted = podOf(manifests).volumes.map(({ secret }: any) => secret.secretName);
    expect(mounted).to.include(spec.authInfo.basic.secretRef.name);
  });
});

suiteUnless(missingTool('kubectl'), 'the manifests of etcd', function () {
  const podIn = (manifests: Manifest[], key: string): any => pick(manifests, key).spec.template.spec;

  for (const variant of ['base', 'ephemeral']) {
    it(`are safe: ${variant}`, () => {
      const manifests = kustomize(`install/etcd/${variant}`);
      expect(manifests.map(keyOf)).to.include.members(['StatefulSet/etcd', 'Job/etcd-authentication']);
      expect(securityProblems(manifests)).to.deep.equal([]);
    });
  }

  const COMPLAINTS: [script: string, options: string[], complaint: RegExp][] = [
    ['install.sh', ['--image', 'a b'], /a b is not the name of an image/],
    ['install.sh', ['--replicas', '3'], /--replicas is no option/],
    ['install.sh', ['--timeout', 'x'], /--timeout x: give a number/],
    ['uninstall.sh', ['--namespace', 'No_Name'], /--namespace No_Name is not a name/],
    ['uninstall.sh', [], /the cluster does not answer/],
  ];
  for (const [script, options, complaint] of COMPLAINTS) {
    it(`are left alone by ${[script, ...options].join(' ')}`, () => {
      const env = { ...process.env, KUBECONFIG: '/nonexistent', KUBECTL: findTool('kubectl') };
      expect(() => runTool(`install/etcd/${script}`, options, { env })).to.throw(complaint);
    });
  }

  it('keep the data in a volume, or say that they do not', () => {
    const [lasting, ephemeral] = ['base', 'ephemeral'].map((variant) => {
      return kustomize(`install/etcd/${variant}`).find(({ kind }) => kind === 'StatefulSet')!.spec;
    });
    const { name } = lasting.volumeClaimTemplates[0].metadata;
    expect(lasting.template.spec.volumes).to.equal(undefined);
    expect(lasting.template.spec.containers[0].volumeMounts[0].name).to.equal(name);
    expect(ephemeral.volumeClaimTemplates).to.equal(undefined);
    expect(ephemeral.template.spec.volumes.map((each: any) => each.name)).to.deep.equal([name]);
  });

  it('leave the choice of users to OpenShift', () => {
    mkdirSync(join(ROOT, '.local'), { recursive: true });
    const folder = mkdtempSync(join(ROOT, '.local/kustomize-'));
    const etcd = relative(folder, join(ROOT, 'install/etcd'));
    const kustomization = { resources: [`${etcd}/base`], components: [`${etcd}/openshift`] };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    try {
      const manifests = kustomize(folder);
      for (const key of ['StatefulSet/etcd', 'Job/etcd-authentication']) {
        expect(podIn(manifests, key).securityContext, key).to.have.all.keys('runAsNonRoot', 'seccompProfile');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('open the way from the broker, and from nobody who is not named', () => {
    const manifests = kustomize('install/etcd/base');
    const broker = pick(overlay('kubernetes'), 'NetworkPolicy/brokersdk').spec.podSelector;
    const way = pick(manifests, 'NetworkPolicy/brokersdk-to-etcd').spec;
    const { podSelector: members, ingress } = pick(manifests, 'NetworkPolicy/etcd').spec;
    const { selector } = pick(manifests, 'Service/etcd').spec;
    expect(members.matchLabels).to.deep.equal(selector);
    expect(way.podSelector).to.deep.equal(broker);
    expect(way.egress[0].to).to.deep.equal([{ podSelector: members }]);
    expect(ingress[0].from).to.deep.include({ podSelector: broker });
    for (const { from } of ingress) {
      for (const { podSelector, namespaceSelector } of from) {
        expect((podSelector ?? namespaceSelector).matchLabels).not.to.be.empty;
      }
    }
  });

  it('are what the sample offering asks for', () => {
    const manifests = kustomize('install/etcd/base');
    const sample = parse(readFileSync(join(ROOT, 'install/samples/etcd.yaml'), 'utf8'));
    const { endpoints, adminSecret } = sample.spec.plans[0].settings;
    const { name } = pick(manifests, 'Service/etcd').metadata;
    expect(endpoints).to.deep.equal([`http://${name}:${pick(manifests, 'Service/etcd').spec.ports[0].port}`]);
    const { env } = podIn(manifests, 'Job/etcd-authentication').containers[0];
    expect(env[1].valueFrom.secretKeyRef).to.deep.equal({ name: adminSecret, key: 'password' });
  });
});

suiteUnless(missingTool('helm'), 'the manifests of the chart', function () {
  it('are safe, those of its hooks too', () => {
    const manifests = renderChart().filter(({ kind }) => kind !== 'Secret');
    expect(securityProblems(manifests)).to.deep.equal([]);
  });
});
