import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { bindingOf, instanceOf, settings } from './harness.test.js';
import { instanceValues, makeBindingValues, makeInstanceValues, NothingKept } from './kept.js';
import type { GeneratedSecret } from './settings.js';
import { TreeError } from './tree.js';

const certificateFor = (...names: string[]): GeneratedSecret[] => [
  { name: 'password', kind: 'Password' },
  { name: 'tls', kind: 'Certificate', names },
];
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('it was taken for a success'),
    (error: unknown) => error,
  );
const namesIn = ({ tls }: Readonly<Record<string, unknown>>) =>
  new X509Certificate((tls as { certificate: string }).certificate).subjectAltName;

describe('the certificate of an instance', () => {
  const plan = settings({
    values: { zone: 'example.com' },
    secrets: certificateFor('{{ instance.name }}.{{ values.zone }}', '{{ parameters.address }}'),
  });

  it('is for the names that the plan renders, and stays as it is when they change', async () => {
    const first = instanceOf(plan, { parameters: { address: '10.0.0.1' } });
    const made = await makeInstanceValues(first);
    expect(namesIn(made)).to.equal('DNS:i.example.com, IP Address:10.0.0.1');
    const later = instanceOf(plan, { parameters: { address: '10.0.0.2' }, kept: first.kept });
    expect(await makeInstanceValues(later)).to.deep.equal(made);
    expect(await instanceValues(instanceOf(plan, { kept: first.kept }))).to.deep.equal(made);
  });

  it('is made anew, alone, where somebody removed it', async () => {
    const instance = instanceOf(plan, { parameters: { address: '10.0.0.1' } });
    const before = await makeInstanceValues(instance);
    delete instance.kept.tls;
    expect(await failureOf(instanceValues(instance))).to.be.instanceOf(NothingKept);
    const after = await makeInstanceValues(instance);
    expect(after.password).to.equal(before.password);
    expect(after.tls).not.to.deep.equal(before.tls);
  });

  for (const [what, parameters, problem] of [
    ['is missing', {}, 'parameters.address does not exist'],
    ['is none', { address: 'not for everybody' }, 'what it yields is neither a DNS name nor an IP address'],
    ['is no text', { address: 7 }, 'what it yields is neither a DNS name nor an IP address'],
  ] as const) {
    it(`is not made where a name ${what}, which the error does not tell`, async () => {
      const error = await failureOf(makeInstanceValues(instanceOf(plan, { parameters })));
      expect(error).to.be.instanceOf(TreeError).with.property('message', `secrets[1].names[1]: ${problem}`);
    });
  }
});

describe('the certificate of a binding', () => {
  const instance = instanceOf(settings(), { parameters: { zone: 'example.com' } });
  const secrets = certificateFor('{{ binding.name }}.{{ parameters.zone }}');

  it('is kept for the binding, and for no other', async () => {
    const binding = bindingOf(instance);
    const values = await makeBindingValues(binding, secrets);
    expect(namesIn(values)).to.equal('DNS:b.example.com');
    expect(await makeBindingValues(binding, secrets)).to.deep.equal(values);
    expect(await makeBindingValues(bindingOf(instance), secrets)).not.to.deep.equal(values);
    expect(instance.kept).to.deep.equal({});
  });

  it('is not made where its name is none', async () => {
    const error = await failureOf(
      makeBindingValues(bindingOf(instance), certificateFor('{{ instance.id }}')),
    );
    expect(error).to.be.instanceOf(TreeError);
    expect(error).to.have.property(
      'message',
      'binding.secrets[1].names[0]: what it yields is neither a DNS name nor an IP address',
    );
  });
});
