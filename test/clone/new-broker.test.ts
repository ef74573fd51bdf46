// hack/new-broker.sh in a clone: what it writes is in order, passes its test, and lives with the very commands that
// it prints.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Clone, makeClone } from './clone.js';

const SCRIPT = 'hack/new-broker.sh';
const NAME = 'probe-store';
const IDS = ['5b1e6f0c-52c5-4f0e-a3a5-0f6ad6b0a1f1', '5b1e6f0c-52c5-4f0e-a3a5-0f6ad6b0a1f2'] as const;
const OFFERING = `install/samples/${NAME}.yaml`;
const BACKEND = `src/backends/${NAME}`;

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

describe(SCRIPT, () => {
  let clone: Clone;
  let said: string;
  before(async () => {
    clone = await makeClone('shared');
    said = await clone.run(SCRIPT, NAME, '--id', IDS[0], '--id', IDS[1]);
  });
  after(() => clone.remove());

  const status = (): Promise<string> => clone.run('git', 'status', '--porcelain', '--untracked-files=all');
  const npm = (...words: string[]): Promise<string> => clone.run('npm', 'run', '--silent', ...words);
  const pathTo = (path: string): string => join(clone.directory, path);
  /** What it says to type, in the one terminal and in the other. */
  const commands = (): string[] => said.slice(said.indexOf('Type this')).match(/(?<=^ {2})\S.*$/gm)!;

  it('writes a backend with its test and types and an offering, and registers it', async () => {
    const files = ['backend.test.ts', 'backend.ts', 'parameters.ts'].map((file) => `${BACKEND}/${file}`);
    const lines = [' M src/broker.ts', ...[OFFERING, ...files].map((file) => `?? ${file}`), ''];
    expect(await status()).to.equal(lines.join('\n'));
    for (const file of [...files, OFFERING]) expect(said).to.include(file);
  });

  it('leaves nothing of its template, and takes the ids that it is given', async () => {
    await clone.run('git', 'add', '--all');
    const left = await clone.attempt('git', 'grep', '-inE', 'my.?service', '--', BACKEND, OFFERING);
    expect(left).to.deep.equal({ code: 1, said: '' });
    const offering = readFileSync(pathTo(OFFERING), 'utf8');
    for (const id of IDS) expect(offering).to.include(`id: ${id}\n`);
  });

  it('writes what is formatted, lint-clean and typed', async () => {
    const paths = [BACKEND, OFFERING, 'src/broker.ts'];
    await clone.run('npm', 'exec', '--', 'prettier', '--check', ...paths);
    await clone.run('npm', 'exec', '--', 'eslint', '--max-warnings', '0', BACKEND, 'src/broker.ts');
    await npm('typecheck');
  });

  it('writes a test that passes', async () => {
    const words = ['exec', '--', 'mocha', `${BACKEND}/*.test.ts`];
    expect(await clone.run('npm', ...words)).to.match(/[1-9] passing/);
  });

  it('keeps the types and the schema together', async () => {
    await npm('generate:check');
    const offering = readFileSync(pathTo(OFFERING), 'utf8');
    writeFileSync(pathTo(OFFERING), offering.replace('type: integer', 'type: string'));
    const { code, said: complaint } = await clone.attempt('npm', 'run', '--silent', 'generate:check');
    expect(code).to.equal(1);
    expect(complaint).to.include(`${BACKEND}/parameters.ts`);
    await npm('generate');
    expect(readFileSync(pathTo(`${BACKEND}/parameters.ts`), 'utf8')).to.include('quota?: string');
    await clone.run('git', 'restore', '.');
  });

  for (const [what, words, why] of [
    ['no name', [], /usage: /],
    ['an option that it does not know', ['one', '--force'], /usage: /],
    ['a name that is no word', ['../one'], /the name "\.\.\/one" must be/],
    ['a name that is taken by a backend', [NAME], /is taken/],
    ['a name that is taken by an offering', ['echo-service'], /is taken/],
    ['an id that is none', ['one', '--id', '7'], /the id "7" must be a UUID/],
    ['an id that is taken', ['one', '--id', IDS[1]], /is taken/],
  ] as [string, string[], RegExp][]) {
    it(`refuses ${what}, and writes nothing`, async () => {
      const before = await status();
      const answer = await clone.attempt(SCRIPT, ...words);
      expect(answer.code).to.equal(1);
      expect(answer.said).to.match(why);
      expect(await status()).to.equal(before);
    });
  }

  describe('the broker that it says how to run', () => {
    const instance = '7da001ba-dd6c-44d9-bffd-a064935af78b'; // that of the test scripts
    const folder = (): string => pathTo(`.local/${NAME}/${instance}`);
    let broker: ChildProcess;
    let address: string;
    let output = '';

    before('starts it', async () => {
      const [port, echoPort] = [await freePort(), await freePort()];
      address = `BROKER_URL=http://127.0.0.1:${port}`;
      // The dependencies are a link, and are not to be installed anew.
      const command = commands()[0]!.replace('make run', 'make -o node_modules run');
      expect(command).to.include(`${OFFERING} make -o`);
      const ports = { BROKER_PORT: port, BROKER_HEALTH_PORT: '0', ECHO_SERVICE_PORT: echoPort };
      broker = spawn('bash', ['-c', command], {
        cwd: clone.directory,
        env: { ...process.env, ...ports },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true, // a group of its own, as in a terminal, for Ctrl-C
      });
      await new Promise<void>((resolve, reject) => {
        const hear = (chunk: Buffer): void => {
          output += chunk.toString('utf8');
          if (output.includes('test-scripts/provision.sh')) resolve();
        };
        broker.stdout!.on('data', hear);
        broker.stderr!.on('data', hear);
        broker.once('exit', () => reject(new Error(`it ended:\n${output}`)));
      });
    });

    after('ends it', async () => {
      if (broker.exitCode !== null || broker.signalCode !== null) return;
      const exit = once(broker, 'exit');
      process.kill(-broker.pid!, 'SIGINT');
      await exit;
    });

    /** What the other terminal shows. */
    const type = (...lines: string[]): Promise<string> =>
      clone.run('env', address, 'bash', '-ec', lines.join('\n'));

    it('makes an instance and a binding', async () => {
      const [, ...rest] = commands();
      expect(rest).to.have.length(2);
      const answer = await type(...rest);
      expect(answer).to.match(/PUT \S+service_instances\/[^/]+ -> 20[12]/);
      expect(answer).to.match(/"password": "\(hidden/);
      expect(readFileSync(join(folder(), 'quota'), 'utf8')).to.equal('10');
    });

    it('finds its catalog right', async () => {
      expect(await clone.run('node', 'dist/cli/main.js', 'catalog', 'validate', OFFERING)).to.include(
        'right',
      );
    });

    it('refuses parameters that the schema does not allow', async () => {
      const wrong = `INSTANCE_ID=other PARAMETERS='{"quota": 1000}' EXPECTED_STATUS=400`;
      const answer = await type(commands()[1]!, `${wrong} test-scripts/provision.sh || true`);
      expect(answer)
        .to.match(/-> 400/)
        .and.to.include('quota');
    });

    it('removes them', async () => {
      await type(commands()[1]!, 'test-scripts/unbind.sh', 'test-scripts/deprovision.sh');
      expect(existsSync(folder())).to.be.false;
    });
  });
});
