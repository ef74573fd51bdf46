// Instances on a real Docker engine that is spoken to with TLS alone: its certificates are renewed, and may be wrong.
import { expect } from 'chai';
import { tlsSecretName } from '../../src/docker-hosts/names.js';
import { newId } from '../support/broker.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { DockerScene, IMPATIENT } from './scene.js';

const UNTRUSTED =
  'the broker and the Docker host do not trust each other: their operator has to look at the certificates';

suiteUnless(missingDocker(), 'instances on a Docker engine with TLS', () => {
  const scene = new DockerScene();
  before(() =>
    scene.open(
      { one: { tls: true, ownAddress: true, ports: { min: 27_000, max: 27_100 } } },
      {},
      { env: IMPATIENT },
    ),
  );
  after(() => scene.close());

  it('are made, used and removed, also when its certificates are renewed: without a restart of the broker', async () => {
    const { engine } = scene.host();
    const id = await scene.instance();
    const before = await scene.bind(id);
    await scene.untilServed(before.credentials['uri']!, before.credentials['password']!);
    await engine.kill();
    engine.renewCertificates();
    await engine.startAgain();
    await scene.writeTls('one');
    const after = await scene.bind(id);
    for (const { credentials } of [before, after]) {
      await scene.untilServed(credentials['uri']!, credentials['password']!);
    }
    await scene.deprovision(id);
    expect(await engine.everything()).to.deep.equal({ containers: [], volumes: [] });
  });

  it('wait where the Secret is missing, the log says so, and they go on when it comes', async () => {
    await scene.kube.secrets.client.delete(tlsSecretName('one'));
    await scene.kube.secrets.untilGone(tlsSecretName('one'));
    const id = newId();
    await scene.provision(id);
    expect(await scene.waits(id, /trust/)).to.equal(UNTRUSTED);
    expect(scene.broker.log()).to.include(
      'the TLS material of the Docker host one is missing: there is no Secret docker-host-tls-one ',
    );
    await scene.writeTls('one');
    await scene.ended(id);
    await scene.deprovision(id);
  });

  it('wait where certificates are wrong, the log says why, and they go on when that is put right', async () => {
    const { engine } = scene.host();
    const { tls } = engine.address;
    await engine.kill();
    engine.renewCertificates();
    await engine.startAgain();
    const id = newId();
    await scene.provision(id);
    expect(await scene.waits(id, /trust/)).to.equal(UNTRUSTED);
    expect(scene.broker.log()).to.include('its certificate is not of the authority in ca.crt');
    await scene.writeTls('one');
    await scene.ended(id);
    await scene.deprovision(id);
    const written = (await scene.kube.dump()) + scene.broker.log();
    const lines = [tls!.key, engine.address.tls!.key].flatMap((key) => key.split('\n').slice(1, 3));
    expect(lines.filter((line) => line.length > 40)).to.have.length.above(1);
    for (const line of lines) expect(written.includes(line), 'a key is told').to.equal(false);
  });
});
