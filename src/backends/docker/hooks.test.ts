import { expect } from 'chai';
import { TerminalError } from '../../sdk/index.js';
import { EngineError, ExecTimeout } from './engine-errors.js';
import { type HookCall, runHook } from './hooks.js';

const place = { host: 'h', ports: new Map([['80/tcp', 49156]]) };
const input = {
  INSTANCE_ID: 'id',
  INSTANCE_NAME: 'i-1',
  PARAMETERS: '{}',
  BINDING_PASSWORD: 'a-password',
};

describe('runHook', () => {
  const lines: unknown[][] = [];
  beforeEach(() => lines.splice(0));

  const note =
    (level: string) =>
    (...words: unknown[]): void =>
      void lines.push([level, ...words]);
  const call: HookCall = {
    ...{ input, place, timeoutMs: 5000, signal: new AbortController().signal },
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    secrets: ['another-secret'],
  };

  const said = (result: { exitCode?: number; stdout?: string; stderr?: string } | 'missing' | Error) =>
    runHook(
      {
        exec: async () => {
          if (result instanceof Error) throw result;
          return result === 'missing' ? result : { exitCode: 0, stdout: '', stderr: '', ...result };
        },
      },
      'i-1',
      '/bind',
      call,
    );
  const failure = async (...args: Parameters<typeof said>): Promise<unknown> =>
    said(...args).then(
      () => expect.fail('it did not throw'),
      (error: unknown) => error,
    );

  it('is done with what the hook says, put in place, or with nothing', async () => {
    expect(await said({ stdout: ' {"uri":"$HOST:$PORT"}\n' })).to.deep.equal({
      state: 'done',
      output: { uri: 'h:49156' },
    });
    expect(await said({ stdout: ' \n' })).to.deep.equal({ state: 'done', output: {} });
  });

  it('tells of a hook that is missing', async () => {
    expect(await said('missing')).to.deep.equal({ state: 'missing' });
  });

  it('waits where the hook ends with 75, and where the container does not run', async () => {
    expect(await said({ exitCode: 75 })).to.deep.equal({
      state: 'waiting',
      text: '/bind of the image is not done yet',
    });
    expect(await said(new EngineError('conflict', 'no'))).to.deep.equal({
      state: 'waiting',
      text: 'the container does not run, as /bind needs it to',
    });
  });

  it('fails for good, by name and status and with nothing of its output, with any other status', async () => {
    const error = await failure({ exitCode: 3, stdout: '{"password":"x"}', stderr: 'because' });
    expect(error).to.be.instanceOf(TerminalError);
    expect(error).to.have.property('message', '/bind of the image failed with exit status 3');
  });

  it('fails for good where the hook does not end in time', async () => {
    const error = await failure(new ExecTimeout('late'));
    expect(error).to.be.instanceOf(TerminalError);
    expect(error).to.have.property('message', '/bind of the image did not end within 5 s');
  });

  it('passes on what the engine throws', async () => {
    const thrown = new EngineError('unreachable', 'down');
    expect(await failure(thrown)).to.equal(thrown);
  });

  for (const stdout of [
    '{"a":1}{"b":2}',
    '["a-password"]',
    '"a-password"',
    'null',
    '12',
    'words',
    '{"a-password":',
  ]) {
    it(`refuses what is no JSON object, without its content: ${stdout}`, async () => {
      const error = await failure({ stdout });
      expect(error).to.be.instanceOf(TerminalError);
      expect(error).to.have.property(
        'message',
        '/bind of the image must print one JSON object or nothing, and printed something else',
      );
    });
  }

  it('refuses a port that is not published', async () => {
    const error = await failure({ stdout: '{"port":"$PORT_81"}' });
    expect(error).to.be.instanceOf(TerminalError);
    expect((error as Error).message).to.contain(
      'what /bind of the image printed cannot be used: $PORT_81 is named',
    );
  });

  it('logs the standard error, with what is secret blacked out, more loudly where the hook failed', async () => {
    await said({ stderr: 'made a-password and another-secret\n' });
    await failure({ exitCode: 1, stderr: 'oh' });
    await said({ stderr: ' ' });
    expect(lines).to.deep.equal([
      [
        'info',
        '/bind wrote to its standard error',
        { hook: '/bind', exitCode: 0, stderr: 'made [redacted] and [redacted]' },
      ],
      ['warn', '/bind wrote to its standard error', { hook: '/bind', exitCode: 1, stderr: 'oh' }],
    ]);
  });

  it('logs the end of much standard error', async () => {
    await said({ stderr: `${'x'.repeat(10_000)}the end` });
    const [, , details] = lines[0] as [string, string, { stderr: string }];
    expect(details.stderr).to.have.length(4097);
    expect(details.stderr).to.match(/^…x+the end$/);
  });
});
