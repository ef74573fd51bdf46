import { expect } from 'chai';
import fc from 'fast-check';
import {
  attemptsOf,
  currentOperation,
  deletionId,
  findOperation,
  isSettled,
  type Operable,
  type OperationRecord,
  type OperationState,
  type OperationType,
  overtakenBy,
  type Progress,
  recordProgress,
} from './operations.js';

const T0 = new Date('2026-01-01T00:00:00Z');
const T1 = new Date('2026-01-01T00:10:00Z');
const STATES = ['in progress', 'succeeded', 'failed'] as const;

const progress = (state: OperationState, more: Partial<Progress> = {}): Progress => ({
  state,
  reason: 'Test',
  description: state,
  ...more,
});

function make(kind: 'ServiceInstance' | 'ServiceBinding' = 'ServiceInstance'): Operable {
  return { apiVersion: 'x/v1', kind, metadata: { name: 'n', uid: 'u', generation: 1 }, spec: {} };
}

/** The object after a platform's request. */
const asked = (object: Operable, id: string, type: OperationType): Operable => ({
  ...object,
  metadata: { ...object.metadata, generation: (object.metadata.generation ?? 0) + 1 },
  spec: { operation: { id, type, requestedAt: T0.toISOString() } },
});

/** The object after a change of its spec with kubectl. */
const edited = (object: Operable): Operable => ({
  ...object,
  metadata: { ...object.metadata, generation: object.metadata.generation! + 1 },
});

const deleted = (object: Operable): Operable => ({
  ...edited(object),
  metadata: { ...edited(object).metadata, deletionTimestamp: '2026-01-01T00:05:00Z' },
});

/** The object after the controller reported on what is current. */
function worked(object: Operable, how: Progress | OperationState, now = T1): Operable {
  const report = typeof how === 'string' ? progress(how) : how;
  const status = recordProgress(object, currentOperation(object, now), report, now);
  const applied = report.state === 'succeeded' ? { applied: {} } : {};
  return { ...object, status: { ...object.status, ...status, ...applied } };
}

const current = (object: Operable, now = T1) => currentOperation(object, now);

describe('the current operation', () => {
  it('is what the platform asked for, until it has ended', () => {
    const object = asked(make(), 'provision-1', 'provision');
    const operation = { id: 'provision-1', type: 'provision', startedAt: T0.toISOString() };
    expect(current(object)).to.eql(operation);
    expect(current(worked(object, 'in progress'))).to.eql(operation);
    expect(current(edited(object))).to.eql(operation);
    expect(isSettled(object)).to.equal(false);
    expect(isSettled(worked(object, 'in progress'))).to.equal(false);
  });

  for (const state of ['succeeded', 'failed'] as const) {
    it(`stays the last one once it has ${state}`, () => {
      const object = worked(asked(make(), 'provision-1', 'provision'), state);
      expect(isSettled(object)).to.equal(true);
      expect(current(object)).to.include({ id: 'provision-1', state });
    });
  }

  it('without a platform is named after the object and its generation', () => {
    const object = make();
    expect(current(object)).to.eql({
      id: 'provision-u-1',
      type: 'provision',
      startedAt: '2026-01-01T00:10:00Z',
    });
    expect(isSettled(object)).to.equal(false);
  });

  it('without a platform keeps its name when the broker fills in what is missing', () => {
    const object = make();
    const adopted = { ...object, metadata: { ...object.metadata, generation: 2 } };
    expect(current(adopted).id).to.equal(current(object).id);
    expect(current(worked(adopted, 'in progress', T0)).id).to.equal(current(object).id);
  });

  it('keeps its start while it is in progress', () => {
    const object = worked(make(), 'in progress', T0);
    expect(current(object, T1).startedAt).to.equal('2026-01-01T00:00:00Z');
  });

  const EDITED: [string, Operable, OperationType][] = [
    ['an update after success', worked(make(), 'succeeded'), 'update'],
    ['a provision after a provision that failed', worked(make(), 'failed'), 'provision'],
    ['an update after a platform`s request', worked(asked(make(), 'p', 'provision'), 'succeeded'), 'update'],
    ['a new provision while one is in progress', worked(make(), 'in progress'), 'provision'],
  ];
  for (const [what, before, type] of EDITED) {
    it(`is, for an edit with kubectl, ${what}`, () => {
      const object = edited(before);
      expect(isSettled(object)).to.equal(false);
      expect(current(object)).to.include({ id: `${type}-u-${object.metadata.generation}`, type });
      expect(isSettled(worked(object, 'succeeded'))).to.equal(true);
    });
  }

  for (const [kind, type] of [
    ['ServiceInstance', 'deprovision'],
    ['ServiceBinding', 'unbind'],
  ] as const) {
    it(`of a ${kind} that is deleted is the ${type}, the same for every asker`, () => {
      const object = deleted(worked(make(kind), 'succeeded'));
      const operation = { id: `${type}-u`, type, startedAt: '2026-01-01T00:05:00Z' };
      expect(current(object, T0)).to.eql(operation);
      expect(current(object, T1)).to.eql(operation);
      expect(deletionId(object)).to.equal(operation.id);
      expect(isSettled(object)).to.equal(false);
    });

    it(`of a ${kind} whose ${type} failed is new when it is asked for again`, () => {
      const failed = worked(deleted(worked(make(kind), 'succeeded')), 'failed');
      expect(isSettled(failed)).to.equal(true);
      const again = asked(failed, `${type}-2`, type);
      expect(current(again).id).to.equal(`${type}-2`);
      expect(isSettled(again)).to.equal(false);
      const ended = worked(again, 'failed');
      expect(isSettled(ended)).to.equal(true);
      expect(findOperation(ended, `${type}-u`)?.state).to.equal('failed');
    });
  }

  it('of a binding is one bind for ever, since a binding does not change', () => {
    const object = worked(make('ServiceBinding'), 'succeeded');
    expect(current(make('ServiceBinding'))).to.include({ id: 'bind-u-1', type: 'bind' });
    expect(current(edited(object)).id).to.equal('bind-u-1');
    expect(isSettled(edited(object))).to.equal(true);
    const named = worked(asked(make('ServiceBinding'), 'bind-7', 'bind'), 'failed');
    expect(current(named).id).to.equal('bind-7');
    expect(isSettled(named)).to.equal(true);
  });
});

describe('the record of an operation', () => {
  it('of one that a deletion overtook has failed, and is kept', () => {
    const before = worked(
      asked(make(), 'p', 'provision'),
      progress('in progress', { retryAfterSeconds: 9, attempts: 2 }),
    );
    expect(findOperation(before, 'p')).to.include({ retryAfterSeconds: 9, attempts: 2 });
    const object = worked(deleted(before), 'in progress');
    expect(object.status?.lastOperation).to.include({ id: 'deprovision-u', state: 'in progress' });
    expect(findOperation(object, 'p')).to.eql({
      id: 'p',
      type: 'provision',
      state: 'failed',
      reason: 'Overtaken',
      description: 'overtaken by a deprovision',
      startedAt: T0.toISOString(),
      finishedAt: '2026-01-01T00:10:00Z',
      attempts: 2,
    });
  });

  it('keeps the number of its attempts, whatever else there is to say, and no other operation has it', () => {
    const tried = worked(asked(make(), 'p', 'provision'), progress('in progress', { attempts: 2 }));
    for (const state of STATES) expect(findOperation(worked(tried, state), 'p')).to.include({ attempts: 2 });
    expect(attemptsOf(tried, current(tried))).to.equal(2);
    expect(attemptsOf(tried, current(deleted(tried)))).to.equal(0);
    expect(worked(deleted(tried), 'in progress').status?.lastOperation).not.to.have.property('attempts');
  });

  it('overtakes what had not ended, with its first word and no other', () => {
    const overtaken = (object: Operable) => overtakenBy(object, current(object))?.id;
    const unheard = asked(make(), 'p', 'provision');
    expect(overtaken(unheard)).to.equal(undefined);
    expect(overtaken(deleted(unheard))).to.equal('p');
    expect(overtaken(deleted(worked(unheard, 'in progress')))).to.equal('p');
    expect(overtaken(deleted(worked(unheard, 'failed')))).to.equal(undefined);
    expect(overtaken(worked(deleted(unheard), 'in progress'))).to.equal(undefined);
  });

  it('is not found for an id that nobody asked for', () => {
    expect(findOperation(make(), 'x')).to.equal(undefined);
    expect(findOperation(worked(make(), 'succeeded'), 'x')).to.equal(undefined);
  });

  const both = { instanceUsable: false, updateRepeatable: true };
  const HINTS: [OperationType, OperationState, object][] = [
    ['provision', 'failed', {}],
    ['update', 'failed', both],
    ['update', 'in progress', {}],
    ['update', 'succeeded', {}],
    ['deprovision', 'failed', { instanceUsable: false }],
    ['bind', 'failed', {}],
    ['unbind', 'failed', {}],
  ];
  for (const [type, state, expected] of HINTS) {
    it(`[122] tells ${JSON.stringify(expected)} after a ${type} that is ${state}`, () => {
      const operation = { id: 'o', type, startedAt: T0.toISOString() };
      const { lastOperation } = recordProgress(make(), operation, progress(state, both), T1);
      const { instanceUsable, updateRepeatable } = lastOperation;
      expect(JSON.parse(JSON.stringify({ instanceUsable, updateRepeatable }))).to.eql(expected);
      expect(lastOperation.finishedAt !== undefined).to.equal(state !== 'in progress');
    });
  }

  it('speaks of the generation that was worked on', () => {
    const { status } = worked(edited(make()), 'succeeded');
    expect(status).to.include({ observedGeneration: 2 });
  });
});

type Action = 'http' | 'kubectl' | 'delete' | OperationState;

/** What platforms, people and the controller may do to the object; what a platform may not do changes nothing. */
function act(object: Operable, action: Action, step: number): Operable {
  const deleting = object.metadata.deletionTimestamp !== undefined;
  const type = deleting ? 'deprovision' : object.status?.applied ? 'update' : 'provision';
  if (action === 'http') {
    return isSettled(object) || !object.status ? asked(object, `${type}-${step}`, type) : object;
  }
  if (action === 'kubectl') return edited(object);
  if (action === 'delete') return deleting ? object : deleted(object);
  return isSettled(object) ? object : worked(object, action, new Date(T0.getTime() + step * 1000));
}

function checkHistory(actions: Action[]): void {
  const ended = new Map<string, OperationRecord>();
  let object = make();
  actions.forEach((action, step) => {
    object = act(object, action, step);
    const { lastOperation, previousOperations = [], conditions } = object.status ?? {};
    if (!lastOperation) return;
    expect(conditions!.filter(({ status }) => status === 'True')).to.have.length(1);
    expect(previousOperations).to.have.length.at.most(5);
    expect(previousOperations.map(({ state }) => state)).to.not.include('in progress');
    const all = [lastOperation, ...previousOperations];
    expect(new Set(all.map(({ id }) => id)).size).to.equal(all.length);
    for (const record of all) {
      if (ended.has(record.id)) expect(record).to.eql(ended.get(record.id));
      else if (record.state !== 'in progress') ended.set(record.id, record);
    }
  });
}

describe('the history of an object', () => {
  const platform = fc.constantFrom<Action>('http', 'delete', 'succeeded', ...STATES);
  const people = fc.constantFrom<Action>('kubectl', 'delete', 'succeeded', ...STATES);
  const anyone = fc.constantFrom<Action>('http', 'kubectl', 'delete', ...STATES);
  const HISTORIES: [string, fc.Arbitrary<Action[]>][] = [
    ['platforms alone', fc.array(platform, { maxLength: 40 })],
    ['kubectl alone', fc.array(people, { maxLength: 40 })],
    ['both', fc.array(anyone, { maxLength: 40 })],
  ];
  for (const [who, actions] of HISTORIES) {
    it(`[129] never changes an ended operation, remembers five, has one true condition: ${who}`, () => {
      fc.assert(fc.property(actions, checkHistory), { numRuns: 500 });
    });
  }

  it('does not take up again what a platform asked for long ago', () => {
    let object = worked(asked(make(), 'p', 'provision'), 'succeeded');
    for (let edit = 0; edit < 9; edit++) {
      object = worked(edited(object), 'succeeded');
      expect(object.status?.lastOperation?.type).to.equal('update');
    }
    expect(findOperation(object, 'p')).to.include({ state: 'succeeded' });
    expect(isSettled(object)).to.equal(true);
  });

  it('remembers five beside the newest, newest first', () => {
    let object = make();
    for (let step = 1; step <= 8; step++) {
      object = worked(asked(object, `o${step}`, step === 1 ? 'provision' : 'update'), 'succeeded');
    }
    expect(object.status?.lastOperation?.id).to.equal('o8');
    expect(object.status?.previousOperations?.map(({ id }) => id)).to.eql(['o7', 'o6', 'o5', 'o4', 'o3']);
  });
});
