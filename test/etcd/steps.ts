// The four steps in the life of a key space, and each request that they send to etcd: the points at which a broker, or
// etcd itself, may be killed. Beside them there are the log-in of a broker that has just started, and what it asks for
// `check` and `observe`, which changes nothing.
import { type Step, STEPS } from '../chaos/life.js';
import type { Side } from './gate.js';

export { type Step, STEPS };

export const REQUESTS: Record<Step, readonly string[]> = {
  provision: ['role/get', 'role/add', 'user/list', 'role/grant'],
  bind: ['user/add', 'user/grant'],
  unbind: ['user/delete'],
  deprovision: ['user/list', 'kv/deleterange', 'role/delete'],
};

export interface Point {
  step: Step;
  path: string;
  side: Side;
}

export const POINTS: readonly Point[] = STEPS.flatMap((step) =>
  REQUESTS[step].flatMap((path) =>
    (['before', 'after'] as const).map((side): Point => ({ step, path, side })),
  ),
);
