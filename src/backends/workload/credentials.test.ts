import { expect } from 'chai';
import type { OwnedObject } from '../../sdk/index.js';
import { credentialsOf } from './credentials.js';
import { settings } from './harness.test.js';
import type { BindingSettings } from './settings.js';
import { TreeError } from './tree.js';

const object = (kind: string, data: Record<string, string>): OwnedObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'i' },
  data,
});
const objects = [
  object('Secret', { user: 'YQ==', password: 'w7w=' }),
  object('ConfigMap', { host: 'h', password: '-' }),
];
const scope = { instance: { name: 'i' }, secrets: { p: 's3cret' }, values: { port: 5432 } };
const made = (binding: Partial<BindingSettings>) =>
  credentialsOf(settings({ binding: binding as BindingSettings }).binding!, scope, objects);
const name = '{{ instance.name }}';

describe('credentials', () => {
  it('are rendered, with their types', () => {
    expect(
      made({ credentials: { port: '{{ values.port }}', nested: { uri: 'x://{{ secrets.p }}@h' } } }),
    ).to.deep.equal({ credentials: { port: 5432, nested: { uri: 'x://s3cret@h' } } });
  });

  it('come from objects: all keys, or some; the later and the templates go first', () => {
    expect(made({ credentialsFrom: [{ kind: 'Secret', name }] }).credentials).to.deep.equal({
      user: 'a',
      password: 'ü',
    });
    expect(
      made({
        credentialsFrom: [
          { kind: 'Secret', name },
          { kind: 'ConfigMap', name, keys: ['password'] },
        ],
        credentials: { user: 'b' },
      }).credentials,
    ).to.deep.equal({ user: 'b', password: '-' });
  });

  for (const [what, source, message] of [
    [
      'object',
      { kind: 'Secret', name: 'other', keys: ['a'] },
      'binding.credentialsFrom[0]: the Secret other does not exist',
    ],
    [
      'key',
      { kind: 'ConfigMap', name, keys: ['toString'] },
      'binding.credentialsFrom[0]: the key toString of the ConfigMap i does not exist',
    ],
  ] as const) {
    it(`may yet come where the ${what} is not there`, () => {
      expect(() => made({ credentialsFrom: [{ ...source, keys: [...source.keys] }] }))
        .to.throw(TreeError, message)
        .with.property('missing', 'objects');
    });
  }

  it('go with endpoints, whose ports are text', () => {
    const endpoints = [{ host: '{{ instance.name }}.example.com', ports: ['{{ values.port }}', '80-90'] }];
    expect(made({ endpoints }).endpoints).to.deep.equal([
      { host: 'i.example.com', ports: ['5432', '80-90'] },
    ]);
    expect(made({ endpoints: [{ ...endpoints[0]!, protocol: 'udp' }] }).endpoints).to.have.nested.property(
      '[0].protocol',
      'udp',
    );
  });
});
