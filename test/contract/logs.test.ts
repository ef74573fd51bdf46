// The log: what belongs to one request can be found, from the HTTP line to the controller's.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { bindingPath, instancePath, type OsbResponse } from '../support/osb-client.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';

type Line = Record<string, unknown>;

/** Far longer than anything takes: only a test that fails waits for so long. */
const PATIENCE_MS = 20_000;
const HEADER = 'x-broker-api-request-identity';

describe('the log', () => {
  const scene = useScene();

  const lines = (): Line[] =>
    scene.broker
      .log()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);

  /** All lines of the operation's controller, once it has said that it succeeded. */
  const reconciled = async (operationId: unknown): Promise<Line[]> => {
    expect(operationId).to.be.a('string').that.is.not.empty;
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
      const own = lines().filter((line) => line.operationId === operationId && line.controller !== undefined);
      if (own.some(({ message }) => /succeeded$/.test(String(message)))) return own;
      await new Promise(setImmediate); // the line follows what the platform sees
    }
    throw new Error(`no word of the end of ${String(operationId)}`);
  };

  const requestLine = (requestId: string): Line => {
    const found = lines().filter((line) => line.message === 'request' && line.requestId === requestId);
    expect(found).to.have.length(1);
    return found[0]!;
  };

  interface Begun {
    operation: string;
    /** What is logged of the path. */
    ids: Line;
    begin: (identity: string) => Promise<OsbResponse>;
    ended: (operation: string) => Promise<OsbResponse>;
  }

  const onInstance = (operation: string, instanceId: string, begin: Begun['begin']): Begun => ({
    operation,
    ids: { instanceId },
    begin,
    ended: (id) => scene.ended(instanceId, id),
  });

  const onBinding = (operation: string, ids: [string, string], begin: Begun['begin']): Begun => ({
    operation,
    ids: { instanceId: ids[0], bindingId: ids[1] },
    begin,
    ended: (id) => scene.bindingEnded(...ids, id),
  });

  const send = (
    method: 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    call: { body?: object; query?: Record<string, string> },
    identity: string,
  ): Promise<OsbResponse> => scene.osb.send(method, path, { ...call, headers: { [HEADER]: identity } });

  const kept: [string, () => Promise<Begun>][] = [
    [
      'a provision',
      async () => {
        const id = newId();
        const call = { body: provisionOf(PLAIN), query: ASYNC };
        return onInstance('provision', id, (identity) => send('PUT', instancePath(id), call, identity));
      },
    ],
    [
      'an update',
      async () => {
        const id = await scene.instance();
        const call = { body: bindOf(LARGE), query: ASYNC };
        return onInstance('update', id, (identity) => send('PATCH', instancePath(id), call, identity));
      },
    ],
    [
      'a bind',
      async () => {
        const ids: [string, string] = [await scene.instance(), newId()];
        const call = { body: bindOf(PLAIN), query: ASYNC };
        return onBinding('bind', ids, (identity) => send('PUT', bindingPath(...ids), call, identity));
      },
    ],
  ];

  for (const [what, prepare] of kept) {
    it(`carries the identity of ${what} from the request to the reconcile`, async () => {
      const { operation, ids, begin, ended } = await prepare();
      const identity = newId();
      const answer = await begin(identity);
      expect(answer.status).to.equal(202);
      const operationId = answer.body.operation as string;
      expect(requestLine(identity)).to.deep.include({ operation, operationId, status: 202, ...ids });
      expect((await ended(operationId)).body.state).to.equal('succeeded');
      for (const line of await reconciled(operationId)) {
        expect(line).to.deep.include({ requestId: identity, ...ids });
      }
      const polls = lines().filter(
        (line) => line.operation !== operation && line.operationId === operationId,
      );
      expect(polls.some((line) => String(line.operation).endsWith('last_operation'))).to.equal(true);
    });
  }

  for (const [manner, query] of [
    ['asynchronous', ASYNC],
    ['synchronous', {}],
  ] as const) {
    const call = { query: queryOf(PLAIN, query) };
    const deletions: [string, () => Promise<Begun>][] = [
      [
        'a deprovision',
        async () => {
          const id = await scene.instance();
          return onInstance('deprovision', id, (identity) =>
            send('DELETE', instancePath(id), call, identity),
          );
        },
      ],
      [
        'an unbind',
        async () => {
          const instanceId = await scene.instance();
          const ids: [string, string] = [instanceId, await scene.binding(instanceId)];
          return onBinding('unbind', ids, (identity) => send('DELETE', bindingPath(...ids), call, identity));
        },
      ],
    ];
    for (const [what, prepare] of deletions) {
      it(`joins the ${manner} request of ${what} and the reconcile by the operation`, async () => {
        const { operation, ids, begin } = await prepare();
        const identity = newId();
        expect((await begin(identity)).status).to.equal(query === ASYNC ? 202 : 200);
        const { operationId, ...request } = requestLine(identity);
        expect(request).to.deep.include({ operation, ...ids });
        for (const line of await reconciled(operationId)) {
          expect(line).to.deep.include(ids);
          expect(line, 'the identity of the request that made it').not.to.have.property('requestId');
        }
      });
    }
  }

  it('stores no more of a request identity than it logs', async () => {
    const id = newId();
    const own = newId();
    const hostile = `${own}-\t\x85${'x'.repeat(1000)}`;
    const call = { body: provisionOf(PLAIN), query: ASYNC };
    expect((await send('PUT', instancePath(id), call, hostile)).headers[HEADER]).to.equal(hostile);
    const { spec } = await scene.kube.instances.until(id);
    const expected = `${own}-${'x'.repeat(256 - own.length - 1)}`;
    expect(spec.operation?.requestId).to.equal(expected);
    expect(requestLine(expected).operationId).to.equal(spec.operation?.id);
    for (const line of await reconciled(spec.operation?.id)) expect(line.requestId).to.equal(expected);
  });

  it('gives a request without an identity one of its own, and keeps to that', async () => {
    const id = newId();
    const answer = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
    const [line] = await reconciled(answer.body.operation);
    expect(requestLine(line!.requestId as string).instanceId).to.equal(id);
  });
});
