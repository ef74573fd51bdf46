// A platform that lives through whole lives of instances and bindings, and believes what it was told: what was accepted
// has to happen, whatever befalls the brokers meanwhile. A request whose connection broke is sent again, as it was.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { OsbClient, OsbResponse } from '../support/osb-client.js';
import type { Replicas } from './replicas.js';
import type { World } from './world.js';

const IDS = { service_id: 'chaos-database', plan_id: 'chaos-small' };
const SPACE = { organization_guid: 'org', space_guid: 'space', context: { platform: 'chaos' } };
const ASYNC = { accepts_incomplete: 'true' };
const POLL_MS = 50;

interface Credentials {
  database: string;
  username: string;
  password: string;
}

export class Platform {
  readonly #replicas: Replicas;
  readonly #world: World;
  readonly #retries: readonly number[];
  /** Answers by status. */
  readonly answers = new Map<number, number>();
  lives = 0;

  /** `retries`: the answers that a platform takes for a broken connection, too. */
  constructor(replicas: Replicas, world: World, retries: readonly number[] = []) {
    this.#retries = retries;
    this.#replicas = replicas;
    this.#world = world;
  }

  /** Lives one life after the other until told to stop; rejects with the first thing that was not right. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#live();
      this.lives += 1;
    }
  }

  async #live(): Promise<void> {
    const [id, bindingId] = [randomUUID(), randomUUID()];
    await this.#done(await this.#ask((osb) => osb.provision(id, { ...IDS, ...SPACE }, ASYNC)), (operation) =>
      this.#ask((osb) => osb.lastOperation(id, { operation })),
    );
    await this.#done(await this.#ask((osb) => osb.bind(id, bindingId, IDS, ASYNC)), (operation) =>
      this.#ask((osb) => osb.bindingLastOperation(id, bindingId, { operation })),
    );
    const credentials = await this.#credentials(id, bindingId);
    expect(await this.#credentials(id, bindingId), 'credentials, asked for again').to.deep.equal(credentials);
    const { database, username, password } = credentials;
    expect(this.#world.accepts(database, username, password), 'credentials work').to.equal(true);
    await this.#done(await this.#ask((osb) => osb.unbind(id, bindingId, { ...IDS, ...ASYNC })), (operation) =>
      this.#ask((osb) => osb.bindingLastOperation(id, bindingId, { operation })),
    );
    expect(this.#world.accepts(database, username, password), 'credentials after unbind').to.equal(false);
    await this.#done(await this.#ask((osb) => osb.deprovision(id, { ...IDS, ...ASYNC })), (operation) =>
      this.#ask((osb) => osb.lastOperation(id, { operation })),
    );
    expect(this.#world.databases, 'databases after deprovision').to.not.include(database);
  }

  async #credentials(id: string, bindingId: string): Promise<Credentials> {
    const { status, body } = await this.#ask((osb) => osb.fetchBinding(id, bindingId));
    expect(status, JSON.stringify(body)).to.equal(200);
    return body.credentials;
  }

  /** Polls to the end of what was accepted. 410: it is gone, which for a delete is its end. */
  async #done(accepted: OsbResponse, poll: (operation: string) => Promise<OsbResponse>): Promise<void> {
    expect(accepted.status, JSON.stringify(accepted.body)).to.be.oneOf([200, 201, 202, 410]);
    if (accepted.status !== 202) return;
    for (;;) {
      const { status, body } = await poll(accepted.body.operation);
      if (status === 410) return;
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body.state, body.description).to.be.oneOf(['in progress', 'succeeded']);
      if (body.state === 'succeeded') return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #ask(send: (osb: OsbClient) => Promise<OsbResponse>): Promise<OsbResponse> {
    for (;;) {
      const answer = await this.#replicas.through(send);
      this.answers.set(answer.status, (this.answers.get(answer.status) ?? 0) + 1);
      if (!this.#retries.includes(answer.status)) {
        expect(answer.status, JSON.stringify(answer.body)).to.be.lessThan(500);
        return answer;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
