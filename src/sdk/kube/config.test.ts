import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClusterConfig, loadKubeConfig, NoClusterError } from './config.js';
import { callJson } from './rest.js';
import { failureOf, sendJson, startServer, type TestServer } from './harness.test.js';

const kubeconfig = (server: string, extra = ''): string => `
apiVersion: v1
kind: Config
clusters: [{ name: blue, cluster: { server: "${server}"${extra} } }]
users: [{ name: me, user: { token: abc } }]
contexts: [{ name: work, context: { cluster: blue, user: me, namespace: brokers } }]
current-context: work
`;

describe('loadKubeConfig', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('loads the given file, and says which cluster and namespace that is', () => {
    const path = write('a', kubeconfig('https://blue:6443'));
    const config = loadKubeConfig({ kubeconfig: path, env: { KUBECONFIG: '/nowhere' } });
    expect([config.contextName, config.clusterName, config.serverUrl, config.namespace]).to.deep.equal([
      'work',
      'blue',
      'https://blue:6443',
      'brokers',
    ]);
  });

  it('merges the files of $KUBECONFIG and passes over those that do not exist', () => {
    const path = write('a', kubeconfig('https://blue:6443'));
    const other = write(
      'b',
      'clusters: [{ name: red, cluster: { server: "https://red" } }]\nusers: []\ncontexts: []\n',
    );
    const config = loadKubeConfig({ env: { KUBECONFIG: `${folder}/none:${path}:${other}` } });
    expect(config.clusterName).to.equal('blue');
    expect(config.getClusters().map(({ name }) => name)).to.deep.equal(['blue', 'red']);
  });

  const problems: [string, () => Parameters<typeof loadKubeConfig>[0], RegExp][] = [
    [
      'nothing anywhere',
      () => ({ env: { HOME: folder } }),
      /KUBECONFIG is not set, .*\.kube\/config does not exist.*Set KUBECONFIG/,
    ],
    ['a file that is missing', () => ({ kubeconfig: `${folder}/none` }), /none does not exist/],
    [
      '$KUBECONFIG that is missing',
      () => ({ env: { KUBECONFIG: `${folder}/no` } }),
      /\$KUBECONFIG \(.*no\) does not exist/,
    ],
    ['a file that is no YAML', () => ({ kubeconfig: write('a', '{') }), /cannot be used/],
    [
      'no current context',
      () => ({ kubeconfig: write('a', 'clusters: []\nusers: []\ncontexts: []') }),
      /selects no cluster.*use-context/,
    ],
    [
      'plain http',
      () => ({ kubeconfig: write('a', kubeconfig('http://blue')) }),
      /not encrypted.*insecure-skip-tls-verify/,
    ],
  ];
  for (const [name, options, message] of problems) {
    it(`names the remedy for ${name}`, () => {
      expect(() => loadKubeConfig(options())).to.throw(NoClusterError, message);
    });
  }

  it('accepts plain http where it is meant', () => {
    const path = write('a', kubeconfig('http://blue', ', insecure-skip-tls-verify: true'));
    expect(loadKubeConfig({ kubeconfig: path }).serverUrl).to.equal('http://blue');
  });
});

describe('ClusterConfig', () => {
  let server: TestServer;
  afterEach(() => server.close());
  const call = {
    call: 'get it',
    confidential: false,
    verb: 'get',
    kind: 'It',
    method: 'GET',
    path: '/it',
  } as const;

  it('serves many calls over few connections, with the credentials', async () => {
    server = await startServer((_request, response) => sendJson(response, 200, {}));
    for (let i = 0; i < 50; i++) await callJson(server.config, call);
    expect(server.connections()).to.be.at.most(2);
    await Promise.all(Array.from({ length: 200 }, () => callJson(server.config, call)));
    expect(server.connections()).to.be.at.most(50);
    expect(server.requests[0]?.headers.authorization).to.equal('Bearer tok-123');
  });

  for (const [name, begin] of [
    ['never answers', () => undefined],
    ['stops in the middle of the answer', (write: (text: string) => void) => write('{"a":')],
  ] as const) {
    it(`gives up on a server that ${name}`, async () => {
      server = await startServer((_request, response) => begin((text) => response.write(text)), 50);
      const error = await failureOf(callJson(server.config, call));
      expect(error).to.include({ name: 'KubeError', status: 0, message: 'get it: no answer in time' });
    });
  }

  describe('with credentials that are renewed', () => {
    let folder: string;
    let valid: string;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
      valid = 'old';
      server = await startServer(({ headers }, response) =>
        sendJson(response, headers.authorization === `Bearer ${valid}` ? 200 : 401, {}),
      );
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const load = (user: string): ClusterConfig => {
      const path = join(folder, 'config');
      const text = kubeconfig(server.url, ', insecure-skip-tls-verify: true');
      writeFileSync(path, text.replace('user: { token: abc }', `user: ${user}`));
      return loadKubeConfig({ kubeconfig: path, timeoutMs: 5000 });
    };

    it('takes the token of a file as it stands there at each call', async () => {
      const token = join(folder, 'token');
      writeFileSync(token, 'old\n');
      const config = load('{ token: stale, tokenFile: token }');
      await callJson(config, call);
      valid = 'new';
      expect(await failureOf(callJson(config, call))).to.include({ status: 401 });
      writeFileSync(token, 'new');
      await callJson(config, call);
      rmSync(token);
      expect(await failureOf(callJson(config, call))).to.include({ name: 'KubeError', status: 0 });
      await config.close();
    });

    it('asks a credential plugin again when what it said is refused', async () => {
      const answer = join(folder, 'answer');
      const says = (token: string): void => writeFileSync(answer, JSON.stringify({ status: { token } }));
      says('old');
      const config = load(`{ exec: { command: cat, args: ["${answer}"] } }`);
      await callJson(config, call);
      says('new');
      await callJson(config, call); // what it said is still good
      valid = 'new';
      expect(await failureOf(callJson(config, call))).to.include({ status: 401 });
      await callJson(config, call);
      await config.close();
    });

    it('gives up on a credential plugin that hangs', async () => {
      const fifo = join(folder, 'fifo');
      execFileSync('mkfifo', [fifo]);
      const config = new ClusterConfig(50);
      const { clusters, contexts, users } = load(`{ exec: { command: cat, args: ["${fifo}"] } }`);
      config.loadFromOptions({ clusters, contexts, users, currentContext: 'work' });
      const error = await failureOf(callJson(config, call));
      expect(error).to.include({ status: 0, message: 'get it: no answer in time' });
      writeFileSync(fifo, ''); // lets the plugin end
    });
  });

  it('tells of every call what became of it, of one without an answer too', async () => {
    server = await startServer(({ url }, response) => {
      if (url.pathname === '/none') response.destroy();
      else sendJson(response, url.pathname === '/it' ? 200 : 404, {});
    });
    const told: object[] = [];
    server.config.onRequest = ({ seconds, ...rest }) => {
      expect(seconds).to.be.above(0);
      told.push(rest);
    };
    await callJson(server.config, call);
    for (const path of ['/other', '/none']) await failureOf(callJson(server.config, { ...call, path }));
    expect(told).to.deep.equal([200, 404, 0].map((status) => ({ verb: 'get', kind: 'It', status })));
  });

  it('ends calls under way when it is closed', async () => {
    let arrived: () => void = () => undefined;
    const request = new Promise<void>((resolve) => (arrived = resolve));
    server = await startServer(() => arrived());
    const failure = failureOf(callJson(server.config, call));
    await request;
    await server.config.close();
    expect(await failure).to.include({ name: 'KubeError', status: 0 });
  });
});
