import { expect } from 'chai';
import type { AnyBackend } from '../authoring/backend.js';
import type { ServiceOffering } from '../resources/kinds.js';
import { makeWorld, type World } from './harness.test.js';
import { reconcileOffering } from './offering.js';

const signal = new AbortController().signal;
const AGAIN = { requeueAfterMs: 60_000 };

describe('what a backend says of a plan', () => {
  let said: () => Promise<readonly string[]>;
  let asked: number;
  let world: World;
  const start = (backend: Partial<AnyBackend>): void => {
    asked = 0;
    world = makeWorld(backend);
  };
  const reconcile = () => reconcileOffering(world, 'offering', signal);
  const accepted = (): string => {
    const [{ type, status, reason, message }] = world.stores.offerings.get('offering')!.status!
      .conditions! as any;
    expect(type).to.equal('Accepted');
    return `${status} ${reason}: ${message}`;
  };
  const isInCatalog = (): boolean => world.catalog.find('service', 'plan') !== undefined;

  beforeEach(() => {
    said = async () => [];
    start({
      check: () => {
        asked += 1;
        return said();
      },
    });
  });

  it('takes the offering out of the catalog until it is put right', async () => {
    said = async () => ['etcd has no authentication', 'and no root'];
    expect(await reconcile()).to.deep.equal(AGAIN);
    expect(accepted()).to.equal(
      'False BackendRefused: plan plan: etcd has no authentication; plan plan: and no root',
    );
    expect(isInCatalog()).to.equal(false);
    said = async () => [];
    expect(await reconcile()).to.equal(undefined);
    expect(accepted()).to.equal('True Accepted: the offering is in the catalog');
    expect(isInCatalog()).to.equal(true);
  });

  it('changes nothing where it says nothing, and is asked again', async () => {
    const isDown = (): Promise<never> => Promise.reject(new Error('etcd is down'));
    said = isDown;
    expect(await reconcile()).to.deep.equal(AGAIN);
    expect(isInCatalog()).to.equal(true);
    said = async () => ['no authentication'];
    await reconcile();
    said = isDown;
    expect(await reconcile()).to.deep.equal(AGAIN);
    expect(isInCatalog()).to.equal(false);
  });

  it('is forgotten with a change of the offering', async () => {
    said = async () => ['no authentication'];
    await reconcile();
    const refused = world.stores.offerings.get('offering') as ServiceOffering;
    world.stores.offerings.put({ ...refused, metadata: { ...refused.metadata, generation: 2 } });
    expect(isInCatalog()).to.equal(true);
  });

  it('is asked once for plans that differ in nothing that it sees', async () => {
    const { spec, ...rest } = world.stores.offerings.get('offering') as ServiceOffering;
    const [plan] = spec.plans;
    const plans = ['plan', 'same', 'other'].map((name) => ({
      ...{ ...plan!, id: name, name },
      settings: { of: name === 'other' ? 2 : 1 },
    }));
    world.stores.offerings.put({ ...rest, spec: { ...spec, plans } });
    await reconcile();
    expect(asked).to.equal(2);
  });

  it('costs no write where nothing is said and nothing changed', async () => {
    await reconcile();
    world.stores.offerings.requests.splice(0);
    await reconcile();
    expect(world.stores.offerings.requests).to.deep.equal([]);
  });

  it('is not missed where a backend does not check', async () => {
    start({});
    expect(await reconcile()).to.equal(undefined);
    expect(accepted()).to.equal('True Accepted: the offering is in the catalog');
  });
});
