import { sign, verify, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { fieldsOf, generate, PUBLIC_FIELDS, valuesFor } from './secrets.js';
import type { GeneratedSecret } from './settings.js';

describe('a generated value', () => {
  it('is a password of letters and digits, another each time', async () => {
    const made = await Promise.all([1, 2, 3].map(() => generate({ name: 'p', kind: 'Password' })));
    for (const password of made) expect(password).to.match(/^[A-Za-z0-9]{32}$/);
    expect(new Set(made).size).to.equal(3);
    expect(await generate({ name: 'p', kind: 'Password', length: 77 })).to.have.length(77);
  });

  for (const algorithm of [undefined, 'RSA'] as const) {
    it(`is a pair of keys that belong together: ${algorithm ?? 'Ed25519'}`, async () => {
      const secret: GeneratedSecret = { name: 'k', kind: 'KeyPair', ...(algorithm ? { algorithm } : {}) };
      const { k } = valuesFor([secret], { k: await generate(secret) });
      const { privateKey, publicKey } = k as { privateKey: string; publicKey: string };
      const digest = algorithm ? 'sha256' : undefined;
      const signature = sign(digest, Buffer.from('x'), privateKey);
      expect(verify(digest, Buffer.from('x'), publicKey, signature)).to.equal(true);
      expect(publicKey).to.match(/^-----BEGIN PUBLIC KEY-----/);
      expect(fieldsOf(secret)).to.deep.equal(Object.keys(k as object));
    });
  }

  it('is a certificate, for ten years where the plan does not say', async () => {
    for (const [days, expected] of [
      [undefined, 3650],
      [7, 7],
    ] as const) {
      const secret: GeneratedSecret = {
        name: 'c',
        kind: 'Certificate',
        names: ['a.b'],
        ...(days && { days }),
      };
      const { c } = valuesFor([secret], { c: await generate(secret) });
      const { validTo, subjectAltName } = new X509Certificate((c as { certificate: string }).certificate);
      expect((Date.parse(validTo) - Date.now()) / 86_400_000).to.be.closeTo(expected, 0.1);
      expect(subjectAltName).to.equal('DNS:a.b');
      expect(fieldsOf(secret)).to.deep.equal(Object.keys(c as object));
    }
  });

  it('has a private key that is not public', () => {
    expect(PUBLIC_FIELDS).to.have.members(['publicKey', 'certificate', 'authority']);
  });

  it('is missing where nothing was kept', () => {
    expect(valuesFor([{ name: 'p', kind: 'Password' }], {})).to.deep.equal({});
  });
});
