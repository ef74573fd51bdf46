import { expect } from 'chai';
import fc from 'fast-check';
import { bindingOf, fromSecret, isOwnedBy, originOf, secretName, toSecret } from './binding-secret.js';
import { API_VERSION, SECRET_LABEL, type ServiceBinding } from './kinds.js';

const binding = (uid = 'u1'): ServiceBinding => ({
  apiVersion: API_VERSION,
  kind: 'ServiceBinding',
  metadata: { name: 'b', namespace: 'ns', uid },
  spec: { instanceRef: { name: 'i' } },
});
/** The keys beside the whole, decoded. */
function keys(credentials: Record<string, unknown>): Record<string, string> {
  const { 'binding.json': _, ...rest } = toSecret(binding(), { credentials }).data!;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

describe('the Secret of a binding', () => {
  it('gives back whatever JSON it was made of', () => {
    const odd = fc.constantFrom('', '__proto__', 'constructor', 'binding.json', '..', 'a/b', 'é');
    const credentials = fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), odd), fc.jsonValue());
    fc.assert(
      fc.property(credentials, fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (secret, endpoints) => {
        const data = { credentials: secret, endpoints, syslog_drain_url: 'syslog://x' };
        const json = JSON.stringify(data);
        expect(JSON.stringify(fromSecret(toSecret(binding(), data)))).to.equal(json);
      }),
    );
  });

  it('has only keys that Kubernetes allows', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('.', '-', '_', 'a', '/') }),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.string()), (credentials) => {
        for (const name of Object.keys(toSecret(binding(), { credentials }).data!)) {
          expect(name).to.match(/^[-._a-zA-Z0-9]{1,253}$/);
          expect(name === '.' || name.startsWith('..')).to.equal(false);
        }
      }),
    );
  });

  it('has a key for each credential: strings as they are, the rest as JSON', () => {
    expect(keys({ uri: 'redis://ü', port: 6379, tls: false, hosts: ['a'], none: null })).to.eql({
      uri: 'redis://ü',
      port: '6379',
      tls: 'false',
      hosts: '["a"]',
    });
  });

  it('leaves out keys that cannot be, without losing them', () => {
    const credentials = { 'a b': 1, '': 2, 'binding.json': 'mine', '..': 3, '.': 4, ['x'.repeat(254)]: 5 };
    expect(keys(credentials)).to.eql({});
    expect(fromSecret(toSecret(binding(), { credentials }))).to.eql({ credentials });
  });

  it('is named, labelled and owned so that it goes with its binding', () => {
    const { metadata } = toSecret(binding(), {});
    expect(metadata.name).to.equal(secretName(binding()));
    expect(metadata).to.deep.include({ namespace: 'ns', labels: { [SECRET_LABEL]: 'binding' } });
    expect(metadata.ownerReferences).to.have.length(1);
    expect(metadata.ownerReferences![0]).to.include({
      kind: 'ServiceBinding',
      name: 'b',
      uid: 'u1',
      controller: true,
    });
  });

  it('belongs to this very binding, not to another of its name', () => {
    const secret = toSecret(binding('u1'), {});
    expect(isOwnedBy(secret, binding('u1'))).to.equal(true);
    expect(isOwnedBy(secret, binding('u2'))).to.equal(false);
    const { ownerReferences: _, ...metadata } = secret.metadata;
    expect(isOwnedBy({ ...secret, metadata }, binding('u1'))).to.equal(false);
  });

  it('tells which binding it was made for and by which plan, also without its owner; a copy does not', () => {
    const origin = { serviceId: 'a service/ü', planId: 'p' };
    const secret = toSecret(binding(), {}, origin);
    secret.metadata.ownerReferences = [];
    expect(bindingOf(secret)).to.equal('b');
    expect(originOf(secret)).to.eql(origin);
    expect(bindingOf({ ...secret, metadata: { ...secret.metadata, name: 'binding-copy' } })).to.equal(
      undefined,
    );
    for (const other of [undefined, toSecret(binding(), {})]) expect(originOf(other)).to.equal(undefined);
  });

  it('is not read out of a Secret of somebody else', () => {
    const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } };
    expect(fromSecret(foreign)).to.equal(undefined);
    expect(bindingOf(foreign)).to.equal(undefined);
    expect(fromSecret({ ...foreign, data: { password: 'eA==' } })).to.equal(undefined);
  });
});
