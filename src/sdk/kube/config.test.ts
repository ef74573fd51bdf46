import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadKubeConfig, NoClusterError } from './config.js';
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
  const call = { call: 'get it', confidential: false, method: 'GET', path: '/it' } as const;

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
