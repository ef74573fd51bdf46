// What users read: never longer than the specification recommends, however long the story is.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { ASYNC, LARGE, PLAIN, provisionOf, useScene } from '../support/scene.js';
import { TerminalError, waiting } from '../../src/sdk/index.js';

const LONG = `it all began when ${'the disk was full and '.repeat(30)}`;

describe('texts for users', () => {
  const scene = useScene();

  it('[35] stay within 255 characters while an operation runs, when it fails, and in errors', async () => {
    const i = newId();
    scene.lab.on('ensure', async () => waiting(LONG, { retryAfter: 0.05 }));
    await scene.osb.provision(i, provisionOf(LARGE), ASYNC);
    await scene.kube.instances.until(i, ({ status }) => status?.lastOperation !== undefined);
    const polled = await scene.osb.untilEnded(async () => {
      const answer = await scene.osb.lastOperation(i);
      return answer.body.description.startsWith('it all began') ? { ...answer, status: 0 } : answer;
    });
    scene.lab.on('ensure', () => Promise.reject(new TerminalError(LONG)));
    const failed = await scene.ended(i);
    const refused = await scene.osb.provision(newId(), provisionOf(LARGE));
    const parameters = { [LONG]: 1, size: LONG };
    const malformed = await scene.osb.provision(newId(), provisionOf(PLAIN, { parameters }));
    expect([failed.body.state, refused.status, malformed.status]).to.deep.equal(['failed', 500, 400]);
    for (const { body } of [polled, failed, refused, malformed]) {
      expect([...body.description].length).to.be.within(1, 255);
    }
    for (const { body } of [polled, failed, refused]) expect(body.description).to.match(/^it all began.*…$/);
  });
});
