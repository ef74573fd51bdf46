// The idempotency table of the checklist (section 22), cell by cell, for instances and for bindings.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, type Scene, useScene } from '../support/scene.js';
import type { OsbResponse } from '../support/osb-client.js';

// A cell says the status, or several that are right, and then: which error, or that the operation is the first one's.
const TABLE = `
               | nothing there | same in progress   | different in progress | same, finished | different, finished | being deleted
  PUT INST     | 201/202       | 202 same operation | 409                   | 200            | 409                 | 422 ConcurrencyError
  PATCH INST   | 404           | 202 same operation | 422 ConcurrencyError  | 200            | 200/202             | 422 ConcurrencyError
  DELETE INST  | 410           | 202 same operation | 202                   | 410            | 200/202             | 202 same operation
  PUT BIND     | 201/202       | 202 same operation | 409                   | 200            | 409                 | 422 ConcurrencyError
  DELETE BIND  | 410           | 202 same operation | 202                   | 410            | 200/202             | 202 same operation
`;

type Send = (more?: object) => Promise<OsbResponse>;

/** The requests on one resource, and how it comes to a state. */
interface Subject {
  create: Send;
  /** A create with other attributes. */
  createOther: Send;
  update: Send;
  updateOther: Send;
  remove: Send;
  /** The step of the lab behind a create, and behind a removal. */
  steps: { create: 'ensure' | 'bind'; remove: 'destroy' | 'unbind' };
  untilEnded: () => Promise<unknown>;
}

function instanceSubject(scene: Scene, query: Record<string, string>): Subject {
  const { osb } = scene;
  const id = newId();
  const change = (planId: string) => (): Promise<OsbResponse> =>
    osb.update(id, { service_id: PLAIN.serviceId, plan_id: planId }, query);
  return {
    create: () => osb.provision(id, provisionOf(PLAIN), query),
    createOther: () => osb.provision(id, provisionOf(LARGE), query),
    update: change(LARGE.planId),
    updateOther: () =>
      osb.update(id, { service_id: PLAIN.serviceId, parameters: { label: 'another' } }, query),
    remove: () => osb.deprovision(id, queryOf(PLAIN, query)),
    steps: { create: 'ensure', remove: 'destroy' },
    untilEnded: () => scene.ended(id),
  };
}

function bindingSubject(scene: Scene, instanceId: string, query: Record<string, string>): Subject {
  const { osb } = scene;
  const id = newId();
  const create: Send = (more = {}) => osb.bind(instanceId, id, bindOf(PLAIN, more), query);
  const never: Send = () => Promise.reject(new Error('bindings are not updated'));
  return {
    create: () => create(),
    createOther: () => create({ parameters: { label: 'another' } }),
    update: never,
    updateOther: never,
    remove: () => osb.unbind(instanceId, id, queryOf(PLAIN, query)),
    steps: { create: 'bind', remove: 'unbind' },
    untilEnded: () => scene.bindingEnded(instanceId, id),
  };
}

const finished = async (subject: Subject, ...sends: Send[]): Promise<void> => {
  for (const send of sends) {
    await send();
    await subject.untilEnded();
  }
};

const held = async (scene: Scene, step: 'ensure' | 'bind' | 'destroy' | 'unbind', send: Send) => {
  const hold = scene.lab.hold(step);
  const answer = await send();
  await hold.reached;
  return answer;
};

type Verb = 'PUT' | 'PATCH' | 'DELETE';

/** What the verb sends, and what counts as another request beside it. */
const requestOf = (verb: Verb, subject: Subject): { same: Send; other: Send } => {
  switch (verb) {
    case 'PUT':
      return { same: subject.create, other: subject.createOther };
    case 'PATCH':
      return { same: subject.update, other: subject.updateOther };
    case 'DELETE':
      return { same: subject.remove, other: subject.create };
  }
};

/** Brings the resource to the state; the answer to the request that did. */
async function arrange(
  scene: Scene,
  state: string,
  verb: Verb,
  subject: Subject,
): Promise<OsbResponse | undefined> {
  const { same, other } = requestOf(verb, subject);
  const { create, remove } = subject.steps;
  const exists =
    verb === 'PUT' || (verb === 'DELETE' && state === 'different in progress') ? [] : [subject.create];
  switch (state) {
    case 'nothing there':
      return undefined;
    case 'same in progress':
      await finished(subject, ...exists);
      return held(scene, verb === 'DELETE' ? remove : create, same);
    case 'different in progress':
      await finished(subject, ...exists);
      return held(scene, create, other);
    case 'same, finished':
      await finished(subject, ...exists, same);
      return undefined;
    case 'different, finished':
      await finished(subject, ...exists, ...(verb === 'DELETE' ? [] : [other]));
      return undefined;
    case 'being deleted':
      await finished(subject, subject.create);
      return held(scene, remove, subject.remove);
    default:
      throw new Error(`no such state: ${state}`);
  }
}

function check(cell: string, answer: OsbResponse, first: OsbResponse | undefined): void {
  const [statuses, ...words] = cell.split(' ');
  expect(answer.status).to.be.oneOf(statuses!.split('/').map(Number));
  if (words.join(' ') === 'same operation') {
    expect(answer.body.operation).to.be.a('string').that.is.not.empty;
    expect(answer.body.operation).to.equal(first?.body.operation);
  } else if (words.length > 0) {
    expect(answer.body.error).to.equal(words[0]);
  } else if (answer.status === 202) {
    expect(answer.body.operation).to.be.a('string').that.is.not.empty;
    expect(answer.body.operation).not.to.equal(first?.body.operation);
  }
}

const [states, ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim())) as [string[], ...string[][]];

describe('the idempotency table', () => {
  const scene = useScene();

  for (const [request, ...cells] of rows) {
    const [verb, kind] = request!.split(' ') as [Verb, 'INST' | 'BIND'];
    describe(request!, () => {
      cells.forEach((cell, index) => {
        const state = states[index + 1]!;
        it(`${state}: ${cell}`, async () => {
          const subject =
            kind === 'INST'
              ? instanceSubject(scene, ASYNC)
              : bindingSubject(scene, await scene.instance(), ASYNC);
          const first = await arrange(scene, state, verb, subject);
          check(cell, await requestOf(verb, subject).same(), first);
        });
      });
    });
  }

  for (const [request, nothing, , , same, different] of rows) {
    const [verb, kind] = request!.split(' ') as [Verb, 'INST' | 'BIND'];
    it(`${request}, synchronous: ${nothing} where nothing is, then ${same}; ${different} to another`, async () => {
      const subjects = async (): Promise<Subject> =>
        kind === 'INST' ? instanceSubject(scene, {}) : bindingSubject(scene, await scene.instance(), {});
      for (const [state, cell] of [
        ['nothing there', nothing],
        ['same, finished', same],
        ['different, finished', different],
      ] as const) {
        const subject = await subjects();
        await arrange(scene, state, verb, subject);
        const answer = await requestOf(verb, subject).same();
        expect(answer.status).not.to.equal(202);
        check(cell!, answer, undefined);
      }
    });
  }
});
