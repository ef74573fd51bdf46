import { expect } from 'chai';
import type { JsonObject } from '../../sdk/index.js';
import { kindsOf, problemsOf } from './checks.js';
import { deployment, secret, settings } from './harness.test.js';
import type { BindingSettings, WorkloadSettings } from './settings.js';

const NOWHERE_ELSE =
  'secrets may be used below data and stringData of a Secret, and in credentials; nowhere else';
const PASSWORD = { name: 'password', kind: 'Password' } as const;
const TLS = { name: 'tls', kind: 'Certificate', names: ['{{ instance.name }}'] } as const;
const certificateFor = (...names: string[]) => [PASSWORD, { ...TLS, names }];

describe('the templates of a plan', () => {
  it('are fine', () => {
    expect(
      problemsOf(
        settings({
          secrets: [PASSWORD, { name: 'keys', kind: 'KeyPair' }],
          manifests: [
            deployment(),
            secret({ a: '{{ secrets.password }}', b: '{{ secrets.keys.publicKey }}' }),
          ],
          readiness: [{ kind: 'Deployment', name: '{{ instance.name }}', jsonPath: '$.x', equals: '1' }],
          dashboardUrl: 'https://{{ instance.name }}/{{ parameters.page | default: values.page }}',
          binding: {
            secrets: [{ name: 'own', kind: 'Password' }],
            manifests: [secret({ a: '{{ secrets.own }}{{ secrets.password }}' }, '{{ binding.name }}')],
            unbindManifests: [],
            credentialsFrom: [{ kind: 'Secret', name: '{{ instance.name }}' }],
            credentials: {
              uri: 'x://{{ secrets.own }}@{{ objects.Service[instance.name].spec.clusterIP }}',
              nested: ['{{ objects.Secret[instance.name].data.a | base64_decode }}'],
            },
            endpoints: [{ host: '{{ objects.Service[instance.name].spec.clusterIP }}', ports: ['1'] }],
          },
        }),
      ),
    ).to.deep.equal([]);
  });

  it('may show what is public of a generated value in any manifest', () => {
    const env = ['tls.certificate', 'tls.authority', 'k.publicKey'].map((field) => ({
      name: 'A',
      value: `{{ secrets.${field} }}`,
    }));
    const secrets = [{ ...TLS, names: [...TLS.names] }, { name: 'k', kind: 'KeyPair' } as const];
    expect(problemsOf(settings({ manifests: [deployment({ env })], secrets }))).to.deep.equal([]);
  });

  const refused: [what: string, plan: Partial<WorkloadSettings>, problem: string][] = [
    [
      'no template',
      { manifests: [secret({}, '{{ instance.name')] },
      'settings.manifests[0].metadata.name: output "{{ instance.name" not closed',
    ],
    [
      'an unknown filter',
      { manifests: [deployment(), secret({ now: '{{ instance.name | date }}' })] },
      'settings.manifests[1].stringData.now: undefined filter: date',
    ],
    [
      'an unknown variable',
      { manifests: [secret({ a: '{{ params.a }}' })] },
      'settings.manifests[0].stringData.a: there is no variable params here, but instance, values, parameters, context and secrets',
    ],
    [
      'a binding in an instance',
      { manifests: [secret({ a: '{{ binding.id }}' })] },
      'settings.manifests[0].stringData.a: there is no variable binding here, but instance, values, parameters, context and secrets',
    ],
    [
      'a broken condition',
      { manifests: [{ ...secret({}), $if: '{{ parameters.a }}' }] },
      'settings.manifests[0].$if: a condition is what may stand in {% if … %}, without the braces',
    ],
    [
      'a secret that nobody generates',
      { manifests: [secret({ a: '{{ secrets.other }}' })], secrets: [PASSWORD] },
      'settings.manifests[0].stringData.a: secrets must be followed by the name of one that the plan generates here: password',
    ],
    [
      'all secrets at once',
      { manifests: [secret({ a: '{{ secrets | json }}' })], secrets: [PASSWORD] },
      'settings.manifests[0].stringData.a: secrets must be followed by the name of one that the plan generates here: password',
    ],
    [
      'a field of a password',
      { manifests: [secret({ a: '{{ secrets.password.x }}' })], secrets: [PASSWORD] },
      'settings.manifests[0].stringData.a: secrets.password is a string',
    ],
    [
      'a pair of keys as a string',
      { manifests: [secret({ a: '{{ secrets.k }}' })], secrets: [{ name: 'k', kind: 'KeyPair' }] },
      'settings.manifests[0].stringData.a: secrets.k has privateKey and publicKey',
    ],
    [
      'a secret in a Deployment',
      {
        manifests: [deployment({ env: [{ name: 'P', value: '{{ secrets.password }}' }] })],
        secrets: [PASSWORD],
      },
      `settings.manifests[0].spec.template.spec.containers[0].env[0].value: ${NOWHERE_ELSE}`,
    ],
    [
      'a secret in the name of a Secret',
      { manifests: [secret({}, '{{ secrets.password }}')], secrets: [PASSWORD] },
      `settings.manifests[0].metadata.name: ${NOWHERE_ELSE}`,
    ],
    [
      'a secret in the address of a dashboard',
      { dashboardUrl: 'https://x/{{ secrets.password }}', secrets: [PASSWORD] },
      `settings.dashboardUrl: ${NOWHERE_ELSE}`,
    ],
    [
      'a private key beside what is public',
      {
        manifests: [
          deployment({
            env: [{ name: 'P', value: '{{ secrets.tls.authority }}{{ secrets.tls.privateKey }}' }],
          }),
        ],
        secrets: certificateFor('a'),
      },
      `settings.manifests[0].spec.template.spec.containers[0].env[0].value: ${NOWHERE_ELSE}`,
    ],
    [
      'a certificate where no generated value is known',
      { dashboardUrl: 'https://x/{{ secrets.tls.certificate }}', secrets: certificateFor('a') },
      `settings.dashboardUrl: ${NOWHERE_ELSE}`,
    ],
    [
      'a certificate for a name that is no template',
      { secrets: certificateFor('a', '{{ instance.name') },
      'settings.secrets[1].names[1]: output "{{ instance.name" not closed',
    ],
    [
      'a certificate for a secret',
      { secrets: certificateFor('{{ secrets.password }}') },
      `settings.secrets[1].names[0]: ${NOWHERE_ELSE}`,
    ],
    [
      'a certificate for another certificate',
      { secrets: certificateFor('{{ secrets.tls.certificate }}') },
      `settings.secrets[1].names[0]: ${NOWHERE_ELSE}`,
    ],
    [
      'a certificate for an object that is not there yet',
      {
        secrets: [PASSWORD],
        binding: {
          ...settings().binding!,
          secrets: [
            { ...TLS, names: ['{{ binding.name }}', '{{ objects.Service[instance.name].spec.clusterIP }}'] },
          ],
        },
      },
      'settings.binding.secrets[0].names[1]: there is no variable objects here, but instance, values, parameters, context, binding and secrets',
    ],
    [
      'two secrets of one name',
      { secrets: [PASSWORD], binding: { ...settings().binding!, secrets: [PASSWORD] } },
      'settings.secrets: two of them are named password, those of bindings included',
    ],
    [
      'a namespace',
      { manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } }] },
      'settings.manifests[0].metadata.namespace must not be given: settings.namespace says where objects are',
    ],
    [
      'a template in place of a kind',
      { manifests: [{ apiVersion: 'v1', kind: '{{ values.kind }}', metadata: { name: 'a' } }] },
      'settings.manifests[0].kind must be given, and be no template',
    ],
    [
      'no name',
      { manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }] },
      "settings.manifests[0].metadata.name must be given: '{{ instance.name }}', for example",
    ],
  ];
  for (const [what, plan, problem] of refused) {
    it(`have ${what}`, () => expect(problemsOf(settings(plan))).to.deep.equal([problem]));
  }

  it('stand in settings that there are', () => {
    const binding = { unbindManifest: [], secrets: [{ ...PASSWORD, size: 9 }] } as unknown as BindingSettings;
    const plan = {
      binding,
      manifests: [{ ...secret({}), anything: 1 }],
      dirft: 'Report',
      values: { any: 1 },
    };
    expect(problemsOf(settings(plan))).to.have.members([
      'settings.binding.secrets.0.size is no setting',
      'settings.binding.unbindManifest is no setting',
      'settings.dirft is no setting',
    ]);
  });

  for (const name of ['objects.Secret[instance.name].data.a', 'objects[values.kind].a', 'objects']) {
    it(`have what may be a secret in a Job of a binding: ${name}`, () => {
      const manifests = [{ ...deployment(), metadata: { name: 'a', labels: { a: `{{ ${name} | json }}` } } }];
      expect(problemsOf(settings({ binding: { ...settings().binding!, manifests } }))).to.deep.equal([
        `settings.binding.manifests[0].metadata.labels.a: ${NOWHERE_ELSE}`,
      ]);
    });
  }
});

describe('the kinds that a plan needs', () => {
  const names = (plan: Partial<WorkloadSettings>) => kindsOf(settings(plan)).map(({ kind }) => kind);

  it('are those that it names, and what is made of them', () => {
    expect(names({ manifests: [secret({}), secret({}, 'b')] })).to.deep.equal(['Secret']);
    expect(names({ manifests: [deployment()] })).to.deep.equal(['Deployment', 'Pod']);
    const set: JsonObject = { ...deployment(), kind: 'StatefulSet' };
    const claims = { ...set, spec: { ...(set.spec as object), volumeClaimTemplates: [{ metadata: {} }] } };
    expect(names({ manifests: [claims] })).to.deep.equal(['StatefulSet', 'Pod', 'PersistentVolumeClaim']);
  });

  it('include those of bindings, and Namespaces where each instance has one', () => {
    const manifests = [{ ...secret({}), kind: 'ConfigMap' }];
    const binding = settings().binding!;
    const made = { ...binding, manifests: [deployment()] };
    expect(names({ manifests, binding: made, namespace: 'Instance' })).to.deep.equal([
      ...['Namespace', 'ConfigMap', 'Deployment', 'Secret', 'Pod'],
    ]);
    expect(names({ manifests, binding: { ...binding, secrets: [PASSWORD] } })).to.deep.equal([
      ...['ConfigMap', 'Secret'],
    ]);
  });
});
