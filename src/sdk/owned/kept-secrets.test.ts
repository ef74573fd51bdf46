import { expect } from 'chai';
import { MemoryStore } from '../controllers/harness.test.js';
import { KubeError } from '../kube/errors.js';
import type { Secret } from '../kube/types.js';
import { contentOf, keptSecret } from '../resources/kept-secret.js';
import { API_VERSION, INSTANCES, type ServiceInstance } from '../resources/kinds.js';
import { KeptSecrets } from './kept-secrets.js';

const INSTANCE: ServiceInstance = {
  apiVersion: API_VERSION,
  kind: INSTANCES.kind,
  metadata: { name: 'i', uid: 'u' },
  spec: { serviceId: 's', planId: 'p' },
};
const NAME = 'instance-kept-i';
const MAPS = { apiVersion: 'v1', kind: 'ConfigMap' };
const PODS = { apiVersion: 'v1', kind: 'Pod', byOthers: true as const };

const conflict = (): KubeError => new KubeError('replace: 409', { status: 409, reason: 'Conflict' });

describe('KeptSecrets', () => {
  let secrets: MemoryStore<Secret>;
  let kept: KeptSecrets;
  beforeEach(() => {
    secrets = new MemoryStore<Secret>();
    kept = new KeptSecrets(secrets);
  });
  const content = () => contentOf(secrets.get(NAME));

  it('writes once for what is new, and never for what is there', async () => {
    await kept.record(INSTANCE, [MAPS, MAPS]);
    await kept.record(INSTANCE, [MAPS]);
    await kept.record(INSTANCE, []);
    expect(secrets.requests).to.deep.equal([`create ${NAME}`]);
    await kept.keep(INSTANCE)({ password: () => 'p' });
    await kept.keep(INSTANCE)({ password: () => 'q' });
    expect(secrets.requests).to.deep.equal([`create ${NAME}`, `replace ${NAME}`]);
    expect(content()).to.deep.equal({ values: { password: 'p' }, kinds: [MAPS] });
  });

  it('leaves a value alone that somebody else was faster to keep, and makes none twice', async () => {
    let made = 0;
    secrets.put(keptSecret(INSTANCE, { values: {}, kinds: [MAPS] }));
    const { replace } = secrets;
    secrets.replace = (secret) => {
      secrets.replace = replace;
      secrets.put(keptSecret(INSTANCE, { values: { password: 'theirs' }, kinds: [MAPS, PODS] }));
      expect(contentOf(secret).values).to.deep.equal({ password: '1', token: '2' });
      return Promise.reject(conflict());
    };
    const maker = (): string => String(++made);
    const values = await kept.keep(INSTANCE)({ password: maker, token: maker });
    expect(values).to.deep.equal({ password: 'theirs', token: '2' });
    expect(content()).to.deep.equal({ values, kinds: [MAPS, PODS] });
  });

  it('hands on what a maker throws, and has kept nothing', async () => {
    const failing = kept.keep(INSTANCE)({ password: () => Promise.reject(new Error('no entropy')) });
    expect(await failing.catch(String)).to.equal('Error: no entropy');
    expect(secrets.requests).to.deep.equal([]);
  });

  it('refuses a name that no Secret can have as a key', async () => {
    expect(
      await kept
        .keep(INSTANCE)({ 'no key': () => 'x' })
        .catch(String),
    ).to.equal('TypeError: "no key" cannot be a key of a Secret');
  });

  it('gives what is kept for an instance that is gone, and makes nothing more for it', async () => {
    const gone = { ...INSTANCE, metadata: { name: 'i' } };
    secrets.put(keptSecret(INSTANCE, { values: { password: 'p' }, kinds: [] }));
    expect(await kept.keep(gone)({ password: () => 'q' })).to.deep.equal({ password: 'p' });
    expect(await kept.record(gone, [MAPS]).catch(String)).to.equal(
      'Error: the ServiceInstance i is gone: nothing can be made for it',
    );
  });

  it('knows the kinds of one instance and of all, and none where somebody broke the record', async () => {
    await kept.record(INSTANCE, [MAPS]);
    await kept.record({ ...INSTANCE, metadata: { name: 'j', uid: 'v' } }, [PODS, MAPS]);
    expect(kept.kindsOf('i')).to.deep.equal([MAPS]);
    expect(kept.usedKinds()).to.deep.equal([MAPS, PODS]);
    const broken = structuredClone(secrets.get(NAME)) as Secret;
    broken.metadata.annotations = { 'sdkbroker.broker.io/kinds': '{' };
    secrets.put(broken);
    expect([kept.kindsOf('i'), kept.kindsOf('none')]).to.deep.equal([[], []]);
  });
});
