import { expect } from 'chai';
import { type Manifest, TerminalError } from '../../sdk/index.js';
import { COMPLETE, FAILED, MemoryResources } from './harness.test.js';
import { OPERATION } from './manifests.js';
import { rollOut } from './rollout.js';

const job = (operationId: string): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'init', annotations: { [OPERATION]: operationId } },
});
const config: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
const pod: Manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } };
const UNPULLED = {
  status: {
    containerStatuses: [
      { name: 'main', image: 'x/app:1', state: { waiting: { reason: 'ImagePullBackOff' } } },
    ],
  },
};

let names = 0;
const rollingOut = (
  resources: MemoryResources,
  manifests: Manifest[],
  operationId: string,
  patienceSeconds = 60,
) => {
  const rollout = { name: `i-${++names}`, resources, manifests, operationId, patienceSeconds };
  return () => rollOut(rollout);
};

describe('a rollout', () => {
  it('is over once all is ready', async () => {
    const resources = new MemoryResources();
    const roll = rollingOut(resources, [config, job('one')], 'one');
    expect(await roll()).to.include({ state: 'waiting', text: 'the job init runs' });
    resources.become('Job init', COMPLETE);
    expect(await roll()).to.equal(undefined);
  });

  it('fails at once where waiting has no point, in a way that may be repeated', async () => {
    const resources = new MemoryResources();
    const roll = rollingOut(resources, [job('one')], 'one');
    await roll();
    resources.become('Job init', FAILED);
    const error = await roll().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TerminalError);
    expect(error).to.include({ message: 'the job init failed', updateRepeatable: true });
  });

  it('tells at once what is in the way, and fails when that stays', async () => {
    const resources = new MemoryResources();
    const patient = rollingOut(resources, [pod], 'one');
    await patient();
    resources.become('Pod p', UNPULLED);
    expect(await patient()).to.include({ state: 'waiting', text: 'the image app:1 cannot be pulled' });
    const impatient = rollingOut(resources, [pod], 'one', 0);
    expect(await impatient().catch((thrown: unknown) => thrown)).to.be.instanceOf(TerminalError);
  });

  it('makes a Job anew that failed in an earlier operation, and no other', async () => {
    const resources = new MemoryResources();
    await rollingOut(resources, [config, job('one')], 'one')();
    resources.become('Job init', FAILED);
    const again = rollingOut(resources, [config, job('two')], 'two');
    expect(await again()).to.include({ state: 'waiting' });
    expect(resources.names).to.deep.equal(['ConfigMap c']);
    await again();
    expect(resources.names).to.deep.equal(['ConfigMap c', 'Job init']);
    resources.become('Job init', COMPLETE);
    expect(await rollingOut(resources, [config, job('three')], 'three')()).to.equal(undefined);
  });
});
