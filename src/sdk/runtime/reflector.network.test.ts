// What networks and API servers do to a store that follows them, on real sockets.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClusterConfig, loadKubeConfig } from '../kube/config.js';
import { sendJson, startServer, type TestServer } from '../kube/harness.test.js';
import { createResourceClient } from '../kube/resource-client.js';
import type { KubeObject, ResourceClient, ResourceType } from '../kube/types.js';
import { type Fault, type LocalApiServer, startLocalApiServer } from '../local/index.js';
import { type Clock, systemClock } from './clock.js';
import { MemoryLog, thing } from './harness.test.js';
import { ResourceStore } from './resource-store.js';

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const THINGS: ResourceType = { group: 'example.org', version: 'v1', kind: 'Thing', plural: 'things' };
/** Far longer than anything takes. */
const PATIENCE_MS = 20_000;

/** The time of the machine, except for waits as long as that of the watchdog: those last until the test says so. */
class ShortClock implements Clock {
  readonly #long = new Set<() => void>();
  now = (): number => systemClock.now();
  monotonic = (): number => systemClock.monotonic();

  after(ms: number, fn: () => void, options?: { background?: boolean }): () => void {
    if (ms < 60_000) return systemClock.after(ms, fn, options);
    this.#long.add(fn);
    return () => this.#long.delete(fn);
  }

  skip(): void {
    const due = [...this.#long];
    this.#long.clear();
    for (const fn of due) fn();
  }
}

/** A store that follows a server, and tries again at once when something fails. */
class Follower {
  readonly clock = new ShortClock();
  readonly log = new MemoryLog();
  readonly store: ResourceStore<KubeObject>;
  readonly #config: ClusterConfig;
  readonly #stop = new AbortController();

  constructor(config: ClusterConfig, type: ResourceType, namespace = 'default') {
    const { clock, log } = this;
    const client = createResourceClient<KubeObject>(config, type, namespace);
    this.#config = config;
    this.store = new ResourceStore({ client, log, clock, random: () => 0 });
    this.store.start(this.#stop.signal);
  }

  async shows(name: string, resourceVersion?: string): Promise<void> {
    const isShown = (object?: Readonly<KubeObject>): boolean =>
      object !== undefined && [undefined, object.metadata.resourceVersion].includes(resourceVersion);
    const { met } = await this.store.waitFor(name, isShown, { timeoutMs: PATIENCE_MS });
    expect(met, `${name} ${resourceVersion}`).to.equal(true);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#config.close();
  }
}

const connect = (url: string, timeoutMs?: number): ClusterConfig => {
  const config = new ClusterConfig(timeoutMs);
  config.loadFromClusterAndUser({ name: 'test', server: url, skipTLSVerify: true }, { name: 'user' });
  return config;
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('a store that follows the embedded API server', () => {
  let server: LocalApiServer;
  let config: ClusterConfig;
  let admin: ResourceClient<KubeObject>;
  let follower: Follower;

  const serve = async (port = 0): Promise<void> => {
    server = await startLocalApiServer({ port });
    config = connect(server.url);
    admin = createResourceClient(config, CONFIG_MAPS, 'default');
  };
  const create = async (name: string): Promise<void> => {
    await admin.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  };
  const isWatched = (): boolean => server.faults.openWatches({ resource: 'configmaps' }) > 0;

  beforeEach(async () => {
    await serve();
    await create('old');
    follower = new Follower(connect(server.url, 500), CONFIG_MAPS);
    await follower.shows('old');
    await until(isWatched);
  });
  afterEach(async () => {
    await follower.close();
    await config.close();
    await server.close();
  });

  const once = (verb: 'list' | 'watch', fault: Fault, times = 1) =>
    server.faults.add({ match: { verb, resource: 'configmaps' }, times, fault });

  const breaks: [string, () => unknown][] = [
    ['a watch that is cut', () => server.faults.dropWatches()],
    ['410 in the stream', () => server.faults.expireWatches()],
    ['a server that restarts', () => server.restart()],
    [
      '410 on connect',
      () => {
        once('watch', { kind: 'status', code: 410 });
        server.faults.dropWatches();
      },
    ],
    [
      'a watch whose beginning is reset, again and again',
      () => {
        once('watch', { kind: 'reset', when: 'before' }, 5);
        server.faults.dropWatches();
      },
    ],
    [
      'a slow first byte',
      () => {
        once('watch', { kind: 'delay', ms: 50 });
        server.faults.dropWatches();
      },
    ],
    [
      'a list that is never answered',
      () => {
        once('list', { kind: 'hang' });
        server.faults.expireWatches();
      },
    ],
    ...([429, 500, 503] as const).map((code): [string, () => unknown] => [
      `${code} for lists and watches`,
      () => {
        once('watch', { kind: 'status', code }, 3);
        once('list', { kind: 'status', code }, 3);
        server.faults.expireWatches();
      },
    ]),
  ];
  for (const [name, bring] of breaks) {
    it(`survives ${name}`, async () => {
      await bring();
      await create('new');
      await follower.shows('new');
      await until(isWatched);
      await create('newer');
      await follower.shows('newer');
    });
  }

  it('gives up on a connection that is half open', async () => {
    server.faults.silenceWatches();
    await create('new');
    follower.clock.skip();
    await follower.shows('new');
  });

  it('gives up on a watch whose headers never come', async () => {
    const fault = once('watch', { kind: 'hang' });
    server.faults.dropWatches();
    await until(() => fault.hits === 1);
    await create('new');
    follower.clock.skip();
    await follower.shows('new');
  });

  it('finds out that a server came back with another history, in which its version is yet to come', async () => {
    for (let i = 0; i < 5; i++) await create(`gone-${i}`);
    await follower.shows('gone-4');
    const port = Number(new URL(server.url).port);
    await config.close();
    await server.close();
    await serve(port);
    await create('new');
    await follower.shows('new');
    expect(follower.store.get('old')).to.equal(undefined);
  });

  it('is as new as the server once it is refreshed, be the watch ever so silent', async () => {
    server.faults.silenceWatches();
    await create('new');
    expect(follower.store.get('new')).to.equal(undefined);
    await follower.store.refresh();
    expect(follower.store.get('new')).to.not.equal(undefined);
  });

  it('tells how fresh it is', async () => {
    await until(() => follower.store.freshness().failingForMs === 0);
    once('list', { kind: 'status', code: 500 }, 1000);
    once('watch', { kind: 'status', code: 500 }, 1000);
    server.faults.expireWatches();
    await until(() => follower.store.freshness().failingForMs > 0);
    expect(follower.store.freshness().synced).to.equal(true);
    server.faults.clear();
    await until(() => follower.store.freshness().failingForMs === 0);
  });
});

describe('a store that follows a server', () => {
  let server: TestServer;
  let follower: Follower;
  /** In order: what each request is answered with. The last one serves all that follow. */
  let answers: ((response: ServerResponse, query: URLSearchParams) => void)[];
  afterEach(async () => {
    await follower.close();
    await server.close();
  });

  const event = (type: string, object: KubeObject): string => `${JSON.stringify({ type, object })}\n`;
  const list =
    (resourceVersion: string, ...items: KubeObject[]) =>
    (response: ServerResponse) =>
      sendJson(response, 200, { metadata: { resourceVersion }, items });
  const begin = (text: string) => (response: ServerResponse) => response.write(text);
  const cut = (text: string) => (response: ServerResponse) => response.write(text, () => response.destroy());
  const quiet = (response: ServerResponse): void => response.flushHeaders();
  const refuse = (status: number) => (response: ServerResponse) => sendJson(response, status, {});

  const serve = async (...script: typeof answers): Promise<void> => {
    answers = script;
    server = await startServer(({ url }, response) => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response, url.searchParams);
    });
  };
  const follow = async (...script: typeof answers): Promise<void> => {
    await serve(...script);
    follower = new Follower(connect(server.url, 100), THINGS, 'ns');
  };
  /** What was asked for: a list, a page, or a watch and from where. */
  const asked = (): string[] =>
    server.requests.map(({ url: { searchParams } }) => {
      if (searchParams.get('limit') === '1') return 'probe';
      if (!searchParams.has('watch')) return `list ${searchParams.get('continue') ?? ''}`.trim();
      return `watch ${searchParams.get('resourceVersion')}`;
    });

  const half = event('MODIFIED', thing('a', '9')).slice(0, 40);

  it('gives up on an event that stalls half-way, and asks for it again', async () => {
    await follow(
      list('7', thing('a', '6')),
      begin(event('MODIFIED', thing('a', '8')) + half),
      list('9'),
      begin(event('MODIFIED', thing('a', '9'))),
    );
    await follower.shows('a', '8');
    follower.clock.skip();
    await follower.shows('a', '9');
    expect(asked()).to.deep.equal(['list', 'watch 7', 'probe', 'watch 8']);
  });

  it('lists anew when it is the server that is behind after a silence', async () => {
    await follow(list('7', thing('a', '6')), begin(half), list('3'), list('3', thing('a', '2')), quiet);
    await until(() => server.requests.length === 2);
    follower.clock.skip();
    await follower.shows('a', '2');
    await until(() => server.requests.length === 5);
    expect(asked()).to.deep.equal(['list', 'watch 7', 'probe', 'list', 'watch 3']);
  });

  it('asks again for an event that is cut in two', async () => {
    const broken = cut(event('MODIFIED', thing('a', '8')) + half);
    await follow(list('7', thing('a', '6')), broken, list('9'), begin(event('MODIFIED', thing('a', '9'))));
    await follower.shows('a', '9');
    expect(asked()).to.deep.equal(['list', 'watch 7', 'probe', 'watch 8']);
  });

  it('gives up on a page that stalls half-way, and begins the list anew', async () => {
    const page = { metadata: { resourceVersion: '7', continue: 'more' }, items: [thing('a', '6')] };
    await follow(
      (response) => sendJson(response, 200, page),
      begin('{"metadata":{"resourceVersion":"7"'),
      list('8', thing('a', '8')),
      quiet,
    );
    await follower.shows('a', '8');
    expect(asked().slice(0, 3)).to.deep.equal(['list', 'list more', 'list']);
  });

  it('begins a list anew whose next page has expired', async () => {
    const page = { metadata: { resourceVersion: '7', continue: 'more' }, items: [thing('gone', '6')] };
    await follow((response) => sendJson(response, 200, page), refuse(410), list('9', thing('a', '8')), quiet);
    await follower.shows('a', '8');
    expect(follower.store.get('gone')).to.equal(undefined);
    expect(asked().slice(0, 3)).to.deep.equal(['list', 'list more', 'list']);
  });

  it('lists anew when a version is said to be too large', async () => {
    await follow(list('7', thing('a', '6')), refuse(504), list('3', thing('a', '2')), quiet);
    await follower.shows('a', '2');
    await until(() => server.requests.length === 4);
    expect(asked()).to.deep.equal(['list', 'watch 7', 'list', 'watch 3']);
  });

  for (const status of [401, 403]) {
    it(`goes on from where it was after ${status}, for as long as that lasts`, async () => {
      const again = begin(event('MODIFIED', thing('a', '8')));
      await follow(list('7', thing('a', '6')), refuse(status), refuse(status), again);
      await follower.shows('a', '8');
      expect(asked()).to.deep.equal(['list', 'watch 7', 'watch 7', 'watch 7']);
    });
  }

  it('takes up a token that was renewed in its file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    let valid = 'old';
    let hasExpired = false;
    server = await startServer(({ url, headers }, response) => {
      if (headers.authorization !== `Bearer ${valid}`) return refuse(401)(response);
      if (!url.searchParams.has('watch')) return list('7', thing('a', '6'))(response);
      if (hasExpired) return void begin(event('MODIFIED', thing('a', '8')))(response);
      hasExpired = true;
      valid = 'new';
      response.end();
    });
    writeFileSync(join(folder, 'token'), valid);
    const kubeconfig = join(folder, 'config');
    writeFileSync(
      kubeconfig,
      `clusters: [{ name: c, cluster: { server: "${server.url}", insecure-skip-tls-verify: true } }]
users: [{ name: u, user: { tokenFile: token } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`,
    );
    follower = new Follower(loadKubeConfig({ kubeconfig }), THINGS, 'ns');
    await until(() => follower.log.lines.some(({ details }) => String(details.error).includes('401')));
    writeFileSync(join(folder, 'token'), valid);
    await follower.shows('a', '8');
    rmSync(folder, { recursive: true });
  });
});
