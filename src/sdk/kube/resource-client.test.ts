import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { failureOf, sendJson, startServer, type TestServer } from './harness.test.js';
import { createResourceClient, isRemoved } from './resource-client.js';
import {
  type ApplyingClient,
  keyOf,
  type KubeObject,
  type ResourceClient,
  type Secret,
  type WatchEvent,
} from './types.js';

const THINGS = { group: 'example.org', version: 'v1', kind: 'Thing', plural: 'things' };
const SECRETS = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };

const thing = (name: string, more: object = {}): KubeObject => ({
  apiVersion: 'example.org/v1',
  kind: 'Thing',
  metadata: { name, resourceVersion: '1', creationTimestamp: '2026-01-02T03:04:05Z', ...more },
});
const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

describe('createResourceClient', () => {
  let server: TestServer;
  let answer: (response: ServerResponse) => void;
  let things: ApplyingClient<KubeObject>;
  let secrets: ResourceClient<Secret>;

  beforeEach(async () => {
    server = await startServer((_request, response) => answer(response));
    things = createResourceClient(server.config, THINGS, 'ns');
    secrets = createResourceClient(server.config, SECRETS, 'ns');
  });
  afterEach(() => server.close());

  const sent = (): { method: string; path: string; body: string } | undefined => {
    const request = server.requests.at(-1);
    return (
      request && {
        method: request.method,
        path: request.url.pathname + request.url.search,
        body: request.body,
      }
    );
  };

  it('addresses custom resources and core kinds, and leaves times as strings', async () => {
    answer = (response) => sendJson(response, 200, thing('a'));
    expect(await things.get('a')).to.deep.equal(thing('a'));
    expect(sent()?.path).to.equal('/apis/example.org/v1/namespaces/ns/things/a');
    expect((await secrets.get('a'))?.metadata.creationTimestamp).to.equal('2026-01-02T03:04:05Z');
    expect(sent()?.path).to.equal('/api/v1/namespaces/ns/secrets/a');
  });

  it('writes with the method and the path of the API', async () => {
    answer = (response) => sendJson(response, 200, thing('a'));
    await things.create(thing('a'));
    expect(sent()).to.deep.equal({
      method: 'POST',
      path: '/apis/example.org/v1/namespaces/ns/things',
      body: JSON.stringify(thing('a')),
    });
    await things.replace(thing('a'));
    expect(sent()).to.include({ method: 'PUT', path: '/apis/example.org/v1/namespaces/ns/things/a' });
    await things.replaceStatus(thing('a'));
    expect(sent()).to.include({ method: 'PUT', path: '/apis/example.org/v1/namespaces/ns/things/a/status' });
    expect(server.requests.at(-1)?.headers['content-type']).to.equal('application/json');
  });

  it('addresses objects of all namespaces, and of none, by their whole name', async () => {
    answer = (response) => sendJson(response, 200, thing('a'));
    const all = createResourceClient(server.config, THINGS, '');
    const paths = async (...calls: Promise<unknown>[]): Promise<(string | undefined)[]> => {
      await Promise.all(calls);
      return server.requests.splice(0).map(({ url }) => url.pathname.replace('/apis/example.org/v1', ''));
    };
    expect(await paths(all.get('ns/a'))).to.deep.equal(['/namespaces/ns/things/a']);
    expect(await paths(all.get('a'))).to.deep.equal(['/things/a']);
    expect(await paths(all.delete('ns/a'))).to.deep.equal(['/namespaces/ns/things/a']);
    expect(await paths(all.create(thing('a', { namespace: 'ns' })))).to.deep.equal(['/namespaces/ns/things']);
    expect(await paths(all.replace(thing('a', { namespace: 'ns' })))).to.deep.equal([
      '/namespaces/ns/things/a',
    ]);
    expect(await paths(all.apply(thing('a')))).to.deep.equal(['/things/a']);
    answer = (response) => sendJson(response, 200, { metadata: { resourceVersion: '1' } });
    expect(await paths(all.list())).to.deep.equal(['/things']);
    for (const name of ['', '/', 'ns/', 'ns/..', '../a', 'a/b/c']) {
      expect(await failureOf(all.delete(name)), name).to.be.instanceOf(TypeError);
    }
    expect(keyOf(all, thing('a', { namespace: 'ns' }))).to.equal('ns/a');
    expect(keyOf(all, thing('a'))).to.equal('a');
    expect(keyOf(things, thing('a', { namespace: 'ns' }))).to.equal('a');
  });

  it('applies as one field manager, by force or as a dry run where that is wanted', async () => {
    answer = (response) => sendJson(response, 200, thing('a', { managedFields: [{}] }));
    const object = { apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name: 'a' } };
    expect(await things.apply(object)).to.deep.equal(thing('a'));
    const path = '/apis/example.org/v1/namespaces/ns/things/a?fieldManager=brokersdk';
    const body = JSON.stringify(object);
    expect(sent()).to.deep.equal({ method: 'PATCH', path: `${path}&force=false`, body });
    expect(server.requests.at(-1)?.headers['content-type']).to.equal('application/apply-patch+yaml');
    await things.apply(object, { force: true, dryRun: true });
    expect(sent()?.path).to.equal(`${path}&force=true&dryRun=All`);
  });

  it('merges, where whole lists are to be replaced', async () => {
    answer = (response) => sendJson(response, 200, thing('a'));
    const object = { apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name: 'a', uid: 'u' } };
    expect(await things.merge(object)).to.deep.equal(thing('a'));
    const path = '/apis/example.org/v1/namespaces/ns/things/a?fieldManager=brokersdk';
    expect(sent()).to.deep.equal({ method: 'PATCH', path, body: JSON.stringify(object) });
    expect(server.requests.at(-1)?.headers['content-type']).to.equal('application/merge-patch+json');
  });

  it('finds nothing where there is nothing', async () => {
    answer = (response) => sendJson(response, 404, { kind: 'Status', code: 404 });
    expect(await things.get('a')).to.equal(undefined);
    expect(await things.delete('a')).to.equal(undefined);
  });

  for (const name of ['', '.', '..', 'a/b', 'a%2fb']) {
    it(`refuses ${JSON.stringify(name)}, which would be another path`, async () => {
      expect(await failureOf(things.delete(name))).to.be.instanceOf(TypeError);
      expect(await failureOf(things.replace(thing(name)))).to.be.instanceOf(TypeError);
      expect(server.requests).to.deep.equal([]);
    });
  }

  it('lists a page, and says of core objects what they are', async () => {
    answer = (response) =>
      sendJson(response, 200, {
        metadata: { resourceVersion: '9', continue: 'more' },
        items: [{ metadata: { name: 's' } }],
      });
    const page = await secrets.list({ limit: 1, continue: 'x', labelSelector: 'a=b' });
    expect(page).to.deep.equal({
      items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }],
      resourceVersion: '9',
      continue: 'more',
    });
    expect(sent()?.path).to.equal('/api/v1/namespaces/ns/secrets?limit=1&continue=x&labelSelector=a%3Db');
  });

  it('deletes with a precondition, and answers with what a finalizer holds', async () => {
    const held = thing('a', { deletionTimestamp: 'now', finalizers: ['f'] });
    const heavy = { ...held, metadata: { ...held.metadata, managedFields: [{}] } };
    answer = (response) => sendJson(response, 200, heavy);
    expect(await things.delete('a', { uid: 'u1' })).to.deep.equal(held);
    expect(JSON.parse(sent()?.body ?? '')).to.deep.include({ preconditions: { uid: 'u1' } });
    answer = (response) => sendJson(response, 200, { kind: 'Status', status: 'Success' });
    expect(await things.delete('a')).to.equal(undefined);
    for (const last of [thing('a', { deletionTimestamp: 'now' }), thing('a')]) {
      answer = (response) => sendJson(response, 200, last);
      expect(await things.delete('a')).to.equal(undefined);
    }
  });

  it('leaves out who manages which field, wherever an object comes from', async () => {
    const heavy = thing('a', { managedFields: [{ manager: 'kubectl' }], labels: { b: 'c' } });
    const light = thing('a', { labels: { b: 'c' } });
    answer = (response) => sendJson(response, 200, heavy);
    const answers = [things.get('a'), things.create(light), things.replace(light)];
    answers.push(things.replaceStatus(light), things.apply(light));
    for (const each of await Promise.all(answers)) expect(each).to.deep.equal(light);
    answer = (response) => sendJson(response, 200, { metadata: { resourceVersion: '9' }, items: [heavy] });
    expect((await things.list()).items).to.deep.equal([light]);
    answer = (response) => response.end(line('ADDED', heavy));
    const seen: KubeObject[] = [];
    const options = { resourceVersion: '5', signal: new AbortController().signal };
    await things.watch(options, ({ object }) => seen.push(object));
    expect(seen).to.deep.equal([light]);
  });

  it('knows an object that is answered for the last time', () => {
    expect(isRemoved(thing('a'))).to.equal(false);
    expect(isRemoved(thing('a', { deletionTimestamp: 'now' }))).to.equal(true);
    expect(isRemoved(thing('a', { deletionTimestamp: 'now', deletionGracePeriodSeconds: 30 }))).to.equal(
      false,
    );
  });

  it('does not let a Secret into an error', async () => {
    answer = (response) => sendJson(response, 422, { kind: 'Status', reason: 'Invalid', message: 'hunter2' });
    expect((await failureOf(secrets.create(thing('a')))).message).to.equal('create secrets a: 422 Invalid');
    answer = (response) => response.end('{"data":"hunter2');
    const error = await failureOf(secrets.get('a'));
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.to.include('hunter2');
  });

  describe('watch', () => {
    const events: string[] = [];
    let stop: AbortController;
    beforeEach(() => {
      events.length = 0;
      stop = new AbortController();
    });
    const take = ({ type, object }: WatchEvent<KubeObject>): void => {
      events.push(`${type} ${object.metadata?.name}`);
    };
    const watch = (onEvent = take): Promise<void> =>
      things.watch({ resourceVersion: '5', signal: stop.signal }, onEvent);

    it('asks for bookmarks and an end, and takes lines that arrive in parts', async () => {
      const text = Buffer.from(
        line('ADDED', thing('a')) + line('MODIFIED', thing('é')) + line('BOOKMARK', thing('c')),
      );
      answer = (response) => {
        for (const byte of text) response.write(Buffer.from([byte]));
        response.end();
      };
      await watch();
      expect(events).to.deep.equal(['ADDED a', 'MODIFIED é', 'BOOKMARK c']);
      const query = server.requests[0]?.url.searchParams;
      expect(query?.get('watch')).to.equal('true');
      expect(query?.get('allowWatchBookmarks')).to.equal('true');
      expect(query?.get('resourceVersion')).to.equal('5');
      expect(Number(query?.get('timeoutSeconds'))).to.be.within(240, 480);
    });

    it('hands on a failure that is reported within the stream', async () => {
      answer = (response) => response.end(line('ERROR', { kind: 'Status', code: 410 }));
      await watch();
      expect(events).to.deep.equal(['ERROR undefined']);
    });

    const broken: [string, () => void, object][] = [
      [
        '410 at once',
        () => (answer = (r) => sendJson(r, 410, { kind: 'Status', reason: 'Expired' })),
        { status: 410 },
      ],
      [
        'Retry-After',
        () => (answer = (r) => sendJson(r, 429, {}, { 'Retry-After': '4' })),
        { status: 429, retryAfterSeconds: 4 },
      ],
      [
        'a truncated line',
        () => (answer = (r) => r.end(line('ADDED', thing('a')) + '{"type":"ADD')),
        { status: 0 },
      ],
      ['a line that is no JSON', () => (answer = (r) => r.end('{]\n')), { status: 0 }],
      ['an event without a version', () => (answer = (r) => r.end(line('ADDED', {}))), { status: 0 }],
      [
        'a connection that is reset',
        () => (answer = (r) => r.write(line('ADDED', thing('a')), () => r.destroy())),
        { status: 0 },
      ],
    ];
    for (const [name, prepare, fields] of broken) {
      it(`rejects with ${name}`, async () => {
        prepare();
        expect(await failureOf(watch())).to.include({ name: 'KubeError', ...fields });
      });
    }

    it('rejects with what a listener throws, rather than losing the event', async () => {
      answer = (response) => response.write(line('ADDED', thing('a')));
      const error = await failureOf(
        watch(() => {
          throw new Error('broken listener');
        }),
      );
      expect(error.message).to.include('broken listener');
    });

    it('resolves, closes the stream and says nothing more when the signal fires', async () => {
      let closed: () => void = () => undefined;
      const end = new Promise<void>((resolve) => (closed = resolve));
      answer = (response) => {
        response.on('close', closed);
        response.write(line('ADDED', thing('a')) + line('ADDED', thing('b')));
      };
      await watch((event) => {
        take(event);
        stop.abort();
      });
      await end;
      expect(events).to.deep.equal(['ADDED a']);
    });
  });
});
