import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Discovery, NoKindError } from './discovery.js';
import { KubeError } from './errors.js';
import { failureOf, sendJson, startServer, type TestServer } from './harness.test.js';

const resource = (name: string, kind: string, namespaced = true) => ({ name, kind, namespaced });

describe('Discovery', () => {
  let server: TestServer;
  let discovery: Discovery;
  let answer: (response: ServerResponse) => void;
  const serve = (...resources: object[]) => {
    answer = (response) => sendJson(response, 200, { kind: 'APIResourceList', resources });
  };
  const asked = (): string[] => server.requests.map(({ url }) => url.pathname);

  beforeEach(async () => {
    server = await startServer((_request, response) => answer(response));
    discovery = new Discovery(server.config);
  });
  afterEach(() => server.close());

  it('knows the resource of a kind, and asks once for all of a version', async () => {
    serve(resource('deployments/scale', 'Deployment'), resource('deployments', 'Deployment'));
    const type = {
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      plural: 'deployments',
      namespaced: true,
    };
    const name = { apiVersion: 'apps/v1', kind: 'Deployment' };
    expect(await Promise.all([discovery.typeOf(name), discovery.typeOf(name)])).to.deep.equal([type, type]);
    expect(await discovery.typeOf(name)).to.deep.equal(type);
    expect(asked()).to.deep.equal(['/apis/apps/v1']);
  });

  it('knows the core group, and kinds without a namespace', async () => {
    serve(resource('namespaces', 'Namespace', false));
    expect(await discovery.typeOf({ apiVersion: 'v1', kind: 'Namespace' })).to.deep.equal({
      group: '',
      version: 'v1',
      kind: 'Namespace',
      plural: 'namespaces',
      namespaced: false,
    });
    expect(asked()).to.deep.equal(['/api/v1']);
  });

  it('asks again for a kind that was not there, and names it while it is missing', async () => {
    serve(resource('widgets', 'Widget'));
    const gadget = { apiVersion: 'example.org/v1', kind: 'Gadget' };
    const error = await failureOf(discovery.typeOf(gadget));
    expect(error).to.be.instanceOf(NoKindError);
    expect(error.message).to.equal('there is no kind Gadget in example.org/v1: is its definition installed?');
    serve(resource('widgets', 'Widget'), resource('gadgets', 'Gadget'));
    expect(await discovery.typeOf(gadget)).to.include({ plural: 'gadgets' });
  });

  it('takes a version that is not served for one without kinds', async () => {
    answer = (response) => sendJson(response, 404, { kind: 'Status', code: 404 });
    const error = await failureOf(discovery.typeOf({ apiVersion: 'example.org/v1', kind: 'Widget' }));
    expect(error).to.be.instanceOf(NoKindError);
  });

  it('remembers no failure', async () => {
    answer = (response) => sendJson(response, 503, { kind: 'Status', code: 503 });
    const name = { apiVersion: 'example.org/v1', kind: 'Widget' };
    const error = await failureOf(discovery.typeOf(name));
    expect(error).to.be.instanceOf(KubeError);
    expect(error.message).to.include('discover example.org/v1: 503');
    serve(resource('widgets', 'Widget'));
    expect(await discovery.typeOf(name)).to.include({ plural: 'widgets' });
  });
});
