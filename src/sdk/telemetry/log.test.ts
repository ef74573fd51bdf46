import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createLog, errorDetails, logContext } from './log.js';

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

  it('keeps the message whole when a detail is called message', () => {
    const { log, objects } = capture();
    log.info('said', { message: 'other' });
    expect(objects()[0]).to.include({ message: 'said', detailMessage: 'other' });
  });

  it('carries the context of the request through asynchronous work', async () => {
    const { log, objects } = capture();
    await logContext.run({ requestId: 'r1' }, async () => {
      await Promise.resolve();
      logContext.run({ instanceId: 'i1' }, () => log.child({ part: 'osb' }).warn('deep'));
    });
    expect(objects()[0]).to.include({ requestId: 'r1', instanceId: 'i1', part: 'osb', level: 'warn' });
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
