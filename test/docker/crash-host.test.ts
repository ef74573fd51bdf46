// A DockerHost that was removed while its engine ran on, and made anew by its agent: it has another uid, and no entries.
import { expect } from 'chai';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { eventually } from '../support/unchanged.js';
import { DockerScene } from './scene.js';

suiteUnless(missingDocker(), 'an instance whose DockerHost was made anew', function () {
  this.timeout(60_000);
  const scene = new DockerScene();
  before(() => scene.open({ one: { ports: { min: 21_210, max: 21_220 } } }));
  after(() => scene.close());

  it('is repaired with its volume and its port, and leaves nothing', async () => {
    const id = await scene.instance();
    const { credentials } = await scene.bind(id);
    const { agent, engine } = scene.host();
    agent.fallSilent();
    await agent.hosts.delete('one');
    await agent.start();
    await engine.docker.getContainer(id).remove({ force: true });
    const read = (): Promise<string> =>
      fetch(credentials['uri']!).then(
        (answer) => answer.text(),
        () => '',
      );
    expect(await eventually(read, (text) => text !== '')).to.equal(credentials['password']);
    await scene.deprovision(id);
    expect(await engine.everything()).to.deep.equal({ containers: [], volumes: [] });
    expect((await scene.dockerHost())!.status).to.deep.include({ instances: [], instanceCount: 0 });
  });
});
