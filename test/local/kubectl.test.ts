// Stock kubectl against the embedded server, command by command as a person would type them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { startLocalApiServer, type LocalApiServer } from '../../src/sdk/local/index.js';

const client = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' });
const hasKubectl = client.status === 0;
if (!hasKubectl) {
  console.warn(
    'SKIPPED: no kubectl on this machine; install the package kubernetes-client to run test/local/kubectl',
  );
}
/** What kubectl before 1.28 says in other words, or cannot do. */
const isRecent = hasKubectl && Number.parseInt(JSON.parse(client.stdout).clientVersion.minor, 10) >= 28;
if (hasKubectl && !isRecent)
  console.warn('SKIPPED: some of test/local/kubectl, which needs kubectl 1.28 or newer');
const itRecent = isRecent ? it : it.skip;

const CRDS = fileURLToPath(new URL('../../crds/', import.meta.url));

const HOST = `
apiVersion: sdkbroker.broker.io/v1alpha1
kind: DockerHost
metadata: { name: one }
spec: { engine: 'tcp://192.0.2.1:2376', serviceHost: one.test }
`;

const BINDING = `
apiVersion: sdkbroker.broker.io/v1alpha1
kind: ServiceBinding
metadata: { name: one, labels: { team: a } }
spec: { instanceRef: { name: first }, parameters: { size: 1 } }
`;

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

(hasKubectl ? describe : describe.skip)('kubectl against the embedded server', function () {
  this.timeout(60_000);
  let server: LocalApiServer;
  let home: string;

  function start(args: string[], input = '', env: Record<string, string> = {}) {
    const child = spawn('kubectl', args, {
      // A home of its own, so that the discovery cache is its own too.
      env: { PATH: process.env['PATH'], HOME: home, KUBECONFIG: join(home, 'kubeconfig'), ...env },
    });
    const result: Result = { status: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (result.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (result.stderr += data.toString()));
    child.stdin.end(input);
    const ended = once(child, 'close').then(([status]) =>
      Object.assign(result, { status: status as number }),
    );
    const hasLines = async (count: number) => {
      while (result.stdout.split('\n').length <= count) await once(child.stdout, 'data');
    };
    return { child, ended, hasLines };
  }

  const attempt = (line: string, input?: string, env?: Record<string, string>) =>
    start(line.split(' '), input, env).ended;

  async function kubectl(line: string, input?: string, env?: Record<string, string>): Promise<string> {
    const { status, stdout, stderr } = await attempt(line, input, env);
    expect(status, `kubectl ${line}: ${stderr}`).to.equal(0);
    return stdout;
  }

  const patchStatus = (status: object) =>
    start([...'patch osbb one --subresource=status --type=merge -p'.split(' '), JSON.stringify({ status })])
      .ended;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'kubectl-test-'));
    server = await startLocalApiServer();
    writeFileSync(join(home, 'kubeconfig'), server.kubeconfig());
    await kubectl(`apply -f ${CRDS}`);
  });

  after(async () => {
    await server.close();
    rmSync(home, { recursive: true });
  });

  beforeEach(() => kubectl('apply -f -', BINDING));

  afterEach(async () => {
    await kubectl('delete osbb --all');
  });

  itRecent('finds the kinds, with their short names and categories', async () => {
    const lines = (await kubectl('api-resources')).split('\n');
    const line = lines.find((text) => text.startsWith('servicebindings'));
    expect(line).to.match(/^servicebindings +osbb +sdkbroker\.broker\.io\/v1alpha1 +true +ServiceBinding$/);
    expect(await kubectl('get osb -o name')).to.equal('servicebinding.sdkbroker.broker.io/one\n');
    expect(await kubectl('version')).to.match(/Server Version: v1\.\d+/);
    expect(await kubectl('get crd')).to.match(/serviceinstances\.sdkbroker\.broker\.io +\d{4}-/);
  });

  it('prints the columns of the definition', async () => {
    const [head, row] = (await kubectl('get servicebindings')).split('\n');
    expect(head).to.match(/^NAME +INSTANCE +SECRET +READY +OPERATION +STATE +AGE$/);
    expect(row).to.match(/^one +first +\d+s$/);
    const [wide] = (await kubectl('get osbb -o wide')).split('\n');
    expect(wide).to.match(/AGE +BINDING ID +DESCRIPTION +EXPIRES$/);
  });

  it('shows Docker hosts, fills in what is not said, and cordons one', async () => {
    await kubectl('apply -f -', HOST);
    const [head, row] = (await kubectl('get osbh')).split('\n');
    expect(head).to.match(/^NAME +ENGINE +ALIVE +SCHEDULABLE +INSTANCES +AGE$/);
    expect(row).to.match(/^one +tcp:\/\/192\.0\.2\.1:2376 +true +\d+s$/);
    await kubectl('patch osbh one --type=merge -p {"spec":{"schedulable":false}}');
    const { spec } = JSON.parse(await kubectl('get osbh one -o json')) as { spec: object };
    expect(spec).to.include({ schedulable: false, perfFactor: 1, keepaliveSeconds: 60 });
    const wrong = await attempt('apply -f -', HOST.replace('tcp:', 'http:'));
    expect(wrong.stderr).to.match(/is invalid: spec\.engine: Invalid value: "http:/);
    await kubectl('delete osbh one');
  });

  it('gets by label, by name, as JSON and as YAML', async () => {
    expect(await kubectl('get osbb -l team=a -o name')).to.include('/one');
    expect(await kubectl('get osbb -l team!=a -o name')).to.equal('');
    expect(await kubectl('get osbb --field-selector metadata.name=one -o name')).to.include('/one');
    const json = JSON.parse(await kubectl('get osbb one -o json')) as { spec: object };
    expect(json.spec).to.deep.equal({ instanceRef: { name: 'first' }, parameters: { size: 1 } });
    expect((parse(await kubectl('get osbb one -o yaml')) as { spec: object }).spec).to.deep.equal(json.spec);
    expect((await attempt('get osbb none')).stderr).to.include(
      'Error from server (NotFound): servicebindings.sdkbroker.broker.io "none" not found',
    );
  });

  it('applies on the client side: configured, then unchanged', async () => {
    const changed = BINDING.replace('size: 1', 'colour: red');
    expect(await kubectl('apply -f -', changed)).to.match(/one configured/);
    expect(await kubectl('apply -f -', changed)).to.match(/one unchanged/);
    expect(await kubectl('get osbb one -o jsonpath={.spec.parameters}')).to.equal('{"colour":"red"}');
  });

  itRecent('applies on the server side', async () => {
    const changed = BINDING.replace('parameters: { size: 1 }', 'bindingId: b');
    expect(await kubectl('apply --server-side -f -', changed)).to.match(/one serverside-applied/);
    expect(await kubectl('get osbb one -o jsonpath={.spec}')).to.equal(
      '{"bindingId":"b","instanceRef":{"name":"first"}}',
    );
    const other = await attempt(
      'apply --server-side --field-manager=other -f -',
      BINDING.replace('first', 'x'),
    );
    expect(other.stderr).to.match(/conflict with "kubectl": \.spec\.instanceRef\.name/);
  });

  itRecent('is told of unknown fields and of values that do not fit', async () => {
    const unknown = await attempt('apply -f -', BINDING.replace('parameters', 'parametres'));
    expect(unknown.stderr).to.match(/strict decoding error: unknown field "spec\.parametres"/);
    const invalid = await attempt('apply -f -', BINDING.replace('first', '""'));
    expect(invalid.stderr).to.match(/is invalid: spec\.instanceRef\.name: Invalid value: ""/);
  });

  itRecent('patches, labels, annotates and edits', async () => {
    await kubectl('patch osbb one --type=merge -p {"spec":{"bindingId":"b"}}');
    await kubectl('patch osbb one --type=json -p [{"op":"replace","path":"/spec/bindingId","value":"c"}]');
    await kubectl('label osbb one colour=red');
    await kubectl('annotate osbb one note=this');
    const edited = await kubectl('edit osbb one', '', { EDITOR: 'sed -i s/colour:.red/colour:\\ blue/' });
    expect(edited).to.match(/one edited/);
    const { metadata, spec } = JSON.parse(await kubectl('get osbb one -o json')) as {
      metadata: { labels: object; annotations: object };
      spec: object;
    };
    expect(metadata.labels).to.deep.equal({ team: 'a', colour: 'blue' });
    expect(metadata.annotations).to.include({ note: 'this' });
    expect(spec).to.include({ bindingId: 'c' });
    expect((await attempt('patch osbb one -p {}')).stderr).to.include('is not supported');
  });

  it('creates and changes the kinds that are built in', async () => {
    await kubectl('create namespace work');
    await kubectl('-n work create configmap settings --from-literal=a=1 --from-literal=b=2');
    await kubectl('-n work patch configmap settings -p {"data":{"a":null,"c":"3"}}');
    expect(await kubectl('-n work get cm settings -o jsonpath={.data}')).to.equal('{"b":"2","c":"3"}');
    await kubectl('-n work create secret generic hidden --from-literal=a=b');
    expect(await kubectl('-n work get secrets')).to.match(/hidden +Opaque +1 +\d+s/);
    await kubectl('-n work create serviceaccount robot');
    expect(await kubectl('auth can-i delete secrets')).to.equal('yes\n');
    await kubectl('delete namespace work');
    expect((await attempt('get namespace work')).status).to.equal(1);
  });

  itRecent('waits for a condition', async () => {
    const waiting = attempt('wait --for=condition=Ready osbb/one --timeout=30s');
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Done',
      message: '',
      lastTransitionTime: '2020-01-01T00:00:00Z',
    };
    expect((await patchStatus({ conditions: [condition] })).status).to.equal(0);
    expect((await waiting).stdout).to.match(/one condition met/);
    expect(await kubectl('get osbb one')).to.match(/one +first +True/);
  });

  it('waits for finalizers when it deletes', async () => {
    await kubectl('patch osbb one --type=merge -p {"metadata":{"finalizers":["test.test/hold"]}}');
    const waiting = attempt('wait --for=delete osbb/one --timeout=30s');
    const deleting = attempt('delete osbb one');
    while (!(await kubectl('get osbb one -o jsonpath={.metadata.deletionTimestamp}')));
    await kubectl('patch osbb one --type=json -p [{"op":"remove","path":"/metadata/finalizers"}]');
    expect((await deleting).stdout).to.match(/"one" deleted/);
    expect((await waiting).status).to.equal(0);
  });

  it('watches', async () => {
    const { child, ended, hasLines } = start(['get', 'osbb', '--watch']);
    await hasLines(2);
    await kubectl('label osbb one seen=yes');
    await hasLines(3);
    child.kill();
    expect((await ended).stdout).to.match(/^NAME .*\none +first .*\none +first .*\n$/);
  });

  it('describes an object with its events', async () => {
    const uid = await kubectl('get osbb one -o jsonpath={.metadata.uid}');
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'one.1' },
      involvedObject: { kind: 'ServiceBinding', namespace: 'default', name: 'one', uid },
      reason: 'Tested',
      message: 'A test was here.',
      type: 'Normal',
      count: 1,
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
      source: { component: 'test' },
    };
    await kubectl('apply -f -', JSON.stringify(event));
    const description = await kubectl('describe osbb one');
    expect(description).to.match(/Instance Ref:\n +Name: +first/);
    expect(description).to.match(/Normal +Tested +\S+ +test +A test was here\./);
    expect(await kubectl('get events')).to.match(/Normal +Tested +servicebinding\/one +A test was here\./);
    expect(await kubectl('get events --field-selector type=Warning')).to.equal('');
  });

  itRecent('explains', async () => {
    const text = await kubectl('explain osbb.spec.instanceRef');
    expect(text).to.match(/FIELD: instanceRef <Object>/);
    expect(text).to.match(/name\s+<string> -required-/);
  });

  it('removes a definition with its objects, and makes it anew', async () => {
    await kubectl('delete crd serviceofferings.sdkbroker.broker.io');
    expect((await attempt('get serviceofferings')).status).to.equal(1);
    await kubectl(`apply -f ${CRDS}serviceofferings.yaml`);
    expect(await kubectl('get serviceofferings')).to.equal('');
  });
});
