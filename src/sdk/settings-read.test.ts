import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { FLAGS, flagOf, isSecret, type SettingName, SETTINGS, settingOf } from './settings.js';
import { readSettings, type SettingsSources } from './settings-read.js';

const directory = mkdtempSync(join(tmpdir(), 'brokersdk-settings-'));
const path = join(directory, 'broker.yaml');

/** Reads with the file, which is written anew. */
function read(
  file: string | undefined,
  { args = [], env = {}, defaults = {} }: Partial<SettingsSources> = {},
) {
  if (file === undefined) return readSettings({ args, env, defaults });
  writeFileSync(path, file);
  return readSettings({ args: ['--config', path, ...args], env, defaults });
}

/** The lines of the error, one for each problem. */
function problems(file: string | undefined, sources: Partial<SettingsSources> = {}): string[] {
  try {
    read(file, sources);
  } catch (error) {
    const [head, ...lines] = (error as Error).message.split('\n  ');
    expect(head).to.equal('the settings are not right:');
    return lines;
  }
  return [];
}

const NAMES = Object.keys(SETTINGS) as SettingName[];
const textOfPort = fc.integer({ min: 0, max: 65_535 }).map(String);
const maybe = fc.option(textOfPort, { nil: undefined });

describe('settings', () => {
  after(() => rmSync(directory, { recursive: true }));

  describe('the sources of settings', () => {
    it('have the same names: each flag is a key, and each setting has one', () => {
      expect(NAMES.map((name) => settingOf(flagOf(name)))).to.deep.equal(NAMES);
      expect(FLAGS).to.include('log-level').and.to.have.length(NAMES.length);
    });

    it('count in this order: flag, environment, file, default of the command, built-in default', () => {
      fc.assert(
        fc.property(maybe, maybe, maybe, maybe, (flag, variable, key, preset) => {
          const { port } = read(key === undefined ? '' : `port: ${key}`, {
            args: flag === undefined ? [] : [`--port=${flag}`],
            env: variable === undefined ? {} : { BROKER_PORT: variable },
            defaults: preset === undefined ? {} : { port: preset },
          });
          expect(port).to.equal(Number(flag ?? variable ?? key ?? preset ?? SETTINGS.port.fallback));
        }),
        { numRuns: 50 },
      );
    });

    it('are passed over where they say nothing', () => {
      const args = ['--host', ''];
      expect(read('host: a', { args, env: { BROKER_HOST: '' } }).host).to.equal('a');
      expect(read('host:\nnamespace: ~', { defaults: { host: 'b' } })).to.include({ host: 'b' });
      expect(read('# nothing\n', { args }).host).to.equal(SETTINGS.host.fallback);
    });

    it('are named in an error as the user wrote them, all at once', () => {
      const sources = {
        args: ['--port', 'a', '--log-levle', 'x', '--tls-cert-file=/none'],
        env: { BROKER_HEALTH_PORT: 'b', BROKER_USERNAME: 'u' },
      };
      expect(problems('max-attempts: c\nlease-second: 3\n', sources)).to.deep.equal([
        '--log-levle is not a flag; did you mean "--log-level"?',
        `"lease-second" in ${path} is not a setting; did you mean "lease-seconds"?`,
        '--port must be a whole number from 0 to 65535, not "a"',
        'BROKER_HEALTH_PORT must be a whole number from 0 to 65535, not "b"',
        '--tls-cert-file must be a file that can be read (ENOENT), not "/none"',
        `max-attempts in ${path} must be a whole number from 0 to 10000, not "c"`,
        'BROKER_USERNAME and BROKER_PASSWORD go together: give both or none',
        '--tls-cert-file and BROKER_TLS_KEY_FILE go together: give both or none',
      ]);
    });

    it('name the file by BROKER_CONFIG_FILE, and by --config before it', () => {
      const other = join(directory, 'other.yaml');
      writeFileSync(path, 'port: 1');
      writeFileSync(other, 'port: 2');
      const env = { BROKER_CONFIG_FILE: path };
      expect(readSettings({ env }).port).to.equal(1);
      expect(readSettings({ args: ['--config', other], env }).port).to.equal(2);
    });

    for (const [how, args, env] of [
      ['--config', ['--config', '/none'], {}],
      ['BROKER_CONFIG_FILE', [], { BROKER_CONFIG_FILE: '/none' }],
    ] as const) {
      it(`say so where the file of ${how} cannot be read`, () => {
        expect(problems(undefined, { args, env })).to.deep.equal([
          `${how} must be a file that can be read (ENOENT), not "/none"`,
        ]);
      });
    }
  });

  describe('flags', () => {
    for (const [args, line] of [
      [['--prot', '1'], '--prot is not a flag; did you mean "--port"?'],
      [['--nothing-like-it'], '--nothing-like-it is not a flag; --help lists them'],
      [['-p', '1'], '-p is not a flag; --help lists them'],
      [['--port'], '--port needs a value: --port=VALUE'],
      [['--port', '--host', 'x'], '--port needs a value: --port=VALUE'],
      [['--port=-1'], '--port must be a whole number from 0 to 65535, not "-1"'],
      [['now'], 'a word that belongs to no flag is not expected: settings are given as --flag value'],
      [['--no-require-guids'], '--no-require-guids is not a flag; did you mean "--require-guids"?'],
      [['--__proto__', 'x'], '--__proto__ is not a flag; --help lists them'],
    ] as const) {
      it(`are refused: ${args.join(' ')}`, () => expect(problems(undefined, { args })[0]).to.equal(line));
    }

    it('count as they were given last', () => {
      expect(read(undefined, { args: ['--port=1', '--port', '2'] }).port).to.equal(2);
    });
  });

  describe('a file of settings', () => {
    it('gives every value as the text that stands there', () => {
      const settings = read(
        'username: 0123\npassword: 1e3\nrequire-guids: false\nport: "80"\nhealth-port: 081\n',
      );
      const { username, password, requireGuids, port, healthPort } = settings;
      expect([username, password, requireGuids, port, healthPort]).to.deep.equal([
        '0123',
        '1e3',
        'false',
        80,
        81,
      ]);
    });

    it('keeps any text that YAML can write', () => {
      fc.assert(
        fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (username, password) => {
          expect(read(stringify({ username, password }))).to.include({ username, password });
        }),
        { numRuns: 50 },
      );
    });

    for (const [file, line] of [
      ['logLevel: info', `"logLevel" in ${path} is not a setting; did you mean "log-level"?`],
      ['BROKER_PORT: 1', `"BROKER_PORT" in ${path} is not a setting; did you mean "port"?`],
      ['config: x', `"config" in ${path} is not a setting`],
      ['port: [1]', `port in ${path} must be a single value`],
      ['port: { a: 1 }', `port in ${path} must be a single value`],
      ['? [a]\n: 1', `"" in ${path} is not a setting`],
      ['- port', `${path} must hold lines like "port: 8080"`],
      ['port', `${path} must hold lines like "port: 8080"`],
      ['port: 1\nport: 2', `${path}, line 2: is not YAML (duplicate key)`],
    ] as const) {
      it(`is refused: ${JSON.stringify(file)}`, () => expect(problems(file)).to.deep.equal([line]));
    }
  });

  describe('a secret setting', () => {
    const secrets = NAMES.filter(isSecret);

    for (const name of secrets) {
      it(`is no flag: --${flagOf(name)}`, () => {
        const { env } = SETTINGS[name];
        for (const args of [
          [`--${flagOf(name)}=canary`],
          [`--${flagOf(name)}`, 'canary'],
          [`--${flagOf(name)}`],
        ]) {
          const [line, ...more] = problems(undefined, { args });
          expect(line).to.equal(
            `--${flagOf(name)} is not taken as a flag, because the process list shows it: ` +
              `set ${env}, or ${flagOf(name)} in the file of --config`,
          );
          expect(more).to.deep.equal([]);
        }
      });
    }

    it('is never quoted, whatever is wrong with it or near it', () => {
      const secret = fc.stringMatching(/^[a-z ]{0,5}canary[a-z:"'{}[\],&*#?|>@`%\n -]{0,9}$/);
      const around = fc.constantFrom(
        '',
        'port: x\n',
        'port: [\n',
        '\t',
        '- ',
        '{',
        'a: "',
        '%',
        '? ',
        'password: ',
      );
      fc.assert(
        fc.property(around, secret, around, (before, password, after) => {
          const said = problems(`${before}password: ${password}\n${after}`, { env: { BROKER_PORT: 'x' } });
          expect(said.join()).to.include('BROKER_PORT').and.not.include('canary');
        }),
        { numRuns: 300 },
      );
    });

    it('is not quoted as the value of a flag that was misspelt, or of a file that was taken for its content', () => {
      for (const args of [['--pasword', 'canary'], ['--pasword=canary'], ['-pcanary'], ['-p', 'canary']]) {
        const said = problems(undefined, { args });
        expect(said).to.have.length(1);
        expect(said[0])
          .to.match(/ is not a flag/)
          .and.not.include('canary');
      }
      const env = { BROKER_TLS_KEY_FILE: '-----BEGIN PRIVATE KEY-----\ncanary\n' };
      expect(problems(undefined, { env }).join()).to.include('BROKER_TLS_KEY_FILE').and.not.include('canary');
    });
  });
});
