import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Credentials, type CredentialSources } from './credentials.js';
import { basic, memoryLog, startHarness } from './harness.test.js';

const pair = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('credentials', () => {
  let folder: string;
  let now = 0;
  let memory: ReturnType<typeof memoryLog>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'credentials-'));
    memory = memoryLog();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (sources: CredentialSources) => new Credentials(sources, { log: memory.log, now: () => now });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const aSecondLater = () => (now += 1000);

  it('[11] takes several pairs at once, split at the first colon, in UTF-8', () => {
    const credentials = open({
      pairs: [
        { username: 'a', password: 'x:y' },
        { username: 'ü', password: 'wörd ' },
      ],
    });
    for (const good of ['a:x:y', 'ü:wörd ']) expect(credentials.accepts(pair(good)), good).to.be.true;
    expect(credentials.accepts(pair('a:x:y').replace('Basic', 'bAsIc  '))).to.be.true;
    for (const bad of ['a:x', 'a:', 'a', ':', '', 'a:x:y ', 'A:x:y', 'ü:wörd', 'a:x:y\0', 'x:y']) {
      expect(credentials.accepts(pair(bad)), bad).to.be.false;
    }
    const latin1 = `Basic ${Buffer.from('ü:wörd ', 'latin1').toString('base64')}`;
    expect(credentials.accepts(latin1)).to.be.false;
  });

  it('[8] takes nothing malformed', () => {
    const credentials = open({ pairs: [{ username: 'a', password: 'b' }], tokens: ['t'] });
    const malformed = [
      '',
      ' ',
      'Basic',
      'Basic ',
      'Basic a:b',
      'YTpi',
      'Basic YTpi x',
      'Bearer',
      'Bearer YTpi',
      'Basic t',
    ];
    for (const bad of malformed) expect(credentials.accepts(bad), bad).to.be.false;
  });

  it('[9] takes bearer tokens beside pairs, each in its own scheme', async () => {
    const osb = await startHarness({
      credentials: { pairs: [{ username: 'a', password: 'b' }], tokens: ['t-1', 't-2'] },
    });
    const status = async (authorization: string) =>
      (await osb.send('GET', '/v2/catalog', { headers: { authorization } })).status;
    for (const good of ['Bearer t-1', 'bearer t-2', pair('a:b')]) expect(await status(good)).to.equal(200);
    for (const bad of [
      'Bearer t-3',
      'Bearer a:b',
      `Bearer ${Buffer.from('a:b').toString('base64')}`,
      pair('t-1'),
    ]) {
      expect(await status(bad), bad).to.equal(401);
    }
    const { headers } = await osb.send('GET', '/', { headers: { authorization: undefined } });
    expect(headers['www-authenticate']).to.match(/^Basic realm=.*, Bearer realm="/);
    await osb.stop();
  });

  it('reads files: one a line, blank lines and comments left out', () => {
    const credentials = open({
      pairFile: file('pairs', '\uFEFF# platforms\r\na:b\r\n\r\n  \r\nc:#d:e\r\n'),
      tokenFile: file('tokens', 't-1\n#t-2\n\nt-3'),
    });
    for (const good of [pair('a:b'), pair('c:#d:e'), 'Bearer t-1', 'Bearer t-3']) {
      expect(credentials.accepts(good), good).to.be.true;
    }
    for (const bad of [pair('# platforms'), 'Bearer #t-2', pair('a:b\r')])
      expect(credentials.accepts(bad)).to.be.false;
  });

  it('reads files again at most once a second, and says when they have changed', () => {
    const path = file('pairs', 'a:old');
    const credentials = open({ pairFile: path });
    file('pairs', 'a:new\nb:x');
    expect(credentials.accepts(pair('a:new'))).to.be.false;
    aSecondLater();
    expect(credentials.accepts(pair('a:new'))).to.be.true;
    expect(credentials.accepts(pair('a:old'))).to.be.false;
    expect(memory.lines).to.have.length(1);
    expect(memory.lines[0]).to.include({ level: 'info', path, count: 2 });
  });

  it('follows the swapped symlinks of a mounted Secret', () => {
    for (const [version, text] of Object.entries({ v1: 'a:one', v2: 'a:two' })) {
      mkdirSync(join(folder, version));
      file(`${version}/pairs`, text);
    }
    symlinkSync('v1', join(folder, 'data'));
    const credentials = open({ pairFile: join(folder, 'data', 'pairs') });
    symlinkSync('v2', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'data'));
    aSecondLater();
    expect(credentials.accepts(pair('a:two'))).to.be.true;
  });

  it('keeps the last good ones when a file becomes empty, malformed or unreadable, and says so once', () => {
    const path = file('pairs', 'a:b');
    const credentials = open({ pairFile: path });
    const troubles = [
      () => file('pairs', '\n# none\n'),
      () => file('pairs', 'c:d\nswordfish\n'),
      () => rmSync(path),
    ];
    for (const trouble of troubles) {
      memory.lines.length = 0;
      trouble();
      for (const attempt of [1, 2, 3]) {
        aSecondLater();
        expect(credentials.accepts(pair('a:b')), String(attempt)).to.be.true;
        expect(credentials.accepts(pair('c:d'))).to.be.false;
      }
      expect(memory.lines.map(({ level }) => level)).to.deep.equal(['warn']);
      expect(memory.text()).to.include(path).and.not.include('swordfish');
    }
    file('pairs', 'a:b\nc:d');
    aSecondLater();
    expect(credentials.accepts(pair('c:d'))).to.be.true;
  });

  it('refuses to start without any, naming the settings', () => {
    for (const sources of [{}, { pairs: [], tokens: [] }]) {
      expect(() => open(sources)).to.throw(
        /BROKER_USERNAME and BROKER_PASSWORD, or BROKER_CREDENTIALS_FILE, or BROKER_BEARER_TOKEN_FILE/,
      );
    }
  });

  it('refuses to start with unusable ones, naming the setting and quoting no secret', () => {
    const unusable: [CredentialSources, RegExp][] = [
      [{ pairs: [{ username: 'a:b', password: 'swordfish' }] }, /BROKER_USERNAME/],
      [{ pairs: [{ username: '', password: 'swordfish' }] }, /BROKER_USERNAME/],
      [{ pairs: [{ username: 'a', password: '' }] }, /BROKER_PASSWORD/],
      [{ tokens: ['sword fish'] }, /bearer token/],
      [{ pairFile: join(folder, 'none') }, /BROKER_CREDENTIALS_FILE.*ENOENT/],
      [{ pairFile: file('empty', '# nothing\n') }, /BROKER_CREDENTIALS_FILE.*holds no credentials/],
      [{ pairFile: file('odd', 'a:b\nswordfish') }, /BROKER_CREDENTIALS_FILE.*line 2/],
      [{ tokenFile: file('spaced', 'sword fish') }, /BROKER_BEARER_TOKEN_FILE.*line 1/],
    ];
    for (const [sources, naming] of unusable) {
      expect(() => open(sources)).to.throw(Error, naming);
      expect(() => open(sources)).not.to.throw(/sword ?fish/);
    }
  });

  it('are not in what a client or a log gets to see', async () => {
    const osb = await startHarness();
    await osb.send('GET', '/v2/catalog', {
      headers: { authorization: basic({ username: 'admin', password: 'haddock' }) },
    });
    await osb.send('GET', '/v2/catalog');
    expect(osb.text())
      .not.to.match(/haddock|wörd/)
      .and.not.include(basic().slice(6));
    await osb.stop();
  });
});
