// Conditions: how a resource says in which state it is.

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

/** The states of an instance or a binding: exactly one of the three conditions is true. */
export type State = 'Ready' | 'Pending' | 'Failed';

const STATES: readonly State[] = ['Ready', 'Pending', 'Failed'];
const MAX_MESSAGE = 1024;

export interface StateDetails {
  state: State;
  reason: string;
  message: string;
  generation: number;
  now: Date;
}

/** The three conditions for a state, and all others as they were. */
export function stateConditions(
  previous: readonly Condition[] | undefined,
  details: StateDetails,
): Condition[] {
  const states = STATES.map((type) =>
    condition(previous, {
      type,
      status: type === details.state ? 'True' : 'False',
      reason: details.reason,
      message: details.message,
      generation: details.generation,
      now: details.now,
    }),
  );
  return [...states, ...otherConditions(previous)];
}

/** Those that do not tell how the last operation stands. */
export const otherConditions = (conditions: readonly Condition[] | undefined): Condition[] =>
  (conditions ?? []).filter(({ type }) => !isState(type));

export const isState = (type: string): boolean => (STATES as readonly string[]).includes(type);

export interface ConditionDetails {
  type: string;
  status: Condition['status'];
  reason: string;
  message: string;
  generation: number;
  now: Date;
}

/** One condition, which keeps its transition time as long as its status stays. */
export function condition(previous: readonly Condition[] | undefined, details: ConditionDetails): Condition {
  const before = previous?.find(({ type }) => type === details.type);
  return {
    type: details.type,
    status: details.status,
    reason: details.reason,
    message: details.message.slice(0, MAX_MESSAGE),
    lastTransitionTime: before?.status === details.status ? before.lastTransitionTime : seconds(details.now),
    observedGeneration: details.generation,
  };
}

/** The state that the conditions tell; a resource without conditions is pending. */
export function stateOf(conditions: readonly Condition[] | undefined): State {
  return (
    STATES.find((state) => conditions?.some(({ type, status }) => type === state && status === 'True')) ??
    'Pending'
  );
}

/** Kubernetes' form of a time: RFC 3339 in whole seconds. */
export function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
