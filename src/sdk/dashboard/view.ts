// What a dashboard shows of an instance, chosen field by field: neither parameters nor context nor anything of a Secret
// is among it, so that no page can show them.
import type { KubeEvent } from '../kube/events.js';
import { type Condition, type State, stateOf } from '../resources/conditions.js';
import type { ServiceInstance } from '../resources/kinds.js';
import {
  currentOperation,
  findOperation,
  isDeleting,
  type OperationRecord,
} from '../resources/operations.js';

export interface View {
  id: string;
  service: string;
  plan: string;
  /** The plan that an update is to lead to. */
  nextPlan?: string;
  state: State | 'Deleting' | 'Gone';
  /** Why it is in that state. */
  message: string;
  createdAt?: string;
  bindings: number;
  conditions: readonly Condition[];
  /** The newest first. */
  operations: readonly OperationView[];
  /** The newest first; undefined where they are not known. */
  events: readonly EventView[] | undefined;
}

export type OperationView = Pick<
  OperationRecord,
  'type' | 'state' | 'description' | 'startedAt' | 'finishedAt' | 'attempts'
>;

export interface EventView {
  type: string;
  reason: string;
  message: string;
  at: string;
  count: number;
}

export interface Surroundings {
  bindings: number;
  events: readonly Readonly<KubeEvent>[] | undefined;
  now: Date;
}

const MAX_EVENTS = 20;

export function viewOf(instance: Readonly<ServiceInstance>, { bindings, events, now }: Surroundings): View {
  const { metadata, spec, status } = instance;
  const operations = operationsOf(instance, now);
  return {
    id: spec.instanceId ?? metadata.name,
    ...namesOf(instance, operations[0]),
    ...stateAndMessage(instance, operations[0]),
    ...(metadata.creationTimestamp === undefined ? {} : { createdAt: metadata.creationTimestamp }),
    bindings,
    conditions: status?.conditions ?? [],
    operations,
    events: events?.map(eventView).sort(byTime).slice(0, MAX_EVENTS),
  };
}

/** The last words about an instance that is not there any more. */
export const departed = (view: View): View => ({
  ...view,
  state: 'Gone',
  message: 'the service instance is gone',
  bindings: 0,
});

function namesOf(
  { spec, status }: Readonly<ServiceInstance>,
  newest: OperationView | undefined,
): Pick<View, 'service' | 'plan' | 'nextPlan'> {
  const asked = spec.resolvedPlan ?? {
    planId: spec.planId,
    serviceName: spec.serviceId,
    planName: spec.planId,
  };
  const { planId, serviceName, planName } = status?.applied?.resolvedPlan ?? asked;
  const isChanging = newest?.state === 'in progress' && asked.planId !== planId;
  return {
    service: serviceName,
    plan: planName,
    ...(isChanging ? { nextPlan: asked.planName } : {}),
  };
}

function stateAndMessage(
  instance: Readonly<ServiceInstance>,
  newest: OperationView | undefined,
): Pick<View, 'state' | 'message'> {
  if (isDeleting(instance)) return { state: 'Deleting', message: newest?.description ?? '' };
  const state = stateOf(instance.status?.conditions);
  const told = instance.status?.conditions?.find(({ type }) => type === state)?.message;
  return { state, message: told ?? newest?.description ?? '' };
}

/** What was asked for and has not begun stands in no record yet. */
function operationsOf(instance: Readonly<ServiceInstance>, now: Date): OperationView[] {
  const { lastOperation, previousOperations = [] } = instance.status ?? {};
  const current = currentOperation(instance, now);
  const records = [...(lastOperation ? [lastOperation] : []), ...previousOperations];
  if (findOperation(instance, current.id)) return records;
  const { type, startedAt } = current;
  return [{ type, state: 'in progress', description: `the ${type} is in progress`, startedAt }, ...records];
}

function eventView(event: Readonly<KubeEvent>): EventView {
  const { type, reason, message, lastTimestamp, firstTimestamp, count, metadata } = event;
  const at = lastTimestamp ?? firstTimestamp ?? metadata.creationTimestamp ?? '';
  return { type: type ?? '', reason: reason ?? '', message: message ?? '', at, count: count ?? 1 };
}

const byTime = (a: EventView, b: EventView): number => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0);
