import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { flagOf, isSecret, keyOf, NAMES, SETTINGS, variableOf } from './settings.js';
import { type AgentSettings, readSettings, type SettingsSources } from './settings-read.js';

const directory = mkdtempSync(join(tmpdir(), 'brokersdk-agent-'));
const path = join(directory, 'agent.config');
const NEEDED = { AGENT_SERVICE_HOST: 'apps.example', AGENT_DOCKER_HOST: '10.0.0.7' };

/** Reads with the file, which is written anew, and with what an agent needs. */
function read(
  file: object | string | undefined,
  { args = [], env = {} }: Partial<SettingsSources> = {},
): AgentSettings {
  const sources = { args, env: { ...NEEDED, ...env } };
  if (file === undefined) return readSettings(sources);
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file));
  return readSettings({ ...sources, args: ['--config', path, ...args] });
}

/** The lines of the error, one for each problem. */
function problems(file: object | string | undefined, sources: Partial<SettingsSources> = {}): string[] {
  try {
    read(file, sources);
  } catch (error) {
    const [head, ...lines] = (error as Error).message.split('\n  ');
    expect(head).to.equal('the settings are not right:');
    return lines;
  }
  return [];
}

const BROKER = { host: 'broker.example', port: 9998, user: 'admin', password: '0123' };
const number = fc.integer({ min: 1, max: 3600 }).map(String);
const maybe = fc.option(number, { nil: undefined });

describe('the settings of an agent', () => {
  after(() => rmSync(directory, { recursive: true }));

  it('are all that the file of an agent of before says', () => {
    const settings = read(
      {
        serviceagent: {
          servicehost: '10.0.0.8',
          dockerhost: '10.0.0.9',
          dockerport: 2376,
          isactive: false,
          keepalive: 30,
          ExecCommand: 'DockerCommandExec',
          ExecArgs: 'ssh,root@10.0.0.9',
          perffactor: 1.22,
          portbind_min: 49156,
          portbind_max: 49999,
        },
        brokerservers: [BROKER, { ...BROKER, host: 'http://10.0.0.3' }],
      },
      { env: { AGENT_SERVICE_HOST: '', AGENT_DOCKER_HOST: '' } },
    );
    expect(settings).to.deep.include({
      serviceHost: '10.0.0.8',
      dockerHost: '10.0.0.9',
      dockerPort: 2376,
      isActive: false,
      keepalive: 30,
      perfFactor: 1.22,
      portbindMin: 49156,
      portbindMax: 49999,
      ignored: [`ExecCommand of serviceagent in ${path}`, `ExecArgs of serviceagent in ${path}`],
      brokers: [
        { url: 'https://broker.example:9998', user: 'admin', password: '0123' },
        { url: 'http://10.0.0.3:9998', user: 'admin', password: '0123' },
      ],
    });
  });

  it('have defaults, as far as that can be', () => {
    const settings = read(undefined);
    expect(settings).to.deep.include({
      dockerPort: 2375,
      keepalive: 60,
      perfFactor: 1,
      isActive: true,
      brokers: [],
    });
    expect(settings).to.include({ portbindMin: undefined, logLevel: 'info' });
  });

  it('have each a flag, a variable and a key of their own', () => {
    for (const word of [flagOf, variableOf]) expect(new Set(NAMES.map(word)).size).to.equal(NAMES.length);
    expect(new Set(NAMES.map((name) => keyOf(flagOf(name)))).size).to.equal(NAMES.length);
    expect(variableOf('portbindMin')).to.equal('AGENT_PORTBIND_MIN');
  });

  it('count in this order: flag, environment, file, default', () => {
    fc.assert(
      fc.property(maybe, maybe, maybe, (flag, variable, key) => {
        const { keepalive } = read(
          { serviceagent: key === undefined ? {} : { keepalive: Number(key) } },
          {
            args: flag === undefined ? [] : [`--keepalive=${flag}`],
            env: variable === undefined ? {} : { AGENT_KEEPALIVE: variable },
          },
        );
        expect(keepalive).to.equal(Number(flag ?? variable ?? key ?? SETTINGS.keepalive.fallback));
      }),
      { numRuns: 50 },
    );
  });

  it('can be a file of YAML, or of JSON with tabs', () => {
    expect(read('serviceagent:\n  docker-port: 1\nbrokerservers: ~\n').dockerPort).to.equal(1);
    expect(read('{\n\t"serviceagent": {\n\t\t"DockerPort": 2\n\t}\n}\n').dockerPort).to.equal(2);
    writeFileSync(path, 'serviceagent: { dockerport: 3 }');
    expect(read(undefined, { env: { AGENT_CONFIG_FILE: path } }).dockerPort).to.equal(3);
  });

  for (const [name, file, lines] of [
    [
      'a key',
      { serviceagent: { dockerprt: 1 } },
      [/^"dockerprt" in serviceagent in .* is not a setting; did you mean "dockerport"\?$/],
    ],
    [
      'a section',
      { brokerserver: [] },
      [/^"brokerserver" in .* is not a setting; did you mean "brokerservers"\?$/],
    ],
    [
      'a list of values',
      { serviceagent: { name: [1] } },
      [/^name of serviceagent in .* must be a single value$/],
    ],
    [
      'a list of agents',
      { serviceagent: [] },
      [/^serviceagent in .* must be a mapping with the keys servicehost, /],
    ],
    ['one broker', { brokerservers: BROKER }, [/^brokerservers in .* must be a list$/]],
    [
      'a port',
      { serviceagent: { dockerport: 'x' } },
      [/^dockerport of serviceagent in .* must be a whole number from 1 to 65535, not "x"$/],
    ],
    [
      'the field of a broker',
      { brokerservers: [{ ...BROKER, usr: 'x' }] },
      [/^"usr" in brokerservers\[0\] in .* did you mean "user"\?$/],
    ],
    [
      'the host of a broker',
      { brokerservers: [{ ...BROKER, host: 'ftp://x' }] },
      [/^host of brokerservers\[0\] in .* must be a host such as /],
    ],
    [
      'the port of a broker',
      { brokerservers: [{ ...BROKER, port: 0 }] },
      [/^port of brokerservers\[0\] in .* must be a whole number/],
    ],
    [
      'a broker without credentials',
      { brokerservers: [{ host: 'a' }] },
      [
        /\[0\] in .* has no user: set AGENT_BROKER_USER, or user in brokerservers/,
        / has no password: set AGENT_BROKER_PASSWORD/,
      ],
    ],
    ['a file that is none of both', '{ "a": [ }', [/^.*, line 1: is neither JSON nor YAML \(.*\)$/]],
    [
      'a password in the place of all',
      '- canary',
      [/ must be a mapping with the keys serviceagent, brokerservers$/],
    ],
  ] as const) {
    it(`are refused in the file, with the remedy: ${name}`, () => {
      const found = problems(file);
      expect(found).to.have.length(lines.length);
      lines.forEach((line, index) => expect(found[index]).to.match(line).and.not.include('canary'));
    });
  }

  for (const [words, line] of [
    [['--docker-prot', '1'], '--docker-prot is not a flag; did you mean "--docker-port"?'],
    [['--docker-port'], '--docker-port needs a value: --docker-port=VALUE'],
    [['--docker-port', '--name', 'a'], '--docker-port needs a value: --docker-port=VALUE'],
    [
      ['--docker-host=tcp://10.0.0.7:2375'],
      /^--docker-host must be the name or address of a host alone, .* or a socket, /,
    ],
    [
      ['--service-host', 'http://a'],
      /^--service-host must be the name or address of a host alone, such as 10.0.0.7, not "http:/,
    ],
    [['--perf-factor=-1'], '--perf-factor must be a number such as 1.22, and not below 0, not "-1"'],
    [['--is-active=yes'], '--is-active must be one of true, false, not "yes"'],
    [['--name=A_b'], /^--name must be at most 63 small letters/],
    [['--client-cert=/none'], '--client-cert must be a file that can be read (ENOENT), not "/none"'],
    [['--portbind-min', '5'], '--portbind-min and AGENT_PORTBIND_MAX go together: give all or none'],
    [['--portbind-min=5', '--portbind-max=5'], /^portbind-max must be above portbind-min/],
    [
      ['--client-key', path],
      'AGENT_CLIENT_CERT, --client-key and AGENT_CA_CERT go together: give all or none',
    ],
    [['--brokers=a.example'], /^--brokers must be addresses that begin with https:/],
    [['--config=/none'], '--config must be a file that can be read (ENOENT), not "/none"'],
    [['canary'], 'a word that belongs to no flag is not expected: settings are given as --flag value'],
  ] as const) {
    it(`are refused as flags: ${words.join(' ')}`, () => {
      writeFileSync(path, '');
      const [first] = problems(undefined, { args: words });
      if (typeof line === 'string') expect(first).to.equal(line);
      else expect(first).to.match(line);
    });
  }

  it('say which of them an agent cannot do without', () => {
    const env = { AGENT_SERVICE_HOST: '', AGENT_DOCKER_HOST: '' };
    expect(problems(undefined, { env })).to.deep.equal([
      'service-host must be set: --service-host, AGENT_SERVICE_HOST, or servicehost in serviceagent in the file of --config',
      'docker-host must be set: --docker-host, AGENT_DOCKER_HOST, or dockerhost in serviceagent in the file of --config',
    ]);
  });

  it('take brokers from flags and the environment in place of those of the file', () => {
    const file = { brokerservers: [BROKER] };
    const env = { AGENT_BROKER_PASSWORD: 'another' };
    expect(read(file, { env }).brokers).to.deep.equal([
      { url: 'https://broker.example:9998', user: 'admin', password: 'another' },
    ]);
    const args = ['--brokers', 'https://a.example/, https://b.example:1/x', '--broker-user=u'];
    expect(read(file, { args, env }).brokers).to.deep.equal([
      { url: 'https://a.example', user: 'u', password: 'another' },
      { url: 'https://b.example:1/x', user: 'u', password: 'another' },
    ]);
  });

  it('keep a socket to agents that write to the cluster, and names too', () => {
    const socket = ['--docker-host', 'unix:///var/run/docker.sock'];
    const brokers = {
      AGENT_BROKERS: 'https://a.example',
      AGENT_BROKER_USER: 'u',
      AGENT_BROKER_PASSWORD: 'p',
    };
    expect(read(undefined, { args: socket }).dockerHost).to.equal('unix:///var/run/docker.sock');
    expect(problems(undefined, { args: socket, env: brokers })[0]).to.match(
      /^brokers take no socket as the docker host/,
    );
    expect(problems(undefined, { args: ['--name', 'a'], env: brokers })[0]).to.match(
      /^--name is for an agent that writes to the cluster/,
    );
  });

  it('have no secret that is a flag, or that an error quotes', () => {
    const secrets = NAMES.filter(isSecret);
    expect(secrets).to.deep.equal(['brokerPassword']);
    for (const args of [
      ['--broker-password', 'canary'],
      ['--broker-password=canary'],
      ['--broker-pasword', 'canary'],
    ]) {
      const found = problems({ brokerservers: [{ ...BROKER, password: 'canary', port: 'x' }] }, { args });
      expect(found[0]).to.match(/^--broker-pass?word is not (taken as )?a flag/);
      expect(found.join()).to.not.include('canary');
    }
    const found = problems(undefined, { args: ['--brokers=https://u:canary@a.example'] });
    expect(found.join())
      .to.match(/^--brokers must be addresses .* without user/)
      .and.not.include('canary');
  });
});
