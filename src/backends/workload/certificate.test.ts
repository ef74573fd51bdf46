import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { suiteUnless } from '../../../test/support/skip.js';
import { bundleOf, type Certificate, certificateFrom, isServerName, makeCertificate } from './certificate.js';

const NAMES = ['store.example.com', '*.store.example.com', '127.0.0.1', '2001:db8::1', '::ffff:192.0.2.7'];
const DAY = 86_400_000;

describe('a certificate', () => {
  let made: Certificate;
  before(async () => (made = await makeCertificate(NAMES, 30)));

  it('is for these names, and for servers alone', () => {
    const certificate = new X509Certificate(made.certificate);
    for (const name of ['store.example.com', 'a.store.example.com', 'STORE.example.com']) {
      expect(certificate.checkHost(name), name).not.to.equal(undefined);
    }
    for (const address of ['127.0.0.1', '2001:db8::1', '::ffff:c000:207']) {
      expect(certificate.checkIP(address), address).not.to.equal(undefined);
    }
    expect(certificate.checkHost('other.example.com')).to.equal(undefined);
    expect(certificate.checkIP('127.0.0.2')).to.equal(undefined);
    expect(certificate.subject ?? '').to.equal('');
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.ca).to.equal(false);
  });

  it('is signed by its authority, and belongs to its key', () => {
    const [certificate, authority] = [made.certificate, made.authority].map(
      (each) => new X509Certificate(each),
    ) as [X509Certificate, X509Certificate];
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).to.equal(true);
    expect(authority.ca).to.equal(true);
    const key = createPrivateKey(made.privateKey);
    expect(certificate.checkPrivateKey(key)).to.equal(true);
    expect(authority.checkPrivateKey(key)).to.equal(false);
    expect(key.asymmetricKeyDetails).to.deep.equal({ namedCurve: 'prime256v1' });
  });

  it('is valid since an hour, for so many days', () => {
    for (const pem of [made.certificate, made.authority]) {
      const { validFrom, validTo } = new X509Certificate(pem);
      const days = (Date.parse(validTo) - Date.parse(validFrom)) / DAY;
      expect(days).to.be.closeTo(30 + 1 / 24, 0.001);
      expect(Date.parse(validFrom)).to.be.lessThan(Date.now() - DAY / 25);
    }
  });

  it('may be valid for longer than two digits of a year tell', async () => {
    const { certificate } = await makeCertificate(['a'], 36_500);
    const years = new Date(new X509Certificate(certificate).validTo).getFullYear() - new Date().getFullYear();
    expect(years).to.be.within(99, 100);
  });

  it('has another serial number, another key and another authority each time', async () => {
    const all = [made, await makeCertificate(NAMES, 30), await makeCertificate(NAMES, 30)];
    const certificates = all.map(({ certificate }) => new X509Certificate(certificate));
    for (const { serialNumber } of certificates) expect(serialNumber).to.match(/^[0-9A-F]{24,32}$/);
    expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).to.equal(3);
    expect(new Set(all.map(({ privateKey }) => privateKey)).size).to.equal(3);
    expect(new Set(certificates.map(({ issuer }) => issuer)).size).to.equal(3);
  });

  it('comes out of one string as it went in', () => {
    expect(certificateFrom(bundleOf(made))).to.deep.equal(made);
  });

  it('does not come out of another value, which the error does not tell', () => {
    for (const other of ['c0rrecthorse', made.privateKey]) {
      expect(() => certificateFrom(other)).to.throw(/^the generated value is no certificate[^-]*$/);
    }
  });
});

describe('the name of a server', () => {
  for (const name of ['a', 'a-1.b', 'xn--bcher-kva.example', '*.example.com', '10.0.0.1', '::1', '1.a']) {
    it(`may be ${name}`, () => expect(isServerName(name)).to.equal(true));
  }
  for (const name of [
    ...['', 'a b', 'a_b', '-a', 'a-', 'a..b', 'a.', '.a', '*', 'a.*.b', 'https://a', 'a:80', 'a\n'],
    ...['10.0.0.256', '10.0.0.0/8', '[::1]', 'fe80::1%eth0', 'bücher.example', `${'a'.repeat(64)}.b`],
    ...[Array(130).fill('a').join('.'), 1, null],
  ]) {
    it(`may not be ${JSON.stringify(name)}`, () => expect(isServerName(name)).to.equal(false));
  }
});

describe('a server with a certificate', () => {
  let made: Certificate;
  let server: Server;
  before(async () => {
    made = await makeCertificate(['store.example.com', '127.0.0.1'], 1);
    server = createServer({ cert: made.certificate, key: made.privateKey }, (socket) => socket.end());
    server.on('tlsClientError', () => {}); // a client that goes away is what is tested
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => server.close());

  /** `accepted`, or the code of the error. */
  const attempt = async (options: { ca?: string; servername?: string }): Promise<unknown> => {
    const { port } = server.address() as AddressInfo;
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ...options });
    try {
      await once(socket, 'secureConnect');
      return socket.authorized && 'accepted';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      socket.destroy();
    }
  };

  it('is accepted by whoever trusts the authority alone, by its name and its address', async () => {
    expect(await attempt({ ca: made.authority, servername: 'store.example.com' })).to.equal('accepted');
    expect(await attempt({ ca: made.authority })).to.equal('accepted');
  });

  it('is refused under another name', async () => {
    expect(await attempt({ ca: made.authority, servername: 'other.example.com' })).to.equal(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('is refused by who trusts another authority, or those of the machine', async () => {
    const { authority } = await makeCertificate(['store.example.com'], 1);
    for (const trust of [{ ca: authority }, {}]) {
      expect(await attempt({ ...trust, servername: 'store.example.com' })).to.equal(
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      );
    }
  });
});

const missing = spawnSync('openssl', ['version']).error ? 'no openssl on the PATH: install it' : undefined;
suiteUnless(missing, 'a certificate, to openssl', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'certificate-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('is right, by the strict reading too', async () => {
    const made = await makeCertificate(NAMES, 1);
    const [certificate, authority] = [join(folder, 'certificate.pem'), join(folder, 'authority.pem')];
    writeFileSync(certificate, made.certificate);
    writeFileSync(authority, made.authority);
    const verify = (...options: string[]): string =>
      execFileSync('openssl', ['verify', '-CAfile', authority, ...options, certificate], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const ok = `${certificate}: OK\n`;
    expect(verify()).to.equal(ok);
    expect(verify('-x509_strict', '-purpose', 'sslserver', '-verify_ip', '2001:db8::1')).to.equal(ok);
    expect(() => verify('-purpose', 'sslclient')).to.throw(/certificate purpose/);
  });
});
