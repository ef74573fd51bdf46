// The Secrets in which the broker keeps what cannot be made again, when somebody deletes or edits one by hand.
import { IsOptional, IsString } from 'class-validator';
import { expect } from 'chai';
import { defineService, done, WriteOnly } from '../../src/sdk/index.js';
import { type Lease, LEASES, microTime } from '../../src/sdk/kube/lease.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { Secret } from '../../src/sdk/kube/types.js';
import { RETRY_NOW } from '../../src/sdk/resources/escape-hatches.js';
import { SECRET_LABEL } from '../../src/sdk/resources/kinds.js';
import { PUT_BACK, RENEW } from '../../src/sdk/resources/own-secrets.js';
import { edit } from '../support/kube.js';
import { type Ids, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

class Login {
  @IsOptional()
  @IsString()
  @WriteOnly()
  password?: string;
}

const ids: Ids = { serviceId: 'service-vault', planId: 'plan-vault' };
let made = 0;
const maker = (): string => `value-${++made}`;

const vault = defineService({
  id: ids.serviceId,
  name: 'vault',
  description: 'Keeps what it makes',
  parameters: Login,
  plans: [{ id: ids.planId, name: 'vault', description: 'A vault' }],
  async ensure({ keep }) {
    await keep({ admin: maker });
    return done();
  },
  async destroy() {},
  async bind({ keep }) {
    const { password } = await keep({ password: maker });
    return done({ credentials: { password } });
  },
  async unbind() {},
});

describe('a Secret of the broker`s', () => {
  const scene = useScene({ definition: { services: [vault] } });
  let instance: string;
  let binding: string;

  beforeEach(async () => {
    instance = await scene.instance(ids, { parameters: { password: 'canary-given' } });
    binding = await scene.binding(instance, ids);
  });

  const essence = (secret: Readonly<Secret> | undefined) => {
    const { labels, annotations = {}, ownerReferences } = secret?.metadata ?? {};
    const { [PUT_BACK]: _, ...others } = annotations;
    return { type: secret?.type, data: secret?.data, labels, others, ownerReferences };
  };
  const untilAgain = (name: string, before: Secret | undefined): Promise<unknown> =>
    eventually(
      async () => JSON.stringify(essence(await scene.kube.secrets.get(name))),
      (now) => now === JSON.stringify(essence(before)),
    );
  const untilTold = async (owner: string): Promise<string> => {
    const [event] = await scene.kube.events.untilSome(
      1,
      ({ reason, involvedObject }) => reason === 'Repaired' && involvedObject.name === owner,
    );
    return event!.message;
  };

  const change =
    (meddle: (secret: Secret) => void) =>
    (name: string): Promise<unknown> =>
      scene.kube.secrets.edit(name, (secret) => {
        meddle(secret);
        return secret;
      });

  for (const [what, nameOf, ownerOf] of [
    ['the values that are kept for an instance', () => `instance-kept-${instance}`, () => instance],
    ['the values that are kept for a binding', () => `binding-kept-${binding}`, () => binding],
    ['the secret parameters', () => `instance-parameters-${instance}`, () => instance],
    ['the credentials', () => `binding-${binding}`, () => binding],
  ] as const) {
    for (const [how, meddle] of [
      ['deletes it', (name: string) => scene.kube.secrets.client.delete(name)],
      ['empties it', change((secret) => (secret.data = {}))],
      [
        'changes its values',
        change((secret) => {
          for (const key of Object.keys(secret.data!)) secret.data![key] = 'b3RoZXI=';
        }),
      ],
      ['takes its label away', change(({ metadata }) => delete metadata.labels![SECRET_LABEL])],
      ['takes its owner away', change(({ metadata }) => (metadata.ownerReferences = []))],
    ] as const) {
      it(`with ${what} is put back where somebody ${how}`, async () => {
        const [name, owner] = [nameOf(), ownerOf()];
        const before = await scene.kube.secrets.get(name);
        await meddle(name);
        expect(await untilTold(owner)).to.include(`Secret ${name} `);
        await untilAgain(name, before);
      });
    }
  }

  it('with credentials is handed out as before, and counts as before, when it was put back', async () => {
    const { body } = await scene.osb.fetchBinding(instance, binding);
    for (let times = 0; times < 2; times++) {
      await scene.kube.secrets.client.delete(`binding-${binding}`);
      const { metadata } = await eventually(
        () => scene.kube.secrets.get(`binding-${binding}`),
        (secret) => secret !== undefined,
      ).then((secret) => secret!);
      await scene.kube.bindings.until(
        binding,
        ({ status }) => status?.secretRef?.resourceVersion === metadata.resourceVersion,
      );
    }
    expect((await scene.osb.fetchBinding(instance, binding)).body).to.deep.equal(body);
  });

  it('is put back without a word of what is in it', async () => {
    await scene.kube.secrets.client.delete(`instance-parameters-${instance}`);
    await untilTold(instance);
    expect(scene.broker.log()).to.include(`Secret instance-parameters-${instance} is missing`);
    expect(scene.broker.log()).not.to.include('canary-given');
    expect(await scene.kube.dump()).not.to.include('canary-given');
  });

  it('lets a value go that an operator wants anew, and has it made anew', async () => {
    const name = `instance-kept-${instance}`;
    const before = (await scene.kube.secrets.get(name))!.data!.admin;
    await change((secret) => {
      secret.metadata.annotations![RENEW] = 'admin';
      delete secret.data!.admin;
    })(name);
    await scene.kube.instances.edit(instance, ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [RETRY_NOW]: '1' } },
    }));
    const after = await eventually(
      () => scene.kube.secrets.get(name),
      (secret) => secret?.data?.admin !== undefined,
    );
    expect(after!.data!.admin).not.to.equal(before);
    expect(after!.metadata.annotations).not.to.have.property(RENEW);
  });

  it('goes with its owner, and is not missed then', async () => {
    await scene.kube.bindings.client.delete(binding);
    await scene.kube.bindings.untilGone(binding);
    for (const name of [`binding-${binding}`, `binding-kept-${binding}`]) {
      await scene.kube.secrets.untilGone(name);
    }
    const told = (await scene.kube.events.list()).filter(
      ({ reason, involvedObject }) => reason === 'Drifted' && involvedObject.name === binding,
    );
    expect(told).to.deep.equal([]);
  });
});

describe('a Secret of the broker`s that is lost while nobody leads', () => {
  const scene = useScene({ definition: { services: [vault] }, env: { BROKER_LEASE_SECONDS: '3' } });

  it('is put back all the same: all replicas remember it', async () => {
    const instance = await scene.instance(ids);
    const name = `instance-kept-${instance}`;
    const before = await scene.kube.secrets.get(name);
    const config = scene.cluster.config();
    const leases = createResourceClient<Lease>(config, LEASES, scene.cluster.namespace);
    await edit(leases, 'brokersdk-controllers', (lease) => ({
      ...lease,
      spec: { ...lease.spec, holderIdentity: 'another', renewTime: microTime(Date.now()) },
    }));
    const isLeading = async (): Promise<boolean> =>
      (await (await fetch(`${scene.broker.healthUrl}/metrics`)).text()).includes('\nbrokersdk_leader 1');
    await eventually(isLeading, (leads) => !leads);
    await scene.kube.secrets.client.delete(name);
    const after = await eventually(
      () => scene.kube.secrets.get(name),
      (secret) => secret !== undefined,
    );
    expect(after!.data).to.deep.equal(before!.data);
    await config.close();
  });
});
