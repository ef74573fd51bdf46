import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createLog, errorDetails } from './log.js';

function capture(format: 'json' | 'text' = 'json') {
  const stream = new PassThrough();
  const log = createLog({ level: 'info', format, stream });
  const lines = () => {
    const text = (stream.read() as Buffer | null)?.toString('utf8') ?? '';
    return text.split('\n').filter(Boolean);
  };
  return { log, lines, objects: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  it('writes one JSON object a line, with level, time and message', () => {
    const { log, objects } = capture();
    log.info('started', { port: 8080 });
    const [line] = objects();
    expect(line).to.include({ level: 'info', message: 'started', port: 8080 });
    expect(line).to.have.property('timestamp');
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = capture();
    log.debug('detail');
    expect(lines()).to.deep.equal([]);
  });

  it('keeps its own fields whole when details have the same names', () => {
    const { log, objects } = capture();
    log.info('said', { message: 'other', level: 'high', timestamp: 'then' });
    const [line] = objects();
    expect(line).to.include({ message: 'said', detailMessage: 'other', level: 'info', detailLevel: 'high' });
    expect(line)
      .to.include({ detailTimestamp: 'then' })
      .and.have.property('timestamp')
      .that.matches(/^\d{4}-/);
  });

  it('takes what JSON cannot say', () => {
    const { log, objects } = capture();
    const circle: Record<string, unknown> = { big: 12n };
    circle.self = circle;
    log.info('x', circle);
    expect(objects()[0]).to.deep.include({ big: '12' });
  });

  it('loses no line on standard output when the process ends at once', () => {
    const script = `
      import { createLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)};
      const log = createLog({ level: 'info', format: 'json' });
      log.info('one');
      log.info('two');
      process.exit(7);`;
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--import=tsx', '--input-type=module', '--eval', script],
      { encoding: 'utf8' },
    );
    expect(status).to.equal(7);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string });
    expect(lines.map(({ message }) => message)).to.deep.equal(['one', 'two']);
  });

  it('carries what a child was given, and what its parent was', () => {
    const { log, objects } = capture();
    const request = log.child({ requestId: 'r1', part: 'osb' });
    request.child({ instanceId: 'i1', part: 'operations' }).warn('deep');
    request.info('shallow');
    log.info('outside');
    const [deep, shallow, outside] = objects();
    expect(deep).to.include({ requestId: 'r1', instanceId: 'i1', part: 'operations', level: 'warn' });
    expect(shallow).to.include({ requestId: 'r1', part: 'osb' }).and.not.have.property('instanceId');
    expect(outside).not.to.have.any.keys('requestId', 'instanceId', 'part');
  });

  it('blacks out secrets by name, at any depth, and inside URLs and headers', () => {
    const { log, lines } = capture();
    log.info('x', {
      password: 'canary-1',
      nested: { clientSecret: 'canary-2', list: [{ Authorization: 'canary-3' }] },
      url: 'https://user:canary-4@host/path',
      header: 'Basic Y2FuYXJ5LTUtYW5kLW1vcmU=',
      credentials: { any: 'canary-6' },
    });
    const [line] = lines();
    expect(line).not.to.match(/canary|Y2FuYXJ5/);
    expect(line).to.include('https://[redacted]@host/path');
  });

  it('writes readable lines for people', () => {
    const { log, lines } = capture('text');
    log.warn('slow', { ms: 7, what: 'a b' });
    expect(lines()[0]).to.match(/^\d\d:\d\d:\d\d WARN {2}slow ms=7 what="a b"$/);
  });

  it('makes an error printable, with its cause', () => {
    const details = errorDetails(new Error('outer', { cause: new Error('inner') }));
    expect(details).to.include({ error: 'outer', errorName: 'Error', cause: 'inner' });
  });
});
