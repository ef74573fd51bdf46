// Plans whose settings stand in a ConfigMap: the catalog follows it, and an instance keeps what it was made with.
import { expect } from 'chai';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { ConfigMap, ResourceClient } from '../../src/sdk/kube/types.js';
import { API_VERSION, CONFIG_MAP_LABEL, CONFIG_MAPS, OFFERINGS } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { edit, instanceObject } from '../support/kube.js';
import { type Ids, provisionOf, queryOf, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const OWN = { own: 1 };

describe('settings from a ConfigMap', () => {
  const scene = useScene();
  let config: ClusterConfig;
  let configMaps: ResourceClient<ConfigMap>;
  let name: string;
  let ids: Ids;

  before(() => {
    config = scene.cluster.config();
    configMaps = createResourceClient<ConfigMap>(config, CONFIG_MAPS, scene.cluster.namespace);
  });
  after(() => config.close());
  beforeEach(() => {
    name = `from-${newId()}`;
    ids = { serviceId: newId(), planId: newId() };
  });
  afterEach(async () => {
    await scene.kube.offerings.client.delete(name);
    await configMaps.delete(name);
  });

  const offer = () =>
    scene.kube.offerings.client.create({
      apiVersion: API_VERSION,
      kind: OFFERINGS.kind,
      metadata: { name },
      spec: {
        ...{ id: ids.serviceId, name, description: 'With settings in a ConfigMap' },
        plans: [
          {
            ...{ id: ids.planId, name: 'small', description: 'd', backend: 'lab', settings: OWN },
            settingsFrom: { configMapKeyRef: { name, key: 'small' } },
          },
        ],
      },
    });

  const keep = (small: string, labels: Record<string, string> = { [CONFIG_MAP_LABEL]: 'settings' }) =>
    configMaps.create({
      ...{ apiVersion: 'v1', kind: CONFIG_MAPS.kind },
      metadata: { name, labels },
      data: { small },
    });
  const change = (small: string) => edit(configMaps, name, (present) => ({ ...present, data: { small } }));

  const untilVerdict = async (reason: string, message: RegExp): Promise<void> => {
    await scene.kube.offerings.until(name, ({ status }) =>
      (status?.conditions ?? []).some((each) => each.reason === reason && message.test(each.message)),
    );
  };
  const isOffered = async (): Promise<boolean> =>
    (await scene.osb.catalog()).body.services.some((service: { name: string }) => service.name === name);
  const untilOffered = (wanted: boolean): Promise<boolean> =>
    eventually(isOffered, (offered) => offered === wanted);

  /** Changes it, and waits until the broker asks the backend about a plan with these settings. */
  const changeTo = async (small: string, settings: object): Promise<void> => {
    const seen: unknown[] = [];
    scene.lab.check = async (scope) => {
      seen.push(JSON.stringify(scope.settings));
      return [];
    };
    await change(small);
    await eventually(
      () => Promise.resolve(seen.includes(JSON.stringify(settings))),
      (isThere) => isThere,
    );
  };
  /** The settings that each step is called with from now on. */
  const watchSettings = (): [step: string, settings: object][] => {
    const seen: [string, object][] = [];
    for (const step of ['ensure', 'destroy'] as const) {
      scene.lab.on(step, (instance) => {
        seen.push([step, instance.settings]);
        return scene.lab.usual(step, instance);
      });
    }
    return seen;
  };
  const onRecord = async (id: string): Promise<unknown[]> => {
    const { spec, status } = (await scene.kube.instances.get(id))!;
    return [spec.resolvedPlan!.settings, status!.applied!.resolvedPlan!.settings];
  };

  it('keep an offering out of the catalog until they are there and right, with the label', async () => {
    await offer();
    await untilVerdict(
      'SettingsMissing',
      /^plans\[0\]\.settingsFrom\.configMapKeyRef: there is no ConfigMap /,
    );
    await keep('[1]', {});
    expect(await isOffered()).to.equal(false);
    const label = { [CONFIG_MAP_LABEL]: 'settings' };
    await edit(configMaps, name, (present) => ({
      ...present,
      metadata: { ...present.metadata, labels: label },
    }));
    await untilVerdict('Invalid', / must hold a YAML mapping of settings/);
    await change('size: 1');
    await untilVerdict('Accepted', /./);
    await untilOffered(true);
    await configMaps.delete(name);
    await untilVerdict('SettingsMissing', /there is no ConfigMap /);
    await untilOffered(false);
  });

  it('stay with an instance until its next update over HTTP, and until its end without them', async () => {
    await keep('size: 1\nown: 0');
    await offer();
    await untilOffered(true);
    const seen = watchSettings();
    const id = newId();
    expect((await scene.osb.provision(id, provisionOf(ids))).status).to.equal(201);
    await changeTo('size: 2', { size: 2, own: 1 });
    expect(await onRecord(id)).to.deep.equal([
      { size: 1, own: 1 },
      { size: 1, own: 1 },
    ]);
    const body = { service_id: ids.serviceId, parameters: { a: 1 } };
    expect((await scene.osb.update(id, body)).status).to.equal(200);
    expect(await onRecord(id)).to.deep.equal([
      { size: 2, own: 1 },
      { size: 2, own: 1 },
    ]);
    await configMaps.delete(name);
    await untilOffered(false);
    expect((await scene.osb.deprovision(id, queryOf(ids))).status).to.equal(200);
    expect(seen).to.deep.equal([
      ['ensure', { size: 1, own: 1 }],
      ['ensure', { size: 2, own: 1 }],
      ['destroy', { size: 2, own: 1 }],
    ]);
  });

  it('are taken up by an edit with kubectl, and stay for one that comes when they are gone', async () => {
    await keep('{"size":1,"none":null}');
    await offer();
    await untilOffered(true);
    const web = `web-${newId()}`;
    const update = async (size: number): Promise<void> => {
      const { metadata } = await scene.kube.instances.edit(web, (object) => ({
        ...object,
        spec: { ...object.spec, parameters: { size } },
      }));
      await scene.kube.instances.until(web, ({ status = {} }) => {
        const { observedGeneration = 0, lastOperation } = status;
        return observedGeneration >= metadata.generation! && lastOperation?.state === 'succeeded';
      });
    };
    await scene.kube.instances.client.create(instanceObject(web, ids));
    await scene.kube.instances.until(web, ({ status }) => status?.applied !== undefined);
    const made = { size: 2, none: null, ...OWN };
    await changeTo('{"size":2,"none":null}', made);
    await update(1);
    expect(await onRecord(web)).to.deep.equal([made, made]);
    await configMaps.delete(name);
    await untilOffered(false);
    const seen = watchSettings();
    await update(2);
    await scene.kube.instances.client.delete(web);
    await scene.kube.instances.untilGone(web);
    expect(seen).to.deep.equal([
      ['ensure', made],
      ['destroy', made],
    ]);
  });
});
