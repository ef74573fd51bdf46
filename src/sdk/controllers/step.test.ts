import { expect } from 'chai';
import { done, TerminalError, waiting } from '../authoring/outcome.js';
import type { Operable } from '../resources/operations.js';
import { ManualClock, settle } from '../runtime/harness.test.js';
import type { Log } from '../telemetry/log.js';
import { runStep, type Step, type StepResult } from './step.js';

const quiet = (): undefined => undefined;
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log };

interface Circumstances {
  /** How long ago the operation began; its time is a minute. */
  agoMs?: number;
  /** Failures before this one, and how many there may be. */
  attempts?: number;
  maxAttempts?: number;
  random?: () => number;
  clock?: ManualClock;
  signal?: AbortSignal;
  callGraceMs?: number;
  assertLeading?: () => void;
}

function step(
  call: Step<object>['call'],
  { agoMs = 0, clock = new ManualClock(), ...more }: Circumstances = {},
): Promise<StepResult<object>> {
  const begun = clock.now() - agoMs;
  const startedAt = new Date(begun).toISOString();
  const operation = { id: 'provision-1', type: 'provision' as const, startedAt };
  const object: Operable = {
    apiVersion: 'v1',
    kind: 'ServiceInstance',
    metadata: { name: 'web' },
    spec: {},
    status: { lastOperation: { ...operation, state: 'in progress', attempts: more.attempts ?? 0 } },
  };
  return runStep({
    context: {
      clock,
      random: more.random ?? Math.random,
      callGraceMs: more.callGraceMs ?? 0,
      assertLeading: more.assertLeading ?? quiet,
      maxAttempts: more.maxAttempts ?? 0,
      log,
    },
    object,
    operation,
    deadline: new Date(begun + 60_000),
    signal: more.signal ?? new AbortController().signal,
    call,
  });
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('a step of an operation', () => {
  it('is done with what the backend returns, or with nothing', async () => {
    expect(await step(async () => done({ metadata: {} }))).to.deep.equal({
      state: 'done',
      result: { metadata: {} },
    });
    expect(await step(async () => undefined)).to.deep.equal({ state: 'done', result: {} });
  });

  it('waits with the text of the backend, for as long as it says, but not past the deadline', async () => {
    const short = await step(async () => waiting('2 of 3', { retryAfter: 1.5 }));
    expect(short).to.deep.include({ state: 'in progress', requeueAfterMs: 1500 });
    expect(short).to.have.nested.property('progress.description', '2 of 3');
    expect(short).to.have.nested.property('progress.retryAfterSeconds', 2);
    expect(await step(async () => waiting('long', { retryAfter: 3600 }))).to.include({
      requeueAfterMs: 60_000,
    });
  });

  it('has failed when the backend says so, in its words', async () => {
    const refused = await step(async () => {
      throw new TerminalError('the quota is used up', { instanceUsable: true, updateRepeatable: false });
    });
    expect(refused).to.deep.equal({
      state: 'failed',
      progress: {
        state: 'failed',
        reason: 'BackendRefused',
        description: 'the quota is used up',
        instanceUsable: true,
        updateRepeatable: false,
      },
    });
  });

  it('is tried again for any other error, ever later, and the error is told to nobody', async () => {
    const fail = async (): Promise<never> => {
      throw new Error('password canary');
    };
    for (const [attempts, random, wait] of [
      [0, 0, 250],
      [0, 1, 500],
      [3, 0, 2000],
      [40, 1, 60_000],
    ] as const) {
      const again = await step(fail, { attempts, random: () => random });
      expect(again).to.have.nested.property('progress.attempts', attempts + 1);
      expect(again).to.have.property('requeueAfterMs', wait);
      expect(JSON.stringify(again)).not.to.include('canary');
    }
  });

  it('has failed past its deadline, and the backend is not asked', async () => {
    let asked = false;
    const late = await step(
      async () => {
        asked = true;
      },
      { agoMs: 60_000 },
    );
    expect(late).to.have.nested.property('progress.reason', 'DeadlineExceeded');
    expect(late).to.have.nested.property('progress.description').that.includes('60 seconds');
    expect(asked).to.be.false;
  });

  it('sees its signal fire at the deadline, and has failed then', async () => {
    const clock = new ManualClock();
    const running = step(untilAborted, { clock });
    expect(clock.pending).to.deep.equal([60_000]);
    clock.advance(60_000);
    expect(await running).to.have.nested.property('progress.reason', 'DeadlineExceeded');
  });

  it('is told to have failed once what it had sent has had its time', async () => {
    const clock = new ManualClock();
    let isTold = false;
    const running = step(untilAborted, { clock, callGraceMs: 5000 }).finally(() => (isTold = true));
    clock.advance(60_000);
    await settle();
    clock.advance(4999);
    await settle();
    expect(isTold).to.equal(false);
    clock.advance(1);
    expect(await running).to.have.nested.property('progress.reason', 'DeadlineExceeded');
  });

  it('asks the backend nothing when another replica may lead', async () => {
    let isAsked = false;
    const asked = async (): Promise<ReturnType<typeof done>> => {
      isAsked = true;
      return done();
    };
    const assertLeading = (): void => {
      throw new Error('not the leader');
    };
    await step(asked, { assertLeading }).catch((error: Error) =>
      expect(error.message).to.equal('not the leader'),
    );
    expect(isAsked).to.equal(false);
  });

  it('leaves no timer behind, however it ends', async () => {
    const clock = new ManualClock();
    await step(async () => done(), { clock });
    await step(() => Promise.reject(new Error('no')), { clock });
    expect(clock.pending).to.deep.equal([]);
  });

  it('has failed with the last of the attempts that it may have', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('password canary'));
    expect(await step(fail, { attempts: 1, maxAttempts: 3 })).to.include({ state: 'in progress' });
    const last = await step(fail, { attempts: 2, maxAttempts: 3 });
    expect(last).to.deep.equal({
      state: 'failed',
      progress: {
        state: 'failed',
        reason: 'AttemptsExceeded',
        description: 'the provision did not succeed in 3 attempts',
        attempts: 3,
      },
    });
  });

  it('has no outcome when it is interrupted, whatever the backend makes of it', async () => {
    for (const ignore of [false, true]) {
      const interrupt = new AbortController();
      const running = step(
        async (signal) => {
          interrupt.abort(new Error('a newer intent'));
          if (!ignore) signal.throwIfAborted();
          return done();
        },
        { signal: interrupt.signal },
      );
      expect(await running.catch((error: Error) => error.message)).to.equal('a newer intent');
    }
  });
});
