// The program `brokersdk` as its user meets it: what it prints, how it ends, and what it refuses.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { COMMANDS } from '../../src/cli/commands.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { compile, type Compiled } from '../support/compiled.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let program: Compiled;
const main = (): string => program.of(join(ROOT, 'src', 'cli', 'main.ts'));
const { PATH = '' } = process.env;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the program to its end, with this environment and no other. */
function runProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  preload: string[] = [],
): Promise<Ended> {
  const words = [...preload, main(), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: ROOT, env: { PATH, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Makes the process fail where it loads the Kubernetes client. */
const WITHOUT_CLIENT = (() => {
  const hook = `export const resolve = (name, context, next) => {
    if (name.startsWith('@kubernetes/')) throw new Error('the client is loaded');
    return next(name, context);
  };`;
  const url = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
  return ['--import', url(`import { register } from 'node:module'; register(${JSON.stringify(url(hook))});`)];
})();

describe('the program brokersdk', function () {
  this.timeout(60_000); // it starts many a process
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-cli-'));
  before(() => {
    program = compile();
  });
  after(() => {
    program.remove();
    rmSync(directory, { recursive: true });
  });

  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  it('tells its versions', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { code, stdout } = await runProgram(['version'], {}, WITHOUT_CLIENT);
    expect(code).to.equal(0);
    expect(stdout).to.equal(
      `brokersdk ${version}\nNode.js ${process.versions.node}\nOpen Service Broker API 2.17\n`,
    );
  });

  it('helps at once, which means without the Kubernetes client', async () => {
    for (const words of [[], ...COMMANDS.map(({ name }) => name.split(' '))]) {
      const { code, stdout, stderr } = await runProgram([...words, '--help'], {}, WITHOUT_CLIENT);
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.include(`Usage: brokersdk ${words.join(' ')}`);
    }
    const control = await runProgram(['serve'], {}, WITHOUT_CLIENT);
    expect(control.code).to.equal(1);
    expect(control.stderr).to.include('the client is loaded');
  });

  for (const [args, said] of [
    [['sevre'], /^brokersdk: "sevre" is not a command; did you mean "serve"\?\n/],
    [['version', 'now'], /^brokersdk: version takes no argument\n$/],
    [['catalog', 'validate'], /^brokersdk: catalog validate takes one file: /],
    [['catalog', 'validate', '/none'], /^brokersdk: \/none cannot be read \(ENOENT\): /],
    [
      ['serve', '--prot', '1'],
      /^The broker cannot run: .*\n {2}--prot is not a flag; did you mean "--port"\?\n$/,
    ],
    [
      ['local', '--port', 'x'],
      /^The broker cannot run: .*\n {2}--port must be a whole number from 0 to 65535, not "x"\n$/,
    ],
    [
      ['cluster', '--config', '/none'],
      /^The broker cannot run: .*\n {2}--config must be a file .*, not "\/none"\n$/,
    ],
    [
      ['serve', '--password', 'canary'],
      /^The broker cannot run: .*\n {2}--password is not taken as a flag, .* set BROKER_PASSWORD, .*\n$/,
    ],
  ] as const) {
    it(`ends with 1 and a sentence: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await runProgram(args);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(said).and.not.include('canary');
    });
  }

  it('names all that is wrong with the settings, each as it was written', async () => {
    const config = file('wrong.yaml', 'log-level: loud\npassword: canary\nprot: 1\n');
    const { code, stderr } = await runProgram(['serve', '--port', 'x'], {
      BROKER_CONFIG_FILE: config,
      BROKER_ORPHANS: 'eat',
    });
    expect(code).to.equal(1);
    expect(stderr.split('\n  ').slice(1)).to.deep.equal([
      `"prot" in ${config} is not a setting; did you mean "port"?`,
      '--port must be a whole number from 0 to 65535, not "x"',
      'BROKER_ORPHANS must be one of report, remove, not "eat"',
      `log-level in ${config} must be one of error, warn, info, debug, not "loud"`,
      `BROKER_USERNAME and password in ${config} go together: give both or none\n`,
    ]);
  });

  it('finds a right catalog right', async () => {
    const { code, stdout } = await runProgram(['catalog', 'validate', 'install/samples/offerings.yaml']);
    expect(code).to.equal(0);
    expect(stdout).to.equal('install/samples/offerings.yaml: 2 offerings with 3 plans, all right.\n');
  });

  it('ends with 1 for a wrong one, and says where', async () => {
    const samples = readFileSync(join(ROOT, 'install', 'samples', 'offerings.yaml'), 'utf8');
    const path = file('offerings.yaml', samples.replace('backend: http\n', 'backend: htp\n'));
    const { code, stdout } = await runProgram(['catalog', 'validate', path]);
    expect(code).to.equal(1);
    const line = samples.split('\n').findIndex((text) => text.includes('backend: http')) + 1;
    expect(stdout).to.equal(
      `${path}:${line}: spec.plans[0].backend: there is no "htp" in this broker; it has: docker, etcd, http, workload\n` +
        `${path}: 1 of 2 offerings and 2 of 3 plans right; 1 problem.\n`,
    );
  });

  describe('with a cluster', () => {
    let cluster: TestCluster;
    let child: ChildProcess | undefined;

    before(async () => (cluster = await openCluster()));
    after(async () => {
      child?.kill('SIGKILL');
      await cluster.close();
    });

    it('serves by a file of settings, a flag and the environment', async () => {
      const lines = [
        'host: 127.0.0.1',
        'port: 1',
        'health-port: 0',
        'username: platform',
        'password: "0123"',
      ];
      const config = file('broker.yaml', `${lines.join('\n')}\nnamespace: elsewhere\n`);
      const env = { PATH, KUBECONFIG: cluster.kubeconfig, BROKER_NAMESPACE: cluster.namespace };
      child = spawn(process.execPath, [main(), 'serve', '--config', config, '--port=0'], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const url = await servingAt(child, cluster.namespace);
      const answer = await fetch(`${url}/v2/catalog`, {
        headers: {
          authorization: `Basic ${Buffer.from('platform:0123').toString('base64')}`,
          'x-broker-api-version': '2.17',
        },
      });
      expect(answer.status).to.equal(200);
      await answer.body?.cancel();
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exit).to.deep.equal([0, null]);
    });
  });
});

/** Where the broker serves, as it logs it. */
async function servingAt(child: ChildProcess, namespace: string): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const { message, url, namespace: used } = JSON.parse(line) as Record<string, string>;
    if (message !== 'the broker serves') continue;
    expect(used).to.equal(namespace);
    child.stdout!.resume();
    return url!;
  }
  throw new Error('the broker ended before it served');
}
