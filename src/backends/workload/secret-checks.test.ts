import { expect } from 'chai';
import { settings } from './harness.test.js';
import { secretProblems } from './secret-checks.js';
import type { GeneratedSecret } from './settings.js';

const problems = (...secrets: GeneratedSecret[]) => secretProblems(settings({ secrets }));
const CERTIFICATE = { name: 'c', kind: 'Certificate' } as const;

describe('what a plan says of its generated values', () => {
  it('is fine', () => {
    expect(
      problems(
        { name: 'p', kind: 'Password', length: 12 },
        { name: 'k', kind: 'KeyPair', algorithm: 'RSA' },
        { ...CERTIFICATE, names: ['{{ instance.name }}.example.com', '10.0.0.1', 'a.b'], days: 90 },
      ),
    ).to.deep.equal([]);
  });

  const strays: [secret: GeneratedSecret, options: string[]][] = [
    [{ name: 'p', kind: 'Password', names: ['a'], days: 1 }, ['names', 'days']],
    [{ name: 'k', kind: 'KeyPair', length: 12, names: ['a'] }, ['length', 'names']],
    [{ ...CERTIFICATE, names: ['a'], length: 12, algorithm: 'RSA' }, ['length', 'algorithm']],
  ];
  for (const [secret, options] of strays) {
    it(`is not what belongs to another kind: ${secret.kind}`, () => {
      expect(problems(secret)).to.deep.equal(
        options.map((option) => `settings.secrets[0].${option} is no setting of a ${secret.kind}`),
      );
    });
  }

  it('has the names of a certificate', () => {
    expect(problems(CERTIFICATE)).to.deep.equal([
      'settings.secrets[0].names must be given: the DNS names and addresses of the server',
    ]);
  });

  it('has names that can be some, those of bindings included', () => {
    const secrets = [{ ...CERTIFICATE, names: ['a', 'https://a'] }];
    expect(secretProblems(settings({ binding: { ...settings().binding!, secrets } }))).to.deep.equal([
      'settings.binding.secrets[0].names[1] is neither a DNS name nor an IP address',
    ]);
  });
});
