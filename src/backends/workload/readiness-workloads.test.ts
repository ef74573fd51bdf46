import { expect } from 'chai';
import type { Manifest, OwnedObject } from '../../sdk/index.js';
import { readinessOf } from './readiness.js';

const REVISION: Record<string, string> = {
  ReplicaSet: 'pod-template-hash',
  StatefulSet: 'controller-revision-hash',
  DaemonSet: 'controller-revision-hash',
};

interface PodFields {
  /** Whose it is, `ReplicaSet/web-new`. */
  of?: string;
  revision?: string;
  age?: number;
  status?: object;
  isLeaving?: boolean;
}

let pods = 0;
function pod({
  of = 'ReplicaSet/web-new',
  revision = 'new',
  age = 0,
  status = {},
  isLeaving,
}: PodFields): OwnedObject {
  const [kind = '', name = ''] = of.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-${(pods += 1)}`,
      labels: { [REVISION[kind] ?? 'job-name']: revision },
      creationTimestamp: new Date(Date.UTC(2026, 0, 1) - age * 1000).toISOString(),
      ownerReferences: [{ kind, name, uid: 'u', controller: true }],
      ...(isLeaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    status,
  };
}

const READY = { conditions: [{ type: 'Ready', status: 'True' }] };
const container = (fields: object): object => ({
  containerStatuses: [
    {
      name: 'app',
      image: 'registry.example:5000/team/app:2',
      ready: false,
      restartCount: 0,
      state: {},
      ...fields,
    },
  ],
});
const waitingFor = (reason: string, message?: string): object =>
  container({ state: { waiting: { reason, message } } });

/** The readiness of one object of this kind, called `web`, among these pods. */
function of(kind: string, spec: object, status: object, ...others: OwnedObject[]) {
  const apiVersion = kind === 'Pod' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const manifest: Manifest = { apiVersion, kind, metadata: { name: 'web' } };
  const isCounted = !/^(Pod|Job)$/.test(kind);
  const made = {
    ...manifest,
    metadata: { name: 'web', ...(isCounted ? { generation: 2 } : {}) },
    spec,
    status: { ...(isCounted ? { observedGeneration: 2 } : {}), ...status },
  };
  return readinessOf([made, ...others], [manifest]);
}

const progress = (text: string): object => ({ state: 'progressing', text });
const trouble = (text: string, isFinal = false): object => ({ state: 'stuck', text, isFinal });

describe('the readiness of a Deployment', () => {
  const three = { replicas: 3 };
  const DONE = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

  it('is given once all replicas are of the newest template, and available', () => {
    expect(of('Deployment', three, DONE).state).to.equal('ready');
    expect(of('Deployment', {}, { replicas: 1, updatedReplicas: 1, availableReplicas: 1 }).state).to.equal(
      'ready',
    );
    expect(of('Deployment', { replicas: 0 }, {}).state).to.equal('ready');
  });

  for (const [what, change] of [
    ['a replica is of an older template', { updatedReplicas: 2 }],
    ['an old replica is left', { replicas: 4 }],
    ['a replica is not available', { availableReplicas: 2 }],
  ] as const) {
    it(`is waited for where ${what}`, () => {
      const some = [pod({ status: READY }), pod({ status: READY }), pod({})];
      expect(of('Deployment', three, { ...DONE, ...change }, ...some)).to.deep.equal(
        progress('2 of 3 pods ready'),
      );
    });
  }

  it('is not taken from a status about an older version', () => {
    expect(of('Deployment', three, { ...DONE, observedGeneration: 1 })).to.deep.equal(
      progress('the change is being taken up'),
    );
  });

  it('counts the pods of the newest template, and neither old ones nor those of others', () => {
    const others = [
      pod({ of: 'ReplicaSet/web-old', revision: 'old', age: 60, status: READY }),
      pod({ of: 'ReplicaSet/web-db-new', status: READY }),
      pod({ of: 'Job/web', status: READY }),
      pod({ status: READY, isLeaving: true }),
    ];
    expect(of('Deployment', three, {}, ...others, pod({ status: READY }), pod({}))).to.deep.equal(
      progress('1 of 3 pods ready'),
    );
  });

  it('is not blamed for what an old pod has', () => {
    const old = pod({
      of: 'ReplicaSet/web-old',
      revision: 'old',
      age: 60,
      status: waitingFor('ErrImagePull'),
    });
    expect(of('Deployment', three, {}, old, pod({}))).to.deep.equal(progress('0 of 3 pods ready'));
  });

  it('is held up where no pod may be made', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }];
    expect(of('Deployment', three, { conditions })).to.deep.equal(
      trouble('a pod cannot be made: exceeded quota'),
    );
  });
});

describe('the readiness of a StatefulSet', () => {
  const spec = { replicas: 2, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } };
  const DONE = { replicas: 2, readyReplicas: 2, currentRevision: 'b', updateRevision: 'b' };
  const mine = (revision: string, status: object): OwnedObject =>
    pod({ of: 'StatefulSet/web', revision, status });

  it('is given once all pods are ready, and of the newest revision', () => {
    expect(of('StatefulSet', spec, DONE).state).to.equal('ready');
    const middle = { ...DONE, currentRevision: 'a' };
    expect(of('StatefulSet', spec, middle, mine('a', READY), mine('b', READY))).to.deep.equal(
      progress('1 of 2 pods ready'),
    );
    expect(of('StatefulSet', spec, { ...DONE, readyReplicas: 1 }, mine('b', READY))).to.deep.equal(
      progress('1 of 2 pods ready'),
    );
    expect(of('StatefulSet', spec, { ...DONE, replicas: 3 }).state).to.equal('progressing');
    expect(of('StatefulSet', spec, { ...DONE, observedGeneration: 1 }).state).to.equal('progressing');
  });

  it('does not wait for an update that is left to others', () => {
    const middle = { ...DONE, currentRevision: 'a' };
    for (const updateStrategy of [{ type: 'OnDelete' }, { rollingUpdate: { partition: 1 } }]) {
      expect(of('StatefulSet', { ...spec, updateStrategy }, middle).state).to.equal('ready');
    }
  });
});

describe('the readiness of other workloads', () => {
  it('of a DaemonSet: on each node, of the newest template', () => {
    const done = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
    const mine = pod({ of: 'DaemonSet/web', status: READY });
    expect(of('DaemonSet', {}, done).state).to.equal('ready');
    const behind = { ...done, updatedNumberScheduled: 1 };
    expect(of('DaemonSet', {}, behind, mine)).to.deep.equal(progress('1 of 2 pods ready'));
    expect(of('DaemonSet', { updateStrategy: { type: 'OnDelete' } }, behind).state).to.equal('ready');
    expect(of('DaemonSet', {}, { ...done, numberAvailable: 0 }).state).to.equal('progressing');
    expect(of('DaemonSet', {}, { ...done, observedGeneration: 1 }).state).to.equal('progressing');
  });

  it('of a ReplicaSet', () => {
    expect(of('ReplicaSet', { replicas: 2 }, { availableReplicas: 2 }).state).to.equal('ready');
    const mine = pod({ of: 'ReplicaSet/web', status: READY });
    expect(of('ReplicaSet', { replicas: 2 }, { availableReplicas: 1 }, mine)).to.deep.equal(
      progress('1 of 2 pods ready'),
    );
    expect(of('ReplicaSet', {}, { availableReplicas: 1, observedGeneration: 1 }).state).to.equal(
      'progressing',
    );
  });

  it('of a Pod', () => {
    expect(of('Pod', {}, { phase: 'Running', ...READY }).state).to.equal('ready');
    expect(of('Pod', {}, { phase: 'Succeeded' }).state).to.equal('ready');
    expect(of('Pod', {}, { phase: 'Pending' })).to.deep.equal(progress('0 of 1 pods ready'));
    expect(of('Pod', {}, waitingFor('ErrImagePull'))).to.deep.equal(
      trouble('the image app:2 cannot be pulled'),
    );
    expect(of('Pod', {}, { phase: 'Failed', reason: 'Evicted' })).to.deep.equal(
      trouble('the pod failed: Evicted', true),
    );
  });
});

describe('the readiness of a Job', () => {
  const ended = (type: string, reason?: string): object => ({
    conditions: [{ type, status: 'True', reason }],
  });
  const mine = (status: object, age = 0): OwnedObject => pod({ of: 'Job/web', status, age });

  it('is given once it has succeeded', () => {
    expect(of('Job', {}, ended('Complete')).state).to.equal('ready');
    expect(of('Job', {}, {})).to.deep.equal(progress('the job web runs'));
    expect(of('Job', { completions: 3 }, { succeeded: 1 })).to.deep.equal(
      progress('the job web runs, 1 of 3 times done'),
    );
  });

  it('is out of reach once it has failed, for the reason of its last pod', () => {
    const first = mine(container({ state: { terminated: { exitCode: 7 } } }), 60);
    const last = mine(container({ state: { terminated: { exitCode: 3 } } }));
    expect(of('Job', {}, ended('Failed', 'BackoffLimitExceeded'), first, last)).to.deep.equal(
      trouble('the job web failed: its container app ended with exit code 3', true),
    );
    expect(of('Job', {}, ended('Failed', 'BackoffLimitExceeded'))).to.deep.equal(
      trouble('the job web failed', true),
    );
    expect(of('Job', {}, ended('Failed', 'DeadlineExceeded'), last)).to.deep.equal(
      trouble('the job web failed: it took too long', true),
    );
  });

  it('is held up by what its pod has', () => {
    expect(of('Job', {}, {}, mine(waitingFor('ImagePullBackOff')))).to.deep.equal(
      trouble('the image app:2 cannot be pulled'),
    );
  });
});

describe('what keeps a pod from being ready', () => {
  const because = (status: object) => of('Pod', {}, status);

  for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull']) {
    it(`is the image: ${reason}`, () => {
      expect(because(waitingFor(reason))).to.deep.equal(trouble('the image app:2 cannot be pulled'));
    });
  }

  it('is the name of the image, for good', () => {
    const state = { waiting: { reason: 'InvalidImageName' } };
    expect(because(container({ image: 'example.com/App:2@sha256:00', state }))).to.deep.equal(
      trouble('App:2 is not the name of an image', true),
    );
  });

  it('is that no node takes it', () => {
    const unscheduled = (message: string): object => ({
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    });
    const said = trouble('no node takes a pod: 1 Insufficient cpu, 2 Insufficient memory');
    const needs = '0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.';
    expect(because(unscheduled(needs))).to.deep.equal(said);
    expect(
      because(unscheduled(`${needs} preemption: 0/3 nodes are available: 3 No preemption victims.`)),
    ).to.deep.equal(said);
    const unbound = 'pod has unbound immediate PersistentVolumeClaims';
    expect(because(unscheduled(unbound))).to.deep.equal(trouble(`no node takes a pod: ${unbound}`));
  });

  it('is what its container lacks', () => {
    const message = `couldn't find key password in Secret here/web`;
    expect(because(waitingFor('CreateContainerConfigError', message))).to.deep.equal(
      trouble(`the container app cannot be started: ${message}`),
    );
    const runtime =
      'failed to start container "d2db": OCI runtime create failed: unable to start container process: ';
    const end = 'exec: "app": executable file not found in $PATH: unknown';
    expect(because(waitingFor('RunContainerError', runtime + end))).to.deep.equal(
      trouble(`the container app cannot be started: ${end}`),
    );
    const long = because(waitingFor('RunContainerError', 'x'.repeat(1000)));
    expect(long).to.have.property('text').with.lengthOf.below(300);
  });

  const crashed = (restartCount: number, end: object, isWaiting = true): object =>
    container({
      restartCount,
      state: isWaiting ? { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } } : { running: {} },
      lastState: { terminated: end },
    });

  it('is that its container ends again and again, whether it waits or runs just now', () => {
    const said = trouble('the container app ends again and again: 4 times so far, last with exit code 1');
    expect(because(crashed(4, { exitCode: 1 }))).to.deep.equal(said);
    expect(because(crashed(4, { exitCode: 1 }, false))).to.deep.equal(said);
    expect(because(crashed(1, { exitCode: 1 }))).to.deep.equal(progress('0 of 1 pods ready'));
    expect(because(crashed(2, { exitCode: 137, reason: 'OOMKilled' }))).to.deep.equal(
      trouble('the container app ends again and again: 2 times so far, last as it used up its memory'),
    );
  });

  it('is not what a container had that is ready again', () => {
    const recovered = container({ ready: true, restartCount: 5, lastState: { terminated: { exitCode: 1 } } });
    expect(because(recovered)).to.deep.equal(progress('0 of 1 pods ready'));
  });

  it('may be a container that has to run first', () => {
    const { containerStatuses } = waitingFor('ErrImagePull') as any;
    expect(because({ initContainerStatuses: containerStatuses }).state).to.equal('stuck');
  });

  it('is told of the pod for which nothing can be done, where there is one', () => {
    const some = [
      pod({ status: waitingFor('ErrImagePull') }),
      pod({ status: waitingFor('InvalidImageName') }),
    ];
    expect(of('Deployment', { replicas: 2 }, {}, ...some)).to.have.property('isFinal', true);
  });
});
