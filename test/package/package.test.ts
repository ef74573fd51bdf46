// The package as an author gets it: packed, unpacked elsewhere, compiled against and run. Needs neither network nor
// API server: the dependencies are those of this checkout.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** Runs the compiler; what it has to say is the failure. */
async function tsc(options: string[], cwd = ROOT): Promise<void> {
  await run(process.execPath, [TSC, ...options], { cwd }).catch(({ stdout }: { stdout: string }) =>
    expect.fail(stdout),
  );
}

const SAMPLE = `
import { IsInt, IsOptional, Max } from 'class-validator';
import {
  type Backend,
  type BackendLog,
  type Binding,
  type BindingResult,
  type BrokerDefinition,
  type ClusterConfig,
  defineService,
  done,
  type Done,
  type Endpoint,
  type Instance,
  type InstanceFacts,
  type InstanceResult,
  type JsonObject,
  loadKubeConfig,
  type NamedBackend,
  type OriginatingIdentity,
  type Outcome,
  type PlanDefinition,
  runBroker,
  type RunOptions,
  type Service,
  type ServiceDefinition,
  TerminalError,
  type VolumeMount,
  waiting,
  type Waiting,
} from 'brokersdk';

class Parameters {
  @IsOptional() @IsInt() @Max(16) size?: number;
}

export const redis: Service = defineService({
  id: 'a-service',
  name: 'redis',
  description: 'A Redis of your own',
  plans: [{ id: 'a-plan', name: 'small', description: '64 MiB', settings: { memory: '64Mi' } }],
  parameters: Parameters,
  async ensure(instance): Promise<Outcome<InstanceResult>> {
    const memory: string = instance.settings.memory;
    const size: number = instance.parameters.size ?? 1;
    if (size > 8) throw new TerminalError('too large', { updateRepeatable: false });
    return memory === '' ? waiting('no memory yet', { retryAfter: 5 }) : done();
  },
  async destroy() {},
  async bind({ name, signal }) {
    signal.throwIfAborted();
    return done({ credentials: { name }, endpoints: [{ host: 'redis', ports: ['6379'] }] });
  },
  async unbind() {},
});

export type All = [
  Backend, BackendLog, Binding, BindingResult, ClusterConfig, Done<object>, Endpoint, Instance, InstanceFacts,
  JsonObject, NamedBackend, OriginatingIdentity, PlanDefinition<object>, RunOptions,
  ServiceDefinition<object, object, object>, VolumeMount, Waiting, typeof loadKubeConfig,
];

// @ts-expect-error a service needs an id
export const wrong = (): Service => defineService({ name: 'wrong' });

const broker: BrokerDefinition = { services: [redis] };
process.stdout.write(JSON.stringify(redis.offering));
await runBroker(broker);
`;

describe('the package', function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-package-'));
  const staging = join(directory, 'staging');
  const author = join(directory, 'author');
  const installed = join(author, 'node_modules', 'brokersdk');
  after(() => rmSync(directory, { recursive: true }));

  before('builds, packs and installs it', async () => {
    const built = tsc(['-p', 'tsconfig.build.json', '--outDir', join(staging, 'dist')]);
    for (const file of ['package.json', 'LICENSE', 'crds', 'src', 'test']) {
      cpSync(join(ROOT, file), join(staging, file), { recursive: true });
    }
    mkdirSync(installed, { recursive: true });
    await built;
    await run('npm', ['pack', '--pack-destination', directory, '--offline'], { cwd: staging });
    const [tarball] = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
    await run('tar', ['-xzf', join(directory, tarball!), '-C', installed, '--strip-components', '1']);
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name !== 'brokersdk' && !name.startsWith('.')) {
        symlinkSync(join(ROOT, 'node_modules', name), join(author, 'node_modules', name));
      }
    }
    writeFileSync(join(author, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(author, 'broker.ts'), SAMPLE);
    cpSync(join(ROOT, 'examples', 'folder'), join(author, 'folder'), { recursive: true });
  });

  it('holds what runs, its types and the custom resource definitions, and nothing else', () => {
    expect(readdirSync(installed).sort()).to.deep.equal(['LICENSE', 'crds', 'dist', 'package.json']);
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files).to.include.members(['dist/sdk/index.js', 'dist/sdk/index.d.ts', 'dist/cli/main.js']);
    expect(files.filter((name) => name.startsWith('crds/'))).to.deep.equal(
      readdirSync(join(ROOT, 'crds')).map((name) => `crds/${name}`),
    );
    expect(files.filter((name) => /\.test\.|\.map$|(?<!\.d)\.ts$/.test(name))).to.deep.equal([]);
  });

  it('compiles with a strict author and with the example, and runs', async () => {
    const options = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--experimentalDecorators',
      '--skipLibCheck',
    ];
    const target = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    await tsc([...options, ...target, 'broker.ts', 'folder/main.ts'], author);
    const env = { PATH: process.env.PATH, HOME: author, KUBECONFIG: join(author, 'none') };
    const failure = await run(process.execPath, ['broker.js'], { cwd: author, env }).then(
      () => expect.fail('it ran without a cluster'),
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
    expect(failure.code).to.equal(1);
    expect(failure.stderr).to.match(/^The broker cannot run: .*KUBECONFIG/);
    const example = await run(process.execPath, ['folder/main.js'], { cwd: author, env }).catch(
      (error: unknown) => error as typeof failure,
    );
    expect(example.stderr).to.match(/^The broker cannot run: .*KUBECONFIG/);
    const offering = JSON.parse(failure.stdout) as { plans: { schemas: { instanceCreate: object } }[] };
    expect(offering.plans[0]!.schemas.instanceCreate).to.have.nested.property('properties.size.maximum', 16);
  });

  it('has one door', async () => {
    const inner = `import('brokersdk/dist/sdk/run.js').catch((error) => process.stdout.write(error.code))`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', inner], { cwd: author });
    expect(stdout).to.equal('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});
