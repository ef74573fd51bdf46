// GET of the catalog (specification: Catalog Management): its form, its validators, and how it follows the
// ServiceOfferings in the cluster without a restart.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { IsInt, IsOptional } from 'class-validator';
import { defineService, done, type ServiceDefinition } from '../../src/sdk/index.js';
import { API_VERSION, OFFERINGS, type ServiceOffering } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, labServices, MAINTENANCE_VERSION, provisionBody } from '../support/catalog.js';
import { Lab } from '../support/lab.js';
import { ASYNC, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const { plain, slow, bare, app } = IDS;
const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';

class TypedParameters {
  @IsInt() size!: number;
  @IsOptional() @IsInt() extra?: number;
}

const lab = new Lab();
const definition = {
  services: [
    ...labServices(lab.backend),
    defineService({
      id: 'service-typed',
      name: 'typed',
      description: 'With a class for its parameters, and a dashboard',
      parameters: TypedParameters,
      dashboardClient: {
        id: 'typed-client',
        secretRef: { name: 'typed-dashboard', key: 'secret' },
        redirectUri: 'https://lab.example/login',
      },
      backend: lab.backend,
      plans: [{ id: 'plan-typed', name: 'typed', description: 'A plan' }],
    }),
  ],
  backends: [lab.backend],
};

/** A small offering that is right, as somebody with kubectl would apply it. */
function offering(name: string, spec: Partial<ServiceOffering['spec']> = {}): ServiceOffering {
  return {
    apiVersion: API_VERSION,
    kind: OFFERINGS.kind,
    metadata: { name },
    spec: { id: `service-${name}`, name, description: 'Made with kubectl', plans: [plan(name)], ...spec },
  };
}
type Plan = ServiceOffering['spec']['plans'][number];
const plan = (name: string, more: Partial<Plan> = {}): Plan => ({
  id: `plan-${name}`,
  name,
  description: 'A plan',
  backend: 'lab',
  ...more,
});

describe('the catalog', () => {
  const scene = useScene({ lab, definition });

  const services = async (): Promise<any[]> => (await scene.osb.catalog()).body.services;
  const service = async (id: string): Promise<any> => (await services()).find((each) => each.id === id);
  const untilShown = (id: string, wanted: (entry: any) => boolean): Promise<any> =>
    eventually(() => service(id), wanted);
  const create = (object: ServiceOffering): Promise<ServiceOffering> =>
    scene.kube.offerings.client.create(object);
  const change = (name: string, spec: Partial<ServiceOffering['spec']>): Promise<ServiceOffering> =>
    scene.kube.offerings.edit(name, (present) => ({ ...present, spec: { ...present.spec, ...spec } }));

  it('[46, 74] answers with an object that holds all services', async () => {
    const { status, headers, body } = await scene.osb.catalog();
    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^application\/json\b/);
    expect(body).to.have.all.keys('services');
    const names = body.services.map(({ name }: { name: string }) => name);
    expect(names).to.have.members(['plain', 'slow', 'bare', 'app', 'typed']);
    expect(JSON.stringify(body)).to.not.match(/:null\b/);
  });

  it('[49, 51, 53, 54, 55, 56, 63, 64, 65, 66, 67, 69, 70] says all that was defined, in the words of the protocol', async () => {
    const parameters = {
      $schema: DRAFT_04,
      type: 'object',
      properties: { size: { type: 'integer', minimum: 1 }, label: { type: 'string' } },
      additionalProperties: false,
    };
    const usual = { free: true, binding_rotatable: false };
    expect(await service(plain.serviceId)).to.deep.equal({
      id: plain.serviceId,
      name: 'plain',
      description: 'Works within the request',
      tags: ['lab'],
      bindable: true,
      instances_retrievable: true,
      bindings_retrievable: true,
      allow_context_updates: true,
      plan_updateable: true,
      metadata: { displayName: 'Plain' },
      plans: [
        {
          ...usual,
          id: plain.small,
          name: 'small',
          description: 'A small one',
          binding_rotatable: true,
          schemas: {
            service_instance: { create: { parameters }, update: { parameters } },
            service_binding: { create: { parameters } },
          },
        },
        {
          ...usual,
          id: plain.large,
          name: 'large',
          description: 'A large one',
          free: false,
          metadata: { bullets: ['large'], costs: [{ amount: { usd: 99 }, unit: 'MONTHLY' }] },
        },
        {
          ...usual,
          id: plain.maintained,
          name: 'maintained',
          description: 'One with maintenance',
          maximum_polling_duration: 3600,
          maintenance_info: { version: MAINTENANCE_VERSION, description: 'a new kernel' },
        },
      ],
    });
  });

  it('[49, 52, 55, 56, 60, 61, 62] says the defaults of what was not defined, and nothing of what is not there', async () => {
    expect(await service(bare.serviceId)).to.deep.equal({
      id: bare.serviceId,
      name: 'bare',
      description: 'Nothing optional',
      bindable: true,
      instances_retrievable: false,
      bindings_retrievable: false,
      allow_context_updates: false,
      plan_updateable: false,
      plans: [
        {
          id: bare.planId,
          name: 'bare',
          description: 'A bare one',
          free: true,
          binding_rotatable: false,
        },
        {
          id: bare.unbindable,
          name: 'unbindable',
          description: 'One that cannot be bound',
          bindable: false,
          free: true,
          binding_rotatable: false,
        },
      ],
    });
    const { requires } = await service(app.serviceId);
    expect(requires).to.deep.equal(['syslog_drain', 'route_forwarding', 'volume_mount']);
  });

  it('[47, 48, 58, 59, 67, 74] has strings for names, ids that occur once, and a $schema in each schema', async () => {
    const all = await services();
    const plans = all.flatMap((each) => each.plans);
    for (const entry of [...all, ...plans]) {
      for (const field of ['id', 'name', 'description']) expect(entry[field]).to.be.a('string').and.not.empty;
    }
    const unique = (values: string[]): void => expect(new Set(values).size).to.equal(values.length) as never;
    unique(all.map(({ name }) => name));
    unique([...all, ...plans].map(({ id }) => id));
    for (const { plans: own } of all) unique(own.map(({ name }: { name: string }) => name));
    for (const { schemas = {} } of plans) {
      const given = Object.values<any>(schemas).flatMap((each) => Object.values<any>(each));
      for (const { parameters } of given) expect(parameters.$schema).to.be.a('string').and.not.empty;
    }
  });

  it('[53, 54, 61] serves what the flags promise, and no more', async () => {
    const { osb } = scene;
    for (const {
      id: serviceId,
      instances_retrievable,
      bindings_retrievable,
      bindable,
      plans,
    } of await services()) {
      for (const { id: planId, bindable: own = bindable } of plans) {
        const [id, bindingId] = [newId(), newId()];
        const parameters = serviceId === 'service-typed' ? { size: 1 } : {};
        await osb.provision(id, provisionBody(serviceId, planId, { parameters }), ASYNC);
        await scene.ended(id);
        expect((await osb.fetch(id)).status).to.equal(instances_retrievable ? 200 : 404);
        const bind = { service_id: serviceId, plan_id: planId, bind_resource: { app_guid: 'a' } };
        const { status } = await osb.bind(id, bindingId, bind, ASYNC);
        expect(status).to.be.oneOf(own ? [201, 202] : [400]);
        if (!own) continue;
        await scene.bindingEnded(id, bindingId);
        expect((await osb.fetchBinding(id, bindingId)).status).to.equal(bindings_retrievable ? 200 : 404);
      }
    }
  });

  it('[57] has the dashboard client with a secret that no custom resource has', async () => {
    const { dashboard_client: client } = await service('service-typed');
    expect(client).to.have.all.keys('id', 'secret', 'redirect_uri');
    expect(client).to.include({ id: 'typed-client', redirect_uri: 'https://lab.example/login' });
    expect(client.secret).to.be.a('string').with.length.above(20);
    const secret = await scene.kube.secrets.get('typed-dashboard');
    expect(Buffer.from(secret!.data!.secret!, 'base64').toString()).to.equal(client.secret);
    expect(await scene.kube.dump()).to.not.include(client.secret);
    expect(scene.broker.log()).to.not.include(client.secret);
  });

  it('[68] advertises draft 4 for a class, and checks by the draft that each schema names', async () => {
    const { plans } = await service('service-typed');
    expect(plans[0].schemas.service_instance.create.parameters).to.include({
      $schema: DRAFT_04,
      type: 'object',
    });
    // The same words, in which the drafts do not agree: a boolean in draft 4, a number since.
    const draft = (name: string, $schema: string, exclusiveMinimum: unknown): Plan => {
      const properties = { size: { type: 'integer', minimum: 0, exclusiveMinimum } };
      return plan(name, { schemas: { instanceCreate: { $schema, type: 'object', properties } } });
    };
    const drafts = [draft('old', DRAFT_04, true), draft('new', DRAFT_2020, 5)];
    await create(offering('drafts', { plans: drafts }));
    await untilShown('service-drafts', Boolean);
    const status = async (planId: string, size: number): Promise<number> => {
      const body = provisionBody('service-drafts', planId, { parameters: { size } });
      return (await scene.osb.provision(newId(), body)).status;
    };
    expect([await status('plan-old', 0), await status('plan-old', 1)]).to.deep.equal([400, 201]);
    expect([await status('plan-new', 5), await status('plan-new', 6)]).to.deep.equal([400, 201]);
  });

  it('[73] answers 304 without a body while nothing changes, and in full when something did', async () => {
    const { osb } = scene;
    const { headers } = await osb.catalog();
    const etag = String(headers.etag);
    const modified = String(headers['last-modified']);
    for (const header of [{ 'if-none-match': etag }, { 'if-modified-since': modified }]) {
      const same = await osb.catalog({ headers: header });
      expect(same.status).to.equal(304);
      expect(same.body).to.equal(undefined);
    }
    await create(offering('etag'));
    await untilShown('service-etag', Boolean);
    const other = await osb.catalog({ headers: { 'if-none-match': etag } });
    expect(other.status).to.equal(200);
    expect(other.headers.etag).to.not.equal(etag);
  });

  it('[71] follows offerings that come, change and go, without a restart and without new ids', async () => {
    const others = async (): Promise<object[]> => (await services()).filter(({ name }) => name !== 'passing');
    const before = await others();
    await create(offering('passing'));
    const { plans } = await untilShown('service-passing', Boolean);
    expect(plans.map(({ id }: { id: string }) => id)).to.deep.equal(['plan-passing']);
    await change('passing', { description: 'Other words', plans: [plan('passing'), plan('second')] });
    const changed = await untilShown('service-passing', ({ description }) => description === 'Other words');
    expect(changed.plans.map(({ id }: { id: string }) => id)).to.deep.equal(['plan-passing', 'plan-second']);
    const body = provisionBody('service-passing', 'plan-second');
    expect((await scene.osb.provision(newId(), body)).status).to.equal(201);
    await scene.kube.offerings.client.delete('passing');
    await untilShown('service-passing', (entry) => entry === undefined);
    expect((await scene.osb.provision(newId(), body)).status).to.equal(400);
    expect(await others()).to.deep.equal(before);
  });

  it('[72] lets instances of an offering that is gone be fetched, unbound and deprovisioned', async () => {
    const { osb } = scene;
    const [id, bindingId, left] = [newId(), newId(), newId()];
    const query = idsQuery('service-leaving', 'plan-leaving');
    await create(offering('leaving', { plans: [plan('leaving', { settings: { memory: '64Mi' } })] }));
    await untilShown('service-leaving', Boolean);
    await osb.provision(id, provisionBody('service-leaving', 'plan-leaving', { parameters: { size: 1 } }));
    const bind = { service_id: 'service-leaving', plan_id: 'plan-leaving' };
    const { body: binding } = await osb.bind(id, bindingId, bind);
    await osb.bind(id, left, bind);
    await scene.kube.offerings.client.delete('leaving');
    await untilShown('service-leaving', (entry) => entry === undefined);
    const fetched = await osb.fetch(id);
    expect(fetched.status).to.equal(200);
    expect(fetched.body.parameters).to.deep.equal({ size: 1 });
    expect((await osb.fetchBinding(id, bindingId)).body).to.deep.equal(binding);
    expect((await osb.unbind(id, bindingId, query)).status).to.equal(200);
    expect(lab.bindings.has(bindingId)).to.be.false;
    let settings: unknown;
    lab.on('destroy', async (instance) => {
      settings = instance.settings;
      lab.instances.delete(instance.name);
      return done();
    });
    expect((await osb.deprovision(id, query)).status).to.equal(200);
    expect(settings).to.deep.equal({ memory: '64Mi' });
    expect(lab.bindings.has(left)).to.be.false;
    expect(lab.instances.has(id)).to.be.false;
  });

  /** The offering is stored, but refused with that reason and a message, and is not in the catalog. */
  async function expectRefused(object: ServiceOffering, reason: string, message: RegExp): Promise<void> {
    const { name } = object.metadata;
    const before = await services();
    await create(object);
    const { status } = await scene.kube.offerings.until(
      name,
      (each) => each.status?.conditions !== undefined,
    );
    const accepted = status!.conditions!.find(({ type }) => type === 'Accepted');
    expect(accepted, name).to.include({ status: 'False', reason });
    expect(accepted?.message, name).to.match(message);
    expect(await services()).to.deep.equal(before);
    await scene.kube.offerings.client.delete(name);
  }

  it('[34, 59, 65, 67, 70, 74] leaves out an offering that breaks a rule, and says why', async () => {
    const schema = (instanceCreate: object): Plan => plan('x', { schemas: { instanceCreate } as never });
    const costs = (value: unknown): Plan => plan('x', { metadata: { costs: value } });
    const wrong: [string, Plan[], RegExp][] = [
      ['version', [plan('x', { maintenanceInfo: { version: '2.1' } })], /maintenanceInfo\.version.*2\.1/],
      ['twice-name', [plan('x'), plan('x', { id: 'plan-y' })], /name "x"/],
      ['twice-id', [plan('x'), plan('x', { name: 'y' })], /id "plan-x"/],
      ['no-schema', [schema({ type: 'object' })], /\$schema/],
      ['reference', [schema({ $schema: DRAFT_04, $ref: 'https://example.com/x.json' })], /outside itself/],
      ['large', [schema({ $schema: DRAFT_04, description: 'x'.repeat(65_536) })], /64 kB/],
      ['draft', [schema({ $schema: 'https://example.com/my-own-draft' })], /draft-04/],
      ['costs', [costs([{ amount: { usd: '99' }, unit: 'MONTHLY' }])], /costs/],
      ['unit', [costs([{ amount: { usd: 99 } }])], /costs/],
      ['backend', [plan('x', { backend: 'nowhere' })], /there is no "nowhere"/],
    ];
    for (const [name, plans, message] of wrong)
      await expectRefused(offering(name, { plans }), 'Invalid', message);
  });

  it('[47, 48, 58] leaves out an offering that takes the name or an id of another', async () => {
    await expectRefused(offering('name', { name: 'plain' }), 'Conflict', /service name plain/);
    await expectRefused(offering('id', { id: plain.serviceId }), 'Conflict', /service id/);
    const taken = offering('taken', { plans: [plan('x', { id: slow.planId })] });
    await expectRefused(taken, 'Conflict', /plan id plan-slow/);
  });

  it('[47, 59] takes names that differ by case alone, and plan names that another service has', async () => {
    await create(offering('upper', { name: 'PLAIN', plans: [plan('x', { name: 'small' })] }));
    const entry = await untilShown('service-upper', Boolean);
    expect(entry).to.include({ name: 'PLAIN' });
  });

  it('[48, 50, 52, 57, 58, 64] cannot even be stored without what must be there', async () => {
    const wrong: [string, Partial<ServiceOffering['spec']>][] = [
      ['id', { id: '' }],
      ['name', { name: '' }],
      ['description', { description: '' }],
      ['requires', { requires: ['everything' as never] }],
      ['client', { dashboardClient: { id: '', secretRef: { name: 'x', key: 'y' } } }],
      ['plans', { plans: [] }],
      ['plan-id', { plans: [plan('x', { id: '' })] }],
      ['plan-description', { plans: [plan('x', { description: '' })] }],
      ['zero', { plans: [plan('x', { maximumPollingDuration: 0 })] }],
      ['negative', { plans: [plan('x', { maximumPollingDuration: -1 })] }],
    ];
    for (const [name, spec] of wrong) {
      const stored = await create(offering(`wrong-${name}`, spec)).then(
        () => 201,
        (error: { status?: number }) => error.status,
      );
      expect(stored, name).to.equal(422);
    }
  });

  it('[74] refuses the start of a broker whose own definition breaks a rule', () => {
    const define =
      (more: Partial<ServiceDefinition<any, any, any>>): (() => unknown) =>
      () =>
        defineService({
          id: 's',
          name: 's',
          description: 's',
          backend: lab.backend,
          plans: [{ id: 'p', name: 'p', description: 'p' }],
          ...(more as object),
        });
    expect(define({})).to.not.throw();
    expect(define({ id: '' })).to.throw(/id: must be a non-empty string/);
    expect(define({ plans: [] })).to.throw(/at least one plan/);
    expect(define({ requires: ['everything' as never] })).to.throw(/requires/);
    const maximumPollingDuration = 0;
    const polling = [{ id: 'p', name: 'p', description: 'p', maximumPollingDuration }];
    expect(define({ plans: polling })).to.throw(/maximumPollingDuration/);
  });

  describe('after a restart', () => {
    let directory: string;
    const file = (text: string): Record<string, string> => {
      writeFileSync(join(directory, 'catalog.yaml'), text);
      return { BROKER_CATALOG_FILE: join(directory, 'catalog.yaml') };
    };
    before(() => (directory = mkdtempSync(join(tmpdir(), 'brokersdk-catalog-'))));
    after(() => rmSync(directory, { recursive: true }));

    it('[71] has the same services, ids and secrets', async () => {
      const before = await services();
      await scene.restart({ definition });
      expect(await services()).to.have.deep.members(before);
    });

    it('[46] has the services of its catalog file too, and loses those that leave it', async () => {
      const entry = (name: string): string => JSON.stringify(offering(name)); // JSON is YAML
      await scene.restart({ definition, env: file(`${entry('filed')}\n---\n${entry('fading')}\n`) });
      const names = async (): Promise<string[]> => (await services()).map(({ name }) => name);
      expect(await names()).to.include.members(['filed', 'fading', 'plain']);
      const body = provisionBody('service-filed', 'plan-filed');
      expect((await scene.osb.provision(newId(), body)).status).to.equal(201);
      await scene.restart({ definition, env: file(entry('filed')) });
      expect(await names())
        .to.include.members(['filed', 'plain', 'etag'])
        .and.not.include('fading');
    });

    it('[46, 72] may be empty, and lets what is left be deprovisioned', async () => {
      const { osb } = scene;
      const id = newId();
      await osb.provision(id, provisionBody(plain.serviceId, plain.small));
      for (const { metadata } of await scene.kube.offerings.list())
        if (!metadata.labels) await scene.kube.offerings.client.delete(metadata.name);
      await scene.restart({ definition: { backends: [lab.backend] } });
      expect((await scene.osb.catalog()).body).to.deep.equal({ services: [] });
      expect((await scene.osb.fetch(id)).status).to.equal(200);
      const query = idsQuery(plain.serviceId, plain.small);
      expect((await scene.osb.deprovision(id, query)).status).to.equal(200);
      expect(lab.instances.has(id)).to.be.false;
    });
  });
});
