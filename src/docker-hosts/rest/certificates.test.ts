import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { selfSigned } from '../../sdk/osb/self-signed.test.js';
import { objectName } from '../../sdk/resources/names.js';
import { hostOf } from '../harness.test.js';
import { type Rest, secretMade, startRest } from './harness.test.js';

const CA = selfSigned('the root').cert;
const { cert: CERT, key: KEY } = selfSigned('a client');
const MATERIAL = { ClientCert: CERT, ClientKey: KEY, CA };
const IN_2121 = Date.parse('2121-01-01T00:00:00Z');
const shown = (pem: string) => ({
  Fingerprint: `sha256:${new X509Certificate(pem).fingerprint256}`,
  Expires: '2120-01-01T00:00:00.000Z',
});

describe('the certificates of Docker hosts', () => {
  let rest: Rest;
  beforeEach(async () => (rest = await startRest()));
  afterEach(() => rest.osb.stop());

  const send = (method: string, host: string, body?: object) =>
    rest.send(method, `/certificate/${encodeURIComponent(host)}`, { body });
  const tlsOf = (host: string) => rest.hosts.get(host)!.spec.tls?.secretRef.name;

  it('are kept in a Secret, which the host is told of, and told of by fingerprint and expiry', async () => {
    rest.hosts.put(hostOf('alpha'));
    const made = await send('PUT', 'alpha', { Host: 'alpha', ...MATERIAL });
    const name = 'docker-host-tls-alpha';
    const answer = {
      ...{ Host: 'alpha', DockerHost: 'alpha', Secret: name },
      ...{ ClientCert: shown(CERT), CA: [shown(CA)] },
    };
    expect([made.status, made.json]).to.deep.equal([201, answer]);
    const { data, metadata } = rest.secrets.get(name)!;
    expect(metadata.labels).to.deep.equal({ 'sdkbroker.broker.io/secret': 'backend' });
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    expect(data).to.deep.equal({
      ...{ 'ca.crt': encoded(CA), 'tls.crt': encoded(CERT), 'tls.key': encoded(KEY) },
    });
    expect(tlsOf('alpha')).to.equal(name);
    const read = await send('GET', 'alpha');
    expect([read.status, read.json]).to.deep.equal([200, answer]);
    const all = await rest.send('GET', '/certificates');
    expect(all.json).to.deep.equal([answer]);
    const told = made.text + read.text + all.text + rest.logged();
    const keyLine = KEY.split('\n')[1]!;
    for (const secret of ['BEGIN', 'PRIVATE', keyLine, encoded(KEY).slice(60, 100)]) {
      expect(told).not.to.include(secret);
    }
  });

  it('are replaced by the next PUT, chains and all, and no write of the host is wasted', async () => {
    rest.hosts.put(hostOf('alpha'));
    await send('PUT', 'alpha', MATERIAL);
    const { cert, key } = selfSigned('another client');
    const bundle = { clientcert: `${cert}${CA}`, clientkey: key, ca: `Some words\n${CERT}${CA}` };
    const again = await send('PUT', 'alpha', bundle);
    expect([again.status, again.json.ClientCert]).to.deep.equal([200, shown(cert)]);
    expect(again.json.CA).to.deep.equal([shown(CERT), shown(CA)]);
    expect(rest.hosts.writes()).to.deep.equal(['replace alpha']);
  });

  it('are of hosts that are named by their address as well, registered or not', async () => {
    for (const address of ['10.0.0.7', 'Docker-1.example.org', '2001:db8::7']) {
      const made = await send('PUT', address, MATERIAL);
      expect(made.json).to.include({ Host: address, DockerHost: objectName(address) });
      expect((await send('GET', address)).json).to.deep.equal(made.json);
    }
    expect((await send('GET', '10.0.0.8')).status).to.equal(404);
    rest.hosts.put(hostOf(objectName('10.0.0.8')));
    expect((await send('GET', '10.0.0.8')).status).to.equal(404);
    const byName = await send('PUT', objectName('10.0.0.8'), MATERIAL);
    expect(byName.json.DockerHost).to.equal(objectName('10.0.0.8'));
  });

  it('are refused where they would not work, and nothing is stored', async () => {
    const wrong: [object, RegExp][] = [
      [{ ...MATERIAL, Host: 'beta' }, /^Host must be the one of the path/],
      [{ ...MATERIAL, ClientCert: undefined }, /^ClientCert is missing/],
      [{ ...MATERIAL, ClientKey: '' }, /^ClientKey is missing/],
      [{ ...MATERIAL, CA: null }, /^CA is missing/],
      [{ ...MATERIAL, CA: 'nonsense' }, /^CA is no certificate in PEM/],
      [
        { ...MATERIAL, ClientCert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
        /^ClientCert is no/,
      ],
      [{ ...MATERIAL, ClientCert: KEY }, /^ClientCert is no certificate in PEM/],
      [{ ...MATERIAL, ClientKey: CERT }, /^ClientKey is no private key in PEM/],
      [{ ...MATERIAL, ClientKey: selfSigned('a client').key }, /^ClientKey is not the key of ClientCert/],
      [{ ...MATERIAL, Passphrase: 'swordfish' }, /there is no "Passphrase"$/],
    ];
    for (const [body, problem] of wrong) {
      const answer = await send('PUT', 'alpha', body);
      expect(answer.status, String(problem)).to.equal(400);
      expect(answer.json.description)
        .to.match(problem)
        .and.not.match(/swordfish|BEGIN/);
    }
    rest.clock.advance(IN_2121);
    const late = await send('PUT', 'alpha', MATERIAL);
    expect(late.json).to.deep.equal({ description: 'ClientCert has expired on 2120-01-01T00:00:00.000Z' });
    expect(rest.writes()).to.deep.equal([]);
  });

  it('are deleted, and their host is told; an unknown one is gone', async () => {
    rest.hosts.put(hostOf('alpha'));
    await send('PUT', 'alpha', MATERIAL);
    const deleted = await send('DELETE', 'alpha');
    expect([deleted.status, deleted.json]).to.deep.equal([200, {}]);
    expect([tlsOf('alpha'), rest.secrets.list()]).to.deep.equal([undefined, []]);
    expect(rest.hosts.get('alpha')!.spec.engine).to.equal('tcp://10.0.0.7:2376');
    expect((await send('DELETE', 'alpha')).status).to.equal(410);
    expect((await send('GET', 'alpha')).status).to.equal(404);
  });

  it('that a host takes from another Secret are shown, not deleted, and replaced for that host', async () => {
    rest.hosts.put(hostOf('alpha', { tls: { secretRef: { name: 'by-hand' } } }));
    const missing = await send('GET', 'alpha');
    expect(missing.json).to.include({ Secret: 'by-hand' });
    expect(missing.json.Problem).to.match(/no such Secret/);
    rest.secrets.put(secretMade('by-hand', { 'tls.crt': CERT, 'ca.crt': CA, 'tls.key': 'swordfish' }));
    expect((await send('GET', 'alpha')).json).to.deep.include({ Secret: 'by-hand', ClientCert: shown(CERT) });
    const refused = await send('DELETE', 'alpha');
    expect(refused.status).to.equal(409);
    expect(refused.json.description).to.match(/uses the Secret by-hand/);
    expect(tlsOf('alpha')).to.equal('by-hand');
    expect((await send('PUT', 'alpha', MATERIAL)).status).to.equal(201);
    expect(tlsOf('alpha')).to.equal('docker-host-tls-alpha');
    expect(rest.secrets.get('by-hand')).to.be.an('object');
  });

  it('of a Secret that is wrong are a problem that is shown, without what is in it', async () => {
    rest.secrets.put(secretMade('docker-host-tls-alpha', { 'tls.crt': 'swordfish' }));
    rest.secrets.put(secretMade('docker-image-x', { password: 'swordfish' }));
    const all = await rest.send('GET', '/certificates');
    expect(all.json).to.have.length(1);
    expect(all.text)
      .to.match(/no certificates in PEM/)
      .and.not.include('swordfish');
  });

  it('leave a Secret alone that is not for backends', async () => {
    rest.secrets.put(secretMade('docker-host-tls-alpha', { password: 'theirs' }, ''));
    expect((await send('PUT', 'alpha', MATERIAL)).status).to.equal(409);
    expect((await send('GET', 'alpha')).status).to.equal(404);
    expect((await send('DELETE', 'alpha')).status).to.equal(410);
    expect(rest.writes()).to.deep.equal([]);
  });

  it('reach a host that others write at the same time, or that goes', async () => {
    rest.hosts.put(hostOf('alpha'));
    let turns = 1;
    rest.hosts.overtake = () => {
      if (turns-- > 0) rest.hosts.put(hostOf('alpha', { perfFactor: 7 }));
    };
    await send('PUT', 'alpha', MATERIAL);
    expect(rest.hosts.get('alpha')!.spec).to.deep.include({ perfFactor: 7 });
    expect(tlsOf('alpha')).to.equal('docker-host-tls-alpha');
    rest.hosts.overtake = (name) => rest.hosts.remove(name);
    expect((await send('DELETE', 'alpha')).status).to.equal(200);
    expect(rest.secrets.list()).to.deep.equal([]);
  });
});
