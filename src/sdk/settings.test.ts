import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { SETTINGS } from './settings.js';
import { readSettings } from './settings-read.js';

const WRONG: [string, string, RegExp][] = [
  ['BROKER_PORT', 'http', /^BROKER_PORT must be a whole number from 0 to 65535, not "http"$/],
  ['BROKER_PORT', '65536', /^BROKER_PORT must be a whole number from 0 to 65535/],
  ['BROKER_PORT', '-1', /^BROKER_PORT must be/],
  ['BROKER_PORT', '1e3', /^BROKER_PORT must be/],
  ['BROKER_PORT', ' 80', /^BROKER_PORT must be/],
  ['BROKER_PUBLIC_URL', 'broker.example', /^BROKER_PUBLIC_URL must be an address that begins with https:/],
  ['BROKER_PUBLIC_URL', 'ftp://broker.example', /^BROKER_PUBLIC_URL must be an address/],
  ['BROKER_PUBLIC_URL', 'https://me@broker.example', /^BROKER_PUBLIC_URL must be an address/],
  ['BROKER_PUBLIC_URL', 'https://broker.example/?x=1', /^BROKER_PUBLIC_URL must be an address/],
  ['BROKER_LOG_LEVEL', 'loud', /^BROKER_LOG_LEVEL must be one of .*info.*, not "loud"$/],
  ['BROKER_LOG_LEVEL', 'INFO', /^BROKER_LOG_LEVEL must be one of/],
];

/** The lines of the error, one for each problem. */
function problems(env: NodeJS.ProcessEnv): string[] {
  try {
    readSettings({ env });
  } catch (error) {
    const [head, ...lines] = (error as Error).message.split('\n  ');
    expect(head).to.equal('the settings are not right:');
    return lines;
  }
  return [];
}

describe('the settings', () => {
  it('have defaults, all of which are as right as a value that is given', () => {
    const settings = readSettings({ env: {} });
    for (const [name, { env, fallback, meaning }] of Object.entries(SETTINGS)) {
      expect(env).to.match(/^BROKER_[A-Z_]+$/);
      expect(meaning).to.match(/\.$/);
      expect(settings[name as keyof typeof settings]).to.equal(fallback);
      if (fallback === undefined) continue;
      expect(readSettings({ env: { [env]: String(fallback) } }), env).to.eql(settings);
    }
  });

  it('take an address with a slash at its end or without', () => {
    const taken = ['https://broker.example/x/', 'https://broker.example/x'].map(
      (url) => readSettings({ env: { BROKER_PUBLIC_URL: url } }).publicUrl,
    );
    expect(taken).to.deep.equal(['https://broker.example/x', 'https://broker.example/x']);
  });

  it('have each a variable of its own', () => {
    const names = Object.values(SETTINGS).map(({ env }) => env);
    expect(new Set(names).size).to.equal(names.length);
  });

  it('are read from the environment, an empty value being none', () => {
    const settings = readSettings({
      env: { BROKER_PORT: '0', BROKER_LOG_LEVEL: 'debug', BROKER_HOST: '', OTHER: 'x' },
    });
    expect(settings).to.include({ port: 0, logLevel: 'debug', host: SETTINGS.host.fallback });
  });

  for (const [variable, value, line] of WRONG) {
    it(`are refused with the variable and the remedy: ${variable}=${JSON.stringify(value)}`, () => {
      const lines = problems({ [variable]: value });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(line);
    });
  }

  for (const { env, parse } of Object.values(SETTINGS)) {
    let remedy: string | undefined;
    try {
      parse('nonsense');
    } catch (error) {
      remedy = (error as Error).message;
    }
    if (remedy === undefined) continue; // any text is right
    it(`are refused with the variable and the remedy: ${env}`, () => {
      expect(problems({ [env]: 'nonsense' })).to.include(`${env} ${remedy}, not "nonsense"`);
      expect(remedy).to.match(/^must be /);
    });
  }

  it('are refused for all faults at once', () => {
    const lines = problems({ BROKER_PORT: 'x', BROKER_LOG_FORMAT: 'x', BROKER_USERNAME: 'u' });
    expect(lines.map((line) => line.split(' ')[0])).to.eql([
      'BROKER_PORT',
      'BROKER_LOG_FORMAT',
      'BROKER_USERNAME',
    ]);
  });

  for (const [one, other] of [
    ['BROKER_USERNAME', 'BROKER_PASSWORD'],
    ['BROKER_TLS_CERT_FILE', 'BROKER_TLS_KEY_FILE'],
  ] as const) {
    it(`go in pairs: ${one} and ${other}`, () => {
      const line = `${one} and ${other} go together: give both or none`;
      const value = fileURLToPath(import.meta.url); // good for a file as for a name
      expect(problems({ [one]: value })).to.eql([line]);
      expect(problems({ [other]: value })).to.eql([line]);
      expect(problems({ [one]: value, [other]: value })).to.eql([]);
    });
  }

  it('never quote a secret', () => {
    const secrets = Object.values(SETTINGS).filter((setting) => 'secret' in setting);
    expect(secrets.map(({ env }) => env)).to.include('BROKER_PASSWORD');
    const env = Object.fromEntries(secrets.map((setting) => [setting.env, 'canary']));
    expect(problems({ ...env, BROKER_PORT: 'x' }).join())
      .to.match(/BROKER_PORT/)
      .and.not.include('canary');
  });
});
