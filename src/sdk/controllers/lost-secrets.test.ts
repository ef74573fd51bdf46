import { expect } from 'chai';
import type { KubeObject, Secret } from '../kube/types.js';
import { toSecret } from '../resources/binding-secret.js';
import { contentOf, keptSecret, type UsedKind } from '../resources/kept-secret.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { PUT_BACK, RENEW } from '../resources/own-secrets.js';
import { parametersSecret } from '../resources/secret-parameters.js';
import { makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';
import { LostSecrets } from './lost-secrets.js';

const MAPS: UsedKind = { apiVersion: 'v1', kind: 'ConfigMap' };
const PODS: UsedKind = { apiVersion: 'v1', kind: 'Pod' };
const encoded = (value: string): string => Buffer.from(value).toString('base64');

describe('LostSecrets', () => {
  let stores: World['stores'];
  let lost: LostSecrets;
  let web: ServiceInstance;

  beforeEach(() => {
    ({ stores } = makeWorld());
    lost = new LostSecrets(stores);
    web = stores.instances.put(readyInstance('web'));
  });

  /** As somebody with kubectl changes it. */
  const edit = (name: string, change: (secret: Secret) => void): void => {
    const secret = structuredClone(stores.secrets.get(name)!) as Secret;
    change(secret);
    stores.secrets.put(secret);
  };
  const whatOf = (name: string): string | undefined => lost.find(name)?.what;

  describe('of values that are kept', () => {
    const NAME = 'instance-kept-web';
    const keep = (values: Record<string, string>, kinds: UsedKind[] = []): Secret =>
      stores.secrets.put(keptSecret(web, { values, kinds }));
    const found = () => contentOf(lost.find(NAME)?.secret);

    it('are none while all is as it was', () => {
      keep({ a: '1' });
      expect(lost.find(NAME)).to.equal(undefined);
    });

    it('are those of a Secret that was deleted, until it is there again', () => {
      keep({ a: '1' }, [MAPS]);
      stores.secrets.remove(NAME);
      expect(whatOf(NAME)).to.equal(`Secret ${NAME} is missing`);
      expect(found()).to.deep.equal({ values: { a: '1' }, kinds: [MAPS] });
      expect(lost.find(NAME)!.secret.metadata).not.to.have.any.keys('uid', 'resourceVersion');
      stores.secrets.put(lost.find(NAME)!.secret);
      expect(lost.find(NAME)).to.equal(undefined);
    });

    it('are values that were changed or removed, whatever comes afterwards', () => {
      keep({ a: '1', b: '2' }, [MAPS]);
      keep({ a: 'other' }, []);
      expect(whatOf(NAME)).to.equal(`Secret ${NAME} differs in metadata.annotations, data.a, data.b`);
      keep({ a: 'other', c: '3' }, [PODS]);
      expect(found()).to.deep.equal({ values: { a: '1', b: '2', c: '3' }, kinds: [PODS, MAPS] });
      expect(lost.find(NAME)!.secret.metadata.resourceVersion).to.equal(
        stores.secrets.get(NAME)!.metadata.resourceVersion,
      );
    });

    it('are no values and kinds that are new', () => {
      keep({ a: '1' });
      keep({ a: '1', b: '2' }, [MAPS]);
      expect(lost.find(NAME)).to.equal(undefined);
      keep({ a: '1' }, [MAPS]);
      expect(found().values).to.deep.equal({ a: '1', b: '2' });
    });

    it('are none where something is kept after others were put back', () => {
      keep({ a: '1' });
      stores.secrets.remove(NAME);
      const { secret } = lost.find(NAME)!;
      const annotations = { ...secret.metadata.annotations, [PUT_BACK]: 'now' };
      stores.secrets.put({ ...secret, metadata: { ...secret.metadata, annotations } });
      keep({ a: '1', b: '2' });
      expect(lost.find(NAME)).to.equal(undefined);
    });

    it('are no values that an operator wants anew', () => {
      keep({ a: '1', b: '2' });
      edit(NAME, ({ metadata, data }) => {
        metadata.annotations = { ...metadata.annotations, [RENEW]: 'b, c' };
        delete data!.b;
      });
      expect(lost.find(NAME)).to.equal(undefined);
      keep({ a: '1', b: 'new' });
      expect(lost.find(NAME)).to.equal(undefined);
      keep({ b: 'new' });
      expect(found().values).to.deep.equal({ a: '1', b: 'new' });
    });

    it('are the label, the owner and the record of kinds as well', () => {
      keep({ a: '1' }, [MAPS]);
      edit(NAME, ({ metadata }) => {
        metadata.labels = { mine: 'yes' };
        metadata.annotations = { note: 'mine' };
        metadata.ownerReferences = [];
      });
      const { metadata } = lost.find(NAME)!.secret;
      const { labels, annotations, ownerReferences } = keptSecret(web, {
        values: {},
        kinds: [MAPS],
      }).metadata;
      expect(metadata.labels).to.deep.equal({ ...labels, mine: 'yes' });
      expect(metadata.annotations).to.deep.equal({ ...annotations, note: 'mine' });
      expect(metadata.ownerReferences).to.deep.equal(ownerReferences);
    });

    it('are forgotten when their owner goes, or is another one', () => {
      keep({ a: '1' });
      stores.secrets.remove(NAME);
      const deletionTimestamp = new Date(0).toISOString();
      stores.instances.put({ ...web, metadata: { ...web.metadata, deletionTimestamp } });
      expect(lost.find(NAME)).to.equal(undefined);
      stores.instances.put({ ...web, metadata: { ...web.metadata, uid: 'another' } });
      expect(lost.find(NAME)).to.equal(undefined);
      stores.instances.put(web);
      expect(lost.find(NAME), 'it was forgotten for good').to.equal(undefined);
    });

    it('are all of them where somebody else`s Secret has the name', () => {
      keep({ a: '1' });
      stores.secrets.remove(NAME);
      const { metadata, ...rest } = keptSecret(web, { values: { b: '2' }, kinds: [] });
      stores.secrets.put({ ...rest, metadata: { ...metadata, uid: 'another', ownerReferences: [] } });
      expect(whatOf(NAME)).to.equal(`Secret ${NAME} is missing`);
      expect(lost.find(NAME)!.secret.metadata).not.to.have.property('resourceVersion');
      expect(found().values).to.deep.equal({ a: '1' });
    });

    it('are seen by each replica for itself', () => {
      keep({ a: '1' });
      const other = new LostSecrets(stores);
      stores.secrets.remove(NAME);
      expect(other.find(NAME)).to.deep.equal(lost.find(NAME));
    });

    it('are not known to who came later', () => {
      keep({ a: '1' });
      stores.secrets.remove(NAME);
      expect(new LostSecrets(stores).find(NAME)).to.equal(undefined);
    });

    it('leave alone what is nobody`s, or somebody else`s', () => {
      const { metadata, ...rest } = keptSecret(web, { values: { a: '1' }, kinds: [] });
      const someone = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' };
      for (const ownerReferences of [[], [someone]]) {
        stores.secrets.put({ ...rest, metadata: { ...metadata, ownerReferences } });
        stores.secrets.remove(NAME);
        expect(lost.find(NAME)).to.equal(undefined);
      }
    });
  });

  describe('of secret parameters', () => {
    const NAME = 'instance-parameters-web';
    const refer = (...keys: string[]): KubeObject => {
      const refs = keys.map((key) => [key, { secretKeyRef: { name: NAME, key } }]);
      return stores.instances.put({ ...web, spec: { ...web.spec, parameters: Object.fromEntries(refs) } });
    };

    it('are values that are referred to, and no others', () => {
      refer('used');
      stores.secrets.put(parametersSecret(web, { used: 'u', dropped: 'd' }));
      stores.secrets.put(parametersSecret(web, { used: 'u' }));
      expect(lost.find(NAME)).to.equal(undefined);
      stores.secrets.put(parametersSecret(web, { used: 'other' }));
      expect(whatOf(NAME)).to.equal(`Secret ${NAME} differs in data.used`);
      stores.secrets.remove(NAME);
      expect(lost.find(NAME)!.secret.data).to.deep.equal({ used: encoded('u') });
      refer();
      expect(lost.find(NAME)).to.equal(undefined);
    });
  });

  describe('of credentials', () => {
    const NAME = 'binding-app';
    let app: ServiceBinding;
    const store = (password: string): Secret =>
      stores.secrets.put(toSecret(app, { credentials: { password } }));
    const tellOf = ({ metadata: { resourceVersion } }: Secret): void => {
      const status = { ...app.status, secretRef: { name: NAME, resourceVersion: resourceVersion! } };
      stores.bindings.put({ ...app, status });
    };

    beforeEach(() => {
      const { secretRef: _, ...status } = readyBinding('app', 'web').status!;
      app = stores.bindings.put({ ...readyBinding('app', 'web'), status });
    });

    it('are none before the binding tells of them: bind may make others', () => {
      store('first');
      store('second');
      expect(lost.find(NAME)).to.equal(undefined);
      stores.secrets.remove(NAME);
      expect(lost.find(NAME)).to.equal(undefined);
    });

    it('are those that the binding tells of', () => {
      store('first');
      tellOf(store('second'));
      store('by somebody');
      expect(whatOf(NAME)).to.equal(`Secret ${NAME} differs in data.password, data.binding.json`);
      stores.secrets.remove(NAME);
      expect(lost.find(NAME)!.secret.data).to.include({ password: encoded('second') });
    });

    it('are remembered through changes that take nothing away', () => {
      tellOf(store('only'));
      edit(NAME, ({ metadata }) => (metadata.labels = { ...metadata.labels, mine: 'yes' }));
      expect(lost.find(NAME)).to.equal(undefined);
      stores.secrets.remove(NAME);
      expect(lost.find(NAME)!.secret.data).to.include({ password: encoded('only') });
    });

    it('are over when the binding tells of what is there', () => {
      tellOf(store('first'));
      tellOf(store('second'));
      expect(lost.find(NAME)).to.equal(undefined);
      stores.secrets.remove(NAME);
      expect(lost.find(NAME)!.secret.data).to.include({ password: encoded('second') });
    });
  });
});
