// What is left on an engine when the resources of instances went by force: it is removed where the operator wants that,
// and what others have there stays.
import { expect } from 'chai';
import type { KubeEvent } from '../../src/sdk/kube/events.js';
import { removeByForce } from '../support/by-force.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { WEB } from './images.js';
import { DockerScene } from './scene.js';

/** Sweeps as often as can be. */
const ENV = { BROKER_ORPHANS: 'remove', BROKER_RESYNC_SECONDS: '1' };
const PORTS = { min: 21_200, max: 21_210 };
const NOTHING: { containers: string[]; volumes: string[] } = { containers: [], volumes: [] };

suiteUnless(missingDocker(), 'what no resource accounts for on a Docker engine', function () {
  this.timeout(60_000);
  const scene = new DockerScene();
  before(() => scene.open({ one: { ports: PORTS } }, {}, { env: ENV }));
  after(() => scene.close());

  const everything = (): Promise<typeof NOTHING> => scene.host().engine.everything();

  const removed = (id: string): Promise<Readonly<KubeEvent>[]> =>
    scene.kube.events.untilSome(1, (event) => event.reason === 'OrphanRemoved' && event.message.includes(id));

  /** As the broker of that DockerHost makes them, in a namespace of the same name. */
  async function madeBy(hostUid: string, name: string): Promise<void> {
    const { docker } = scene.host().engine;
    const Labels = {
      'sdkbroker.broker.io/instance': name,
      'sdkbroker.broker.io/broker': scene.cluster.namespace,
      'sdkbroker.broker.io/docker-host': hostUid,
    };
    await docker.createVolume({ Name: `${name}-0a1b2c3d`, Labels });
    await docker.createContainer({ name, Image: WEB, Labels });
  }

  it('is removed: the container, its volume and its port', async () => {
    const id = await scene.instance();
    await removeByForce(scene.kube.instances, id);
    await removed(id);
    expect(await everything()).to.deep.equal(NOTHING);
    expect((await scene.dockerHost())!.status).to.deep.include({ instances: [], instanceCount: 0 });
  });

  it('is removed where only the volume is left, or only an entry in the status', async () => {
    const [volume, entry] = [await scene.instance(), await scene.instance()];
    await scene.broker.stop();
    const { docker } = scene.host().engine;
    for (const id of [volume, entry]) {
      await removeByForce(scene.kube.instances, id);
      await docker.getContainer(id).remove({ force: true });
    }
    const ofEntry = (await everything()).volumes.find((name) => name.startsWith(entry))!;
    await docker.getVolume(ofEntry).remove();
    await scene.startBroker();
    await Promise.all([removed(volume), removed(entry)]);
    expect(await everything()).to.deep.equal(NOTHING);
    expect((await scene.dockerHost())!.status).to.deep.include({ instances: [], instanceCount: 0 });
  });

  it('is left alone where others have made it, and where a resource accounts for it', async () => {
    const { docker } = scene.host().engine;
    await docker.createVolume({ Name: 'theirs' });
    await docker.createContainer({ name: 'theirs', Image: WEB });
    await madeBy('uid-in-another-cluster', 'of-another-cluster');
    const kept = await scene.instance();
    const before = await everything();
    await madeBy((await scene.dockerHost())!.metadata.uid!, 'without-a-resource');
    await removed('without-a-resource');
    expect(await everything()).to.deep.equal(before);
    expect(before.containers).to.include.members(['theirs', 'of-another-cluster', kept]);
    expect(before.volumes).to.include.members(['theirs', 'of-another-cluster-0a1b2c3d']);
    await scene.deprovision(kept);
  });
});
