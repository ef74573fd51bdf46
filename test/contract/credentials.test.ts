// Credentials are in the Secret of their binding and nowhere else: not in a custom resource, an Event, a log line or
// an error. Every secret of these tests holds a word of its own, which is then looked for everywhere.
import { expect } from 'chai';
import { type BindingResult, done } from '../../src/sdk/index.js';
import type { Secret } from '../../src/sdk/kube/types.js';
import { API_VERSION, BINDINGS, SECRET_LABEL } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { IDS } from '../support/catalog.js';
import { OsbClient, type OsbCall, type OsbResponse } from '../support/osb-client.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';

const APP = { serviceId: IDS.app.serviceId, planId: IDS.app.planId };
const PASSWORD = 'canary-of-the-broker';
const WORD = 'canary-of-a-binding';

/** A result with the word in every place that may hold a secret. */
const result: BindingResult = {
  credentials: {
    password: `${WORD}-1`,
    note: `${WORD}-2`,
    uri: `postgres://user:${WORD}-3@db.example/db`,
    [`${WORD}-4`]: { deep: [`${WORD}-5`] },
  },
  syslogDrainUrl: `syslog://user:${WORD}-6@logs.example`,
  routeServiceUrl: `https://user:${WORD}-7@proxy.example`,
  volumeMounts: [
    {
      driver: 'nfs',
      container_dir: '/data',
      mode: 'rw',
      device_type: 'shared',
      device: { volume_id: 'volume-1', mount_config: { key: `${WORD}-8` } },
    },
  ],
};

/** The word, and what it looks like in base64, at each of the three offsets. */
const forms = (word: string): string[] => [
  word,
  ...[0, 1, 2].map((offset) =>
    Buffer.from('x'.repeat(offset) + word)
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  ),
];

describe('credentials', () => {
  const scene = useScene({ env: { BROKER_USERNAME: 'platform', BROKER_PASSWORD: PASSWORD } });
  let osb: OsbClient;
  /** Every error and every poll that a platform was answered. */
  const answers: OsbResponse[] = [];

  before(() => {
    osb = new OsbClient(scene.broker.url, { username: 'platform', password: PASSWORD });
    const send = osb.send.bind(osb);
    osb.send = async (method, path: string, call?: OsbCall) => {
      const answer = await send(method, path, call);
      if (answer.status >= 400 || path.includes('last_operation')) answers.push(answer);
      return answer;
    };
  });

  const instance = async (ids = APP): Promise<string> => {
    const id = newId();
    expect((await osb.provision(id, provisionOf(ids))).status).to.equal(201);
    return id;
  };
  const secretOf = (bindingId: string): string => `binding-${bindingId}`;
  const app = { app_guid: 'app-1' };

  const expectNowhere = async (...words: string[]): Promise<void> => {
    const places = {
      resources: await scene.kube.dump(),
      log: scene.broker.log(),
      answers: JSON.stringify(answers.map(({ body, headers }) => ({ body, headers }))),
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, `${place} is empty`).to.be.greaterThan(100);
      // No message with the text itself: it would be too long to read.
      for (const form of words.flatMap(forms))
        expect(text.includes(form), `${form} in ${place}`).to.equal(false);
    }
  };

  it('[151] are in the answers and in the Secret, and nowhere else in a whole life', async () => {
    scene.lab.on('bind', async () => done(result));
    const instanceId = await instance();
    const bindingId = newId();
    const bound = await osb.bind(instanceId, bindingId, bindOf(APP, app));
    expect(bound.body.credentials).to.deep.equal(result.credentials);
    expect((await osb.bind(instanceId, bindingId, bindOf(APP, app))).status).to.equal(200);
    expect((await osb.bind(instanceId, bindingId, bindOf(APP, { app_guid: 'app-2' }))).status).to.equal(409);
    expect((await osb.fetchBinding(instanceId, bindingId)).body.credentials).to.deep.equal(
      result.credentials,
    );
    const later = newId();
    await osb.bind(instanceId, later, bindOf(APP, app), ASYNC);
    const ended = await osb.untilEnded(() => osb.bindingLastOperation(instanceId, later));
    expect(ended.body.state).to.equal('succeeded');
    expect(await scene.kube.dump([scene.kube.secrets])).to.contain(forms(WORD)[1]); // so the search finds what is there
    scene.lab.fail('unbind', 'the database said no');
    expect((await osb.unbind(instanceId, bindingId, queryOf(APP))).status).to.equal(500);
    await expectNowhere(WORD, PASSWORD);
    scene.lab.reset();
    expect((await osb.unbind(instanceId, bindingId, queryOf(APP))).status).to.equal(200);
    expect((await osb.deprovision(instanceId, queryOf(APP))).status).to.equal(200);
    await expectNowhere(WORD, PASSWORD);
  });

  it('[151] are not told when the backend returned them in a binding that is not right', async () => {
    const wrong: BindingResult[] = [
      result, // the plain service declares none of it
      { credentials: `${WORD}-9` as unknown as object } as BindingResult,
      { endpoints: [{ host: `${WORD}.example`, ports: [`${WORD}-10`] }] },
    ];
    const instanceId = await instance(PLAIN);
    for (const each of wrong) {
      scene.lab.on('bind', async () => done(each));
      expect((await osb.bind(instanceId, newId(), bindOf(PLAIN))).status).to.equal(500);
    }
    await expectNowhere(WORD, PASSWORD);
  });

  it('[151] are not told when their Secret cannot be stored', async () => {
    const instanceId = await instance(PLAIN);
    const bindingId = newId();
    scene.lab.on('bind', async () => done({ credentials: { big: `${WORD}-11-`.repeat(100_000) } }));
    await osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
    await scene.kube.bindings.until(bindingId, ({ status }) => status?.lastOperation !== undefined);
    await osb.bindingLastOperation(instanceId, bindingId);
    await expectNowhere(WORD, PASSWORD);
    expect((await osb.unbind(instanceId, bindingId, queryOf(PLAIN))).status).to.equal(200);
    await scene.kube.secrets.untilGone(secretOf(bindingId));
  });

  it('of a request are not told when it is refused', async () => {
    const guess = 'canary-of-a-stranger';
    const stranger = new OsbClient(scene.broker.url, { username: 'platform', password: guess });
    answers.push(await stranger.catalog());
    expect(answers.at(-1)!.status).to.equal(401);
    for (const authorization of [`Basic ${guess}`, `Bearer ${guess}`, guess]) {
      expect((await osb.catalog({ headers: { authorization } })).status).to.equal(401);
    }
    const path = `/v2/service_instances/${newId()}`;
    const parameter = 'canary-of-a-user';
    for (const parameters of [
      { size: parameter },
      { label: [parameter] },
      { label: { password: parameter } },
    ]) {
      const body = provisionOf(PLAIN, { parameters });
      expect((await osb.send('PUT', path, { body })).status).to.equal(400);
    }
    for (const body of [`{"parameters": ${parameter}}`, `"${parameter}"`, `{"password": "${parameter}"`]) {
      expect((await osb.send('PUT', path, { body })).status).to.equal(400);
    }
    await expectNowhere(guess, parameter, PASSWORD);
  });

  it('of the broker are not in its catalog or its resources after an update and a failed provision', async () => {
    const instanceId = await instance(PLAIN);
    await osb.update(instanceId, { service_id: PLAIN.serviceId, plan_id: LARGE.planId });
    scene.lab.fail('ensure', 'no');
    expect((await osb.provision(newId(), provisionOf(PLAIN))).status).to.equal(500);
    answers.push(await osb.catalog());
    await expectNowhere(PASSWORD);
  });

  describe('the Secret', () => {
    const foreign = (name: string, labels: Record<string, string>): Secret => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name, labels },
      data: { mine: Buffer.from('not yours').toString('base64') },
    });

    it('is owned by the binding, and goes with it', async () => {
      const instanceId = await instance(PLAIN);
      const bindingId = newId();
      await osb.bind(instanceId, bindingId, bindOf(PLAIN));
      const binding = (await scene.kube.bindings.get(bindingId))!;
      const secret = (await scene.kube.secrets.get(binding.status!.secretRef!.name))!;
      expect(secret.metadata.ownerReferences).to.have.lengthOf(1);
      expect(secret.metadata.ownerReferences![0]).to.deep.include({
        apiVersion: API_VERSION,
        kind: BINDINGS.kind,
        name: bindingId,
        uid: binding.metadata.uid,
        controller: true,
      });
      expect(secret.metadata.labels).to.deep.equal({ [SECRET_LABEL]: 'binding' });
      await osb.unbind(instanceId, bindingId, queryOf(PLAIN));
      await scene.kube.secrets.untilGone(secret.metadata.name);
    });

    it('has each credential under a key of its own, for pods', async () => {
      const instanceId = await instance(PLAIN);
      const bindingId = newId();
      const { body } = await osb.bind(instanceId, bindingId, bindOf(PLAIN));
      const secret = (await scene.kube.secrets.get(secretOf(bindingId)))!;
      const text = (key: string): string => Buffer.from(secret.data![key]!, 'base64').toString('utf8');
      expect(text('password')).to.equal(body.credentials.password);
      expect(text('username')).to.equal(body.credentials.username);
      expect(text('port')).to.equal('5432');
      expect(JSON.parse(text('binding.json')).credentials).to.deep.equal(body.credentials);
    });

    it('of somebody else is not touched: the binding waits until it is out of the way', async () => {
      const instanceId = await instance(PLAIN);
      const bindingId = newId();
      const name = secretOf(bindingId);
      const theirs = await scene.kube.secrets.client.create(foreign(name, { app: 'theirs' }));
      await osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
      const waiting = await scene.kube.bindings.until(
        bindingId,
        ({ status }) => status?.lastOperation !== undefined,
      );
      expect(waiting.status!.lastOperation!.state).to.equal('in progress');
      expect((await osb.fetchBinding(instanceId, bindingId)).status).to.equal(404);
      expect(await scene.kube.secrets.get(name)).to.deep.equal(theirs);
      await scene.kube.secrets.client.delete(name);
      const ended = await osb.untilEnded(() => osb.bindingLastOperation(instanceId, bindingId));
      expect(ended.body.state).to.equal('succeeded');
      expect((await osb.fetchBinding(instanceId, bindingId)).body.credentials).to.be.an('object');
    });

    it('of somebody else outlives the binding that it stood in the way of', async () => {
      const instanceId = await instance(PLAIN);
      const bindingId = newId();
      const name = secretOf(bindingId);
      const theirs = await scene.kube.secrets.client.create(foreign(name, {}));
      await osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
      await scene.kube.bindings.until(bindingId, ({ status }) => status?.lastOperation !== undefined);
      expect((await osb.unbind(instanceId, bindingId, queryOf(PLAIN))).status).to.equal(200);
      expect(await scene.kube.secrets.get(name)).to.deep.equal(theirs);
    });
  });
});
