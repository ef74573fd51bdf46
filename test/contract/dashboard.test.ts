// The page of an instance whose plan has no dashboard: who may see it, what it shows, and that it follows what happens.
import { expect } from 'chai';
import { request } from 'undici';
import { KEY_SECRET } from '../../src/sdk/dashboard/key.js';
import { MAX_STREAMS_OF_ONE } from '../../src/sdk/dashboard/streams.js';
import { newId } from '../support/broker.js';
import {
  dashboardOptions,
  EventReader,
  PUBLIC_URL,
  reachable,
  signedLink,
  type StreamEvent,
} from '../support/dashboard.js';
import { eventually } from '../support/unchanged.js';
import { ASYNC, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';

const LINK = /^https:\/\/broker\.example\/dashboard\/([a-z0-9-]+)\?expires=(\d+)&signature=([\w-]{43})$/;

describe('the dashboard', () => {
  const scene = useScene(dashboardOptions());

  const linkOf = async (id: string): Promise<string> => (await scene.osb.fetch(id)).body.dashboard_url;

  const get = async (url: string, method: 'GET' | 'POST' | 'HEAD' = 'GET') => {
    const { statusCode, headers, body } = await request(url, { method });
    return { status: statusCode, headers, text: await body.text() };
  };

  const open = (link: string) => get(reachable(link, scene.broker));

  const follow = (link: string): Promise<EventReader> =>
    EventReader.open(reachable(link, scene.broker, '/events'));

  const shows =
    (...texts: string[]) =>
    ({ data }: StreamEvent): boolean =>
      texts.every((text) => data.includes(text));

  describe('has a link', () => {
    it('in the first answer of a provision, the same when it is repeated, and in a fetch', async () => {
      const id = newId();
      const hold = scene.lab.hold('ensure');
      const first = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      expect(first.status).to.equal(202);
      const [, name] = LINK.exec(first.body.dashboard_url) ?? [];
      expect(name).to.equal(id);
      expect((await scene.osb.provision(id, provisionOf(PLAIN), ASYNC)).body).to.deep.equal(first.body);
      hold.release();
      await scene.ended(id);
      const again = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      expect(again).to.deep.include({ status: 200, body: { dashboard_url: first.body.dashboard_url } });
      expect(await linkOf(id)).to.equal(first.body.dashboard_url);
    });

    it('in the answer of an update', async () => {
      const id = await scene.instance();
      const hold = scene.lab.hold('ensure');
      const { body } = await scene.osb.update(
        id,
        { service_id: PLAIN.serviceId, plan_id: LARGE.planId },
        ASYNC,
      );
      hold.release();
      await scene.ended(id);
      expect(body.dashboard_url).to.match(LINK);
    });

    it('that stands in no resource and in no line of the log', async () => {
      const link = await linkOf(await scene.instance());
      await open(link);
      const [, , , signature] = LINK.exec(link)!;
      expect(await scene.kube.dump())
        .not.to.contain('signature=')
        .and.not.to.contain(signature);
      expect(scene.broker.log()).not.to.contain('signature=').and.not.to.contain(signature);
      expect(scene.broker.log()).to.contain('"route":"/dashboard/:instance_name"');
    });

    it('that works on after a restart: the key is shared', async () => {
      const link = await linkOf(await scene.instance());
      await scene.restart(dashboardOptions({}, scene.lab));
      expect((await open(link)).status).to.equal(200);
    });
  });

  describe('shows', () => {
    it('what the instance is and how it fares, and no secret', async () => {
      const parameters = { label: 'parameter-value', size: 3 };
      const context = { platform: 'lab', note: 'context-value' };
      const id = await scene.instance(PLAIN, { parameters, context });
      await scene.binding(id);
      const picks = (event: any) =>
        event.involvedObject.name === id && event.reason === 'ProvisionedSuccessfully';
      await scene.kube.events.untilSome(1, picks);
      const page = await open(await linkOf(id));
      expect(page.status).to.equal(200);
      for (const text of [
        '<h1 data-title="Ready: plain small">',
        id,
        'the provision succeeded',
        'Conditions',
      ]) {
        expect(page.text).to.contain(text);
      }
      for (const text of ['parameter-value', 'context-value', 'organization-1', 'password', `user-`]) {
        expect(page.text).not.to.contain(text);
      }
      expect(page.text).to.match(/<dt>Bindings<\/dt>\s*<dd>1<\/dd>/);
      const reader = await follow(await linkOf(id));
      await reader.until(shows('ProvisionedSuccessfully'));
      reader.close();
    });

    it('all texts as texts', async () => {
      const id = newId();
      scene.lab.fail('ensure', '<script>alert("1")</script> & \'more\'');
      const { body } = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      await scene.ended(id);
      const page = await open(body.dashboard_url);
      expect(page.text).to.contain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;');
      expect(page.text).not.to.contain('<script>alert');
    });

    it('itself to browsers under strict rules', async () => {
      const id = await scene.instance();
      for (const { headers } of [await open(await linkOf(id)), await open(`${PUBLIC_URL}/dashboard/none`)]) {
        expect(headers).to.include({
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        });
        const policy = String(headers['content-security-policy']);
        expect(policy)
          .to.match(/default-src 'none'.*frame-ancestors 'none'/)
          .and.not.to.contain('unsafe');
        expect(headers).not.to.have.property('set-cookie');
      }
    });
  });

  describe('is not shown', () => {
    it('without the very link: all others are answered alike, and do not tell what there is', async () => {
      const [id, other] = [await scene.instance(), await scene.instance()];
      const link = await linkOf(id);
      const [, , expires, signature] = LINK.exec(link)!;
      const at = (name: string, query: string): string => `${PUBLIC_URL}/dashboard/${name}${query}`;
      const flipped = `${signature![0] === 'A' ? 'B' : 'A'}${signature!.slice(1)}`;
      const none = await open(at(newId(), `?expires=${expires}&signature=${signature}`));
      expect(none.status).to.equal(404);
      expect(none.headers).not.to.have.property('www-authenticate');
      const wrong = [
        at(id, ''),
        at(id, `?expires=${expires}&signature=`),
        at(id, `?expires=${expires}&signature=${flipped}`),
        at(id, `?expires=${Number(expires) + 1}&signature=${signature}`),
        at(id, `?expires=x&signature=${signature}`),
        at(other, `?expires=${expires}&signature=${signature}`),
        at(other, `/events?expires=${expires}&signature=${signature}`),
        at('..%2Fx', `?expires=${expires}&signature=${signature}`),
        `${PUBLIC_URL}/dashboard`,
      ];
      for (const each of wrong) {
        const { status, text } = await open(each);
        expect({ status, text }, each).to.deep.equal({ status: 404, text: none.text });
      }
    });

    it('when the link has expired', async () => {
      const id = await scene.instance();
      const past = Math.floor(Date.now() / 1000) - 1;
      const { status, text } = await open(await signedLink(scene.kube, id, past));
      expect(status).to.equal(410);
      expect(text).to.contain('This link has expired').and.not.to.contain(id);
    });

    it('when the instance is another one of the same id', async () => {
      const id = await scene.instance();
      const link = await linkOf(id);
      await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      await scene.kube.instances.untilGone(id);
      await scene.ended(id);
      expect((await open(link)).status).to.equal(404);
      await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      await scene.ended(id);
      expect((await open(link)).status).to.equal(404);
      expect((await open(await linkOf(id))).status).to.equal(200);
    });

    it('when the key is another one, which comes where the old one is deleted', async () => {
      const id = await scene.instance();
      const link = await linkOf(id);
      const reader = await follow(link);
      await reader.until(shows('Ready'));
      const { uid } = (await scene.kube.secrets.until(KEY_SECRET)).metadata;
      await scene.kube.secrets.client.delete(KEY_SECRET);
      expect((await reader.until(({ event }) => event === 'ended')).data).to.contain('This link has ended');
      await scene.kube.secrets.until(KEY_SECRET, ({ metadata }) => metadata.uid !== uid);
      expect((await open(link)).status).to.equal(404);
      const fresh = await eventually(
        () => linkOf(id),
        (each) => each !== undefined,
      );
      expect(fresh).to.match(LINK).and.not.to.equal(link);
      expect((await open(fresh)).status).to.equal(200);
    });

    it('while the key is none, and nothing is signed with it', async () => {
      const id = await scene.instance();
      const link = await linkOf(id);
      const { data } = await scene.kube.secrets.until(KEY_SECRET);
      const setKey = (key: string) =>
        scene.kube.secrets.edit(KEY_SECRET, (secret) => ({ ...secret, data: { key } }));
      await setKey(Buffer.from('short').toString('base64'));
      await eventually(
        () => open(link),
        ({ status }) => status === 404,
      );
      expect(await linkOf(id)).to.equal(undefined);
      await setKey(data!.key!);
      await eventually(
        () => open(link),
        ({ status }) => status === 200,
      );
    });

    it('to who wants anything but to see it', async () => {
      const link = reachable(await linkOf(await scene.instance()), scene.broker);
      const { status, headers } = await get(link, 'POST');
      expect(status).to.equal(405);
      expect(headers.allow).to.equal('GET');
    });
  });

  describe('follows', () => {
    it('an instance from Pending to Ready, through an update that fails, to its end', async () => {
      const id = newId();
      const hold = scene.lab.hold('ensure', '1 of 2 disks is there');
      const { body } = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      const reader = await follow(body.dashboard_url);
      expect(reader.status).to.equal(200);
      expect((await reader.until(shows('1 of 2 disks is there'))).data).to.contain('Pending: plain small');
      hold.release();
      await reader.until(shows('Ready: plain small', 'ProvisionedSuccessfully'));
      scene.lab.fail('ensure', 'the disk is full', { instanceUsable: true, updateRepeatable: false });
      await scene.osb.update(id, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
      const failed = await reader.until(shows('the disk is full'));
      expect(failed.data).to.contain('Failed: plain small');
      scene.lab.reset();
      const binding = await scene.binding(id);
      await reader.until(({ data }) => /<dt>Bindings<\/dt>\s*<dd>1<\/dd>/.test(data));
      await scene.kube.bindings.client.delete(binding);
      await reader.until(({ data }) => /<dt>Bindings<\/dt>\s*<dd>0<\/dd>/.test(data));
      await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      const last = (await reader.rest()).at(-1)!;
      expect(last.event).to.equal('gone');
      expect(last.data).to.contain('Gone: plain small');
    });

    it('until the link ends', async () => {
      const id = await scene.instance();
      const soon = Math.floor(Date.now() / 1000) + 2;
      const reader = await follow(await signedLink(scene.kube, id, soon));
      const events = await reader.rest();
      expect(events.map(({ event }) => event)).to.include('message');
      expect(events.at(-1)!.event).to.equal('ended');
    });

    it('for so many at a time, and for others when one of them leaves', async () => {
      const link = await linkOf(await scene.instance());
      const readers: EventReader[] = [];
      for (let each = 0; each < MAX_STREAMS_OF_ONE; each++) readers.push(await follow(link));
      expect(readers.map(({ status }) => status)).to.deep.equal(readers.map(() => 200));
      expect((await follow(link)).status).to.equal(503);
      const other = await follow(await linkOf(await scene.instance()));
      expect(other.status).to.equal(200);
      readers[0]!.close();
      for (let status = 503; status !== 200;) {
        const next = await follow(link);
        status = next.status;
        readers.push(next);
      }
      for (const reader of [other, ...readers]) reader.close();
    });

    it('and does not hold up a stop of the broker', async () => {
      await scene.restart(dashboardOptions({ BROKER_SHUTDOWN_GRACE_SECONDS: '600' }, scene.lab));
      const reader = await follow(await linkOf(await scene.instance()));
      await reader.until(shows('Ready'));
      const rest = reader.rest();
      await scene.restart(dashboardOptions({}, scene.lab));
      await rest;
    });
  });
});

describe('without the address under which people reach the broker', () => {
  const { env: _, ...options } = dashboardOptions();
  const scene = useScene(options);

  it('there are no dashboards', async () => {
    const id = await scene.instance();
    expect((await scene.osb.fetch(id)).body).not.to.have.property('dashboard_url');
    const { statusCode, body } = await request(`${scene.broker.url}/dashboard/${id}`);
    await body.dump();
    expect(statusCode).to.equal(404);
    expect((await scene.kube.secrets.list()).map(({ metadata }) => metadata.name)).not.to.include(KEY_SECRET);
  });
});
