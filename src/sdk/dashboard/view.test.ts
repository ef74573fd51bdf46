import { expect } from 'chai';
import type { KubeEvent } from '../kube/events.js';
import { API_VERSION, type ResolvedPlan, type ServiceInstance } from '../resources/kinds.js';
import { recordProgress } from '../resources/operations.js';
import { instancePage } from './page.js';
import { departed, viewOf } from './view.js';

const NOW = new Date('2026-01-01T12:00:00Z');

const plan = (planId: string): ResolvedPlan => ({
  planId,
  serviceName: 'database',
  planName: `the ${planId} one`,
  backend: 'b',
  settings: { admin: 'SECRET' },
});

const instance = (more: Partial<ServiceInstance> = {}): ServiceInstance => ({
  apiVersion: API_VERSION,
  kind: 'ServiceInstance',
  metadata: { name: 'web', uid: 'u', generation: 1, creationTimestamp: '2026-01-01T11:00:00Z' },
  ...more,
  spec: {
    instanceId: 'web',
    serviceId: 's',
    planId: 'small',
    resolvedPlan: plan('small'),
    parameters: { size: 'SECRET' },
    context: { note: 'SECRET' },
    organizationGuid: 'SECRET',
    originatingIdentity: { platform: 'SECRET', value: { user: 'SECRET' } },
    operation: { id: 'provision-1', type: 'provision', requestedAt: '2026-01-01T11:00:00Z' },
    ...more.spec,
  },
});

const view = (of: ServiceInstance, events?: KubeEvent[]) => viewOf(of, { bindings: 2, events, now: NOW });

const ready = (): ServiceInstance => {
  const before = instance();
  const operation = { id: 'provision-1', type: 'provision', startedAt: '2026-01-01T11:00:00Z' } as const;
  const progress = { state: 'succeeded', reason: 'Succeeded', description: 'it is there' } as const;
  const applied = {
    serviceId: 's',
    planId: 'small',
    resolvedPlan: plan('small'),
    parameters: { size: 'SECRET' },
  };
  const status = { ...recordProgress(before, operation, progress, NOW), applied };
  return instance({ status: status as NonNullable<ServiceInstance['status']> });
};

describe('the view of an instance', () => {
  it('tells of an operation that was asked for and has not begun', () => {
    expect(view(instance())).to.deep.include({
      state: 'Pending',
      service: 'database',
      plan: 'the small one',
      message: 'the provision is in progress',
    });
    expect(view(instance()).operations.map(({ type, state }) => [type, state])).to.deep.equal([
      ['provision', 'in progress'],
    ]);
  });

  it('tells which plan it is at, and which one it is to get', () => {
    const before = ready();
    expect(view(before)).to.deep.include({ state: 'Ready', message: 'it is there', plan: 'the small one' });
    expect(view(before)).not.to.have.property('nextPlan');
    const asked = { id: 'update-1', type: 'update', requestedAt: '2026-01-01T11:30:00Z' } as const;
    const changing = {
      ...before,
      spec: { ...before.spec, planId: 'large', resolvedPlan: plan('large'), operation: asked },
    };
    expect(view(changing)).to.deep.include({ plan: 'the small one', nextPlan: 'the large one' });
    expect(view(changing).operations.map(({ type }) => type)).to.deep.equal(['update', 'provision']);
  });

  it('tells that it is going, and that it is gone', () => {
    const before = ready();
    const going = {
      ...before,
      metadata: {
        ...before.metadata,
        deletionTimestamp: '2026-01-01T11:50:00Z',
        deletionGracePeriodSeconds: 0,
      },
    };
    expect(view(going)).to.deep.include({ state: 'Deleting', message: 'the deprovision is in progress' });
    expect(departed(view(going))).to.deep.include({ state: 'Gone', bindings: 0 });
  });

  it('has the newest events first, and not all of many', () => {
    const events = Array.from({ length: 30 }, (_, minute) => ({
      metadata: { name: `e${minute}` },
      type: 'Normal',
      reason: `R${minute}`,
      lastTimestamp: `2026-01-01T11:${String(minute + 10)}:00Z`,
    })) as KubeEvent[];
    const shown = view(ready(), events).events!;
    expect(shown).to.have.lengthOf(20);
    expect(shown[0]).to.deep.equal({
      type: 'Normal',
      reason: 'R29',
      message: '',
      at: '2026-01-01T11:39:00Z',
      count: 1,
    });
    expect(view(ready()).events).to.equal(undefined);
  });

  it('has nothing that is not to be shown', () => {
    const page = instancePage(view(ready(), []), { expires: 0, now: NOW });
    expect(page).to.contain('it is there').and.not.to.contain('SECRET');
  });
});
