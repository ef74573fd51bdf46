// The secrets that are kept for an instance, against an API server.
import { expect } from 'chai';
import { SECRET_LABEL, SECRETS } from '../../src/sdk/resources/kinds.js';
import { account, configMap, CONFIG_MAPS, failureOf, OwnedScene } from '../support/owned-scene.js';

describe('the secrets that are kept for an instance', () => {
  let scene: OwnedScene;
  before(async () => {
    scene = await OwnedScene.open();
  });
  after(() => scene.close());
  afterEach(() => scene.reset());

  it('are made once, whoever asks, and how many at a time', async () => {
    const instance = await scene.createInstance();
    let made = 0;
    const maker = (): string => `value-${++made}`;
    const [one, other] = await Promise.all([
      scene.newTerm().keep(instance)({ password: maker }),
      scene.newTerm().keep(instance)({ password: maker, token: () => Promise.resolve('t') }),
    ]);
    expect(one.password).to.equal(other.password);
    const after = made;
    expect(await scene.newTerm().keep(instance)({ password: maker })).to.deep.equal(one);
    expect(made).to.equal(after);
    const kept = await scene.client(SECRETS).get(`instance-kept-${instance.metadata.name}`);
    expect(kept?.metadata.labels).to.deep.equal({ [SECRET_LABEL]: 'kept' });
    expect(kept?.metadata.ownerReferences?.[0]).to.include({ uid: instance.metadata.uid });
    expect(kept?.data).to.have.all.keys('password', 'token');
  });

  it('stand beside the record of kinds, whichever comes first', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const objects = scene.newTerm();
    const { password } = await objects.keep(instance)({ password: () => 'p' });
    await objects.forInstance(instance, scene.signal).apply([configMap(name)]);
    const { token } = await objects.keep(instance)({ token: () => 't' });
    expect([password, token]).to.deep.equal(['p', 't']);
    await scene.resourcesOf(instance).apply([account(name)]);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([]);
    expect(await scene.newTerm().keep(instance)({ password: () => 'q' })).to.deep.equal({ password: 'p' });
  });

  it('are those of no earlier instance of its name, and are not mixed up with a Secret of somebody else', async () => {
    const earlier = await scene.createInstance();
    const { name } = earlier.metadata;
    await scene.newTerm().keep(earlier)({ password: () => 'old' });
    const later = { ...earlier, metadata: { ...earlier.metadata, uid: 'another' } };
    expect(await scene.newTerm().keep(later)({ password: () => 'new' })).to.deep.equal({ password: 'new' });
    const other = await scene.createInstance();
    const kept = `instance-kept-${other.metadata.name}`;
    await scene.client(SECRETS).create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: kept } });
    const error = await failureOf(scene.newTerm().keep(other)({ password: () => 'x' }));
    expect(error.message).to.equal(
      `a Secret named ${kept} that is not this broker's is in the way: remove or rename it`,
    );
    expect(name).not.to.equal(other.metadata.name);
  });
});
