import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authority, pemOf } from '../../test/support/certificates.js';
import type { Secret } from '../sdk/kube/types.js';
import { SECRET_LABEL } from '../sdk/resources/kinds.js';
import { hostOf, makeFleet } from './harness.test.js';

const NAME = 'docker-host-tls-a';
const HOST = hostOf('a', { tls: { secretRef: { name: NAME } } });

const secretOf = (values: Record<string, string>, labels = { [SECRET_LABEL]: 'backend' }): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: NAME, labels },
  data: Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});

describe('the address of an engine', () => {
  let ca: string;
  let own: { cert: string; key: string };
  let other: typeof own;
  before(() => {
    const directory = mkdtempSync(join(tmpdir(), 'brokersdk-test-'));
    const authority = new Authority(directory);
    const issue = (name: string) => pemOf(authority.issue(name, { usage: 'clientAuth', commonName: name }));
    ca = readFileSync(authority.certFile, 'utf8');
    [own, other] = [issue('own'), issue('other')];
    rmSync(directory, { recursive: true });
  });
  const material = () => ({ 'ca.crt': ca, 'tls.crt': own.cert, 'tls.key': own.key });

  it('has no TLS material where the host has none', () => {
    const { docker } = makeFleet(hostOf('a'), hostOf('b', { engine: 'unix:///var/run/docker.sock' }));
    expect(docker.addressOf('a')).to.deep.equal({ engine: 'tcp://10.0.0.7:2376' });
    expect(docker.addressOf('b')).to.deep.equal({ engine: 'unix:///var/run/docker.sock' });
  });

  it('has that of the Secret as it is now, so that a rotation is taken up', () => {
    const { docker, secrets } = makeFleet(HOST);
    for (const { cert, key } of [own, other]) {
      secrets.put(secretOf({ 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key }));
      const { engine } = HOST.spec;
      expect(docker.addressOf('a')).to.deep.equal({ engine, tls: { ca, cert, key } });
    }
  });

  it('is refused where the Secret is missing, or is not labelled for it', () => {
    const { docker, secrets } = makeFleet(HOST);
    const missing =
      'the TLS material of the Docker host a is missing: there is no Secret docker-host-tls-a with the label sdkbroker.broker.io/secret: backend';
    expect(() => docker.addressOf('a')).to.throw(missing);
    secrets.put(secretOf(material(), { [SECRET_LABEL]: 'kept' }));
    expect(() => docker.addressOf('a')).to.throw(missing);
  });

  it('is refused where a key is missing or empty', () => {
    const { docker, secrets } = makeFleet(HOST);
    for (const key of ['ca.crt', 'tls.crt', 'tls.key']) {
      secrets.put(secretOf({ ...material(), [key]: '\n' }));
      expect(() => docker.addressOf('a')).to.throw(
        `the TLS material of the Docker host a is incomplete: the Secret docker-host-tls-a has no key ${key}`,
      );
    }
  });

  it('is refused where the values are none or do not belong together, without a word of them', () => {
    const { docker, secrets } = makeFleet(HOST);
    const wrong = { 'ca.crt': 'sesame', 'tls.crt': 'sesame', 'tls.key': 'sesame' };
    const each = Object.entries(wrong).map(([key, value]) => ({ ...material(), [key]: value }));
    for (const values of [...each, { ...material(), 'tls.key': other.key }]) {
      secrets.put(secretOf(values));
      expect(() => docker.addressOf('a')).to.throw(
        /^the TLS material of the Docker host a cannot be used: in the Secret docker-host-tls-a, ca\.crt has to be a certificate in PEM, and tls\.crt one with tls\.key as its key$/,
      );
    }
  });
});
