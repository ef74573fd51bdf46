// A Docker host beside a cluster, as its operator has it: an engine with TLS that pods reach, the agent as a process with
// a kubeconfig as docs/installing.md makes it, and curl with the credentials of an administrator of the broker.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { parseAllDocuments } from 'yaml';
import { runTool } from '../install/tools.js';
import { AgentProcess } from '../support/agent-scene.js';
import { type Compiled, compile } from '../support/compiled.js';
import { DockerEngine } from '../support/docker-engine.js';
import { eventually } from '../support/unchanged.js';
import { attempt, get, kubectl, run } from './cluster.js';

/** The name that install/samples/docker.yaml expects. */
export const HOST = 'docker-1';
const INSTALLING = new URL('../../docs/installing.md', import.meta.url);
const KEEPALIVE_SECONDS = 1;
const PORTS = { min: 20_000, max: 20_010 };
const REQUEST = 'source test-scripts/shared.sh; request "$1" "$2" "200 201" ${SENT:+"$SENT"}';

/** The first such block below that heading of docs/installing.md. */
function documented(heading: string, language: 'sh' | 'yaml'): string {
  const [, section] = readFileSync(INSTALLING, 'utf8').split(`\n### ${heading}\n`);
  const [, block] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(section!)!;
  return block!;
}

export class DockerScene {
  readonly namespace: string;
  readonly engine: DockerEngine;
  readonly #folder = mkdtempSync(join(tmpdir(), 'docker-e2e-'));
  readonly #program: Compiled = compile();
  readonly agents: AgentProcess[] = [];
  #administrator = '';

  private constructor(namespace: string, engine: DockerEngine) {
    this.namespace = namespace;
    this.engine = engine;
  }

  /** With these images of the Docker engine of this machine. */
  static async open(namespace: string, ...images: string[]): Promise<DockerScene> {
    const engine = await DockerEngine.start({ tls: true, onBridge: true });
    const scene = new DockerScene(namespace, engine);
    try {
      for (const image of images) await scene.#bring(image);
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  async close(): Promise<void> {
    for (const agent of this.agents) await agent.end('SIGKILL');
    await this.engine.stop();
    this.#program.remove();
    rmSync(this.#folder, { recursive: true });
  }

  async #bring(image: string): Promise<void> {
    const archive = await new Docker({ socketPath: '/var/run/docker.sock' }).getImage(image).get();
    for await (const line of await this.engine.docker.loadImage(archive)) {
      if (String(line).includes('"error"')) throw new Error(String(line).trim());
    }
  }

  /** What must appear nowhere. */
  get secrets(): string[] {
    const keyLines = this.engine.address.tls!.key.split('\n');
    return [this.#administrator.split(':')[1]!, keyLines[1]!];
  }

  /** By the commands of the documentation. */
  async makeAdministrator(): Promise<void> {
    await run('bash', ['-euo', 'pipefail', '-c', this.#commands('Administrators')]);
    const { data } = await this.get('secret', 'brokersdk-admin-credentials');
    this.#administrator = Buffer.from(data.credentials, 'base64').toString().trim();
  }

  /** The same, in the file agent.kubeconfig. */
  async makeAgentKubeconfig(): Promise<void> {
    const jsonpath = 'jsonpath={.clusters[0].cluster.server}';
    const server = await kubectl('config', 'view', '--minify', '--output', jsonpath);
    const commands = this.#commands('Docker hosts').replace('https://kubernetes.example.com:6443', server);
    const script = `cd '${this.#folder}'\n${commands}`;
    await eventually(
      () => attempt('bash', ['-euo', 'pipefail', '-c', script]),
      ({ code }) => code === 0,
    );
  }

  /** The commands below that heading, less the installation, for this namespace. */
  #commands(heading: string): string {
    return documented(heading, 'sh')
      .replace(/^install\/.*\n/m, '')
      .replaceAll('--namespace brokersdk', `--namespace ${this.namespace}`);
  }

  /** Resolves with its first sign of life. */
  async startAgent(): Promise<AgentProcess> {
    const { engine, tls } = this.engine.address;
    const { hostname, port } = new URL(engine);
    const words = Object.entries({
      'client-cert': this.#file('client.crt', tls!.cert),
      'client-key': this.#file('client.key', tls!.key),
      'ca-cert': this.#file('ca.crt', tls!.ca),
      ...{ name: HOST, 'service-host': this.engine.serviceHost, keepalive: KEEPALIVE_SECONDS },
      ...{ 'docker-host': hostname, 'docker-port': port },
      ...{ 'portbind-min': PORTS.min, 'portbind-max': PORTS.max },
    }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const KUBECONFIG = join(this.#folder, 'agent.kubeconfig');
    const agent = new AgentProcess(this.#program, words, { KUBECONFIG });
    this.agents.push(agent);
    await agent.says('first sign of life');
    return agent;
  }

  /** Asks the broker's API for administrators, by the ways of the test scripts; it has to answer with 200 or 201. */
  async administer(method: string, path: string, body?: object): Promise<void> {
    const [BROKER_USERNAME, BROKER_PASSWORD] = this.#administrator.split(':');
    await run('bash', ['-c', REQUEST, 'request', method, path], {
      ...{ VIA: 'cluster', NAMESPACE: this.namespace, BROKER_USERNAME, BROKER_PASSWORD },
      SENT: body ? JSON.stringify(body) : '',
    });
  }

  /** By the policy of the documentation, less its ports, which Kubernetes 1.20 has no range of. */
  async openTheWay(): Promise<void> {
    const [policy] = parseAllDocuments(documented('The network', 'yaml')).map((each) => each.toJS());
    policy.metadata.namespace = this.namespace;
    policy.spec.egress = [{ to: [{ ipBlock: { cidr: `${this.engine.serviceHost}/32` } }] }];
    runTool('kubectl', ['apply', '--filename', '-'], { input: JSON.stringify(policy) });
  }

  get = (...words: string[]): Promise<any> => get('--namespace', this.namespace, ...words);

  /** The condition `Alive` of the host. */
  async alive(): Promise<any> {
    const { status } = await this.get('dockerhost', HOST);
    return status?.conditions?.find(({ type }: any) => type === 'Alive');
  }

  #file(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }
}
