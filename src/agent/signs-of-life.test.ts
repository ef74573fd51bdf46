import { expect } from 'chai';
import { ManualClock, settle } from '../sdk/runtime/harness.test.js';
import type { Log } from '../sdk/telemetry/log.js';
import type { Certificates } from './certificates.js';
import type { Receiver } from './receiver.js';
import { giveSignsOfLife, type Signs } from './signs-of-life.js';

const KEEPALIVE_MS = 60_000;

describe('signs of life', () => {
  let clock: ManualClock;
  let stopping: AbortController;
  let done: string[];
  let lines: string[];
  let engineProblem: string;
  let receiverProblem: string;
  let certificates: Certificates | undefined;
  let bringProblem: string | undefined;
  let ended: Promise<void>;

  const log: Log = {
    debug: () => undefined,
    info: (message) => void lines.push(message),
    warn: (message) => void lines.push(message),
    error: (message, details) => void lines.push(`${message}: ${String(details?.error)}`),
    child: () => log,
  };
  const receiver: Receiver = {
    name: 'a receiver',
    beat: async () => {
      if (receiverProblem) throw new Error(receiverProblem);
      done.push('beat');
    },
    bring: async ({ cert }) => {
      done.push(`bring ${cert}`);
      return bringProblem;
    },
    close: () => Promise.resolve(),
  };

  beforeEach(() => {
    clock = new ManualClock();
    stopping = new AbortController();
    [done, lines, engineProblem, receiverProblem] = [[], [], '', ''];
    [certificates, bringProblem] = [undefined, undefined];
  });
  afterEach(async () => {
    stopping.abort();
    await ended;
  });

  const start = async (): Promise<void> => {
    const signs: Signs = {
      keepaliveMs: KEEPALIVE_MS,
      certificates: async () => certificates,
      checkEngine: async () => {
        if (engineProblem) throw new Error(engineProblem);
      },
      log,
      clock,
      random: () => 1,
    };
    ended = giveSignsOfLife(receiver, signs, stopping.signal);
    await settle();
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };

  it('are given at once, and then each keepalive', async () => {
    await start();
    expect(done).to.have.length(1);
    await pass(KEEPALIVE_MS - 1);
    expect(done).to.have.length(1);
    await pass(1);
    expect(done).to.have.length(2);
    expect(lines).to.deep.equal(['first sign of life']);
  });

  it('are not given while the engine does not answer', async () => {
    engineProblem = 'it is down';
    await start();
    await pass(3 * KEEPALIVE_MS);
    expect(done).to.deep.equal([]);
    engineProblem = '';
    await pass(KEEPALIVE_MS);
    expect(done).to.include('beat');
    expect(lines).to.deep.equal(['no sign of life: it is down', 'signs of life again']);
  });

  it('are tried for ever, soon at first and each keepalive at last, and logged when the error changes', async () => {
    receiverProblem = 'refused';
    await start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      waits.push(clock.pending[0]!);
      await pass(clock.pending[0]!);
    }
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 32_000, KEEPALIVE_MS, KEEPALIVE_MS]);
    receiverProblem = 'unauthorised';
    await pass(KEEPALIVE_MS);
    receiverProblem = '';
    await pass(KEEPALIVE_MS);
    expect(clock.pending).to.deep.equal([KEEPALIVE_MS]);
    expect(lines).to.deep.equal([
      'no sign of life: refused',
      'no sign of life: unauthorised',
      'signs of life again',
    ]);
  });

  it('begin when the certificates are brought, which are brought again when they change', async () => {
    certificates = { ca: 'ca', cert: '1', key: 'key' };
    receiverProblem = 'refused';
    await start();
    expect(done).to.deep.equal(['bring 1']);
    receiverProblem = '';
    await pass(1000);
    certificates = { ...certificates, cert: '2' };
    await pass(KEEPALIVE_MS);
    expect(done).to.deep.equal(['bring 1', 'beat', 'bring 2', 'beat']);
  });

  it('are given where somebody else has to bring the certificates, which is said once', async () => {
    certificates = { ca: 'ca', cert: '1', key: 'key' };
    bringProblem = 'bring them';
    await start();
    await pass(KEEPALIVE_MS);
    expect(done).to.deep.equal(['bring 1', 'beat', 'beat']);
    expect(lines).to.deep.equal(['bring them', 'first sign of life']);
  });

  it('end with the signal', async () => {
    await start();
    stopping.abort();
    await ended;
    expect(clock.pending).to.deep.equal([]);
  });
});
