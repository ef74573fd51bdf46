// Each request that a step in the life of an instance sends to its engine, and so the points at which it may be cut off.
// Beside them the image is looked for, before anything is made.
import { type Step, STEPS } from '../chaos/life.js';

export type Side = 'before' | 'after';

export interface Point {
  step: Step;
  request: string;
  /** Of those that are the same, the first is 1. */
  nth: number;
  side: Side;
}

const HOOK = ['POST containers/_/exec', 'POST exec/_/start', 'GET exec/_/json'];

export const REQUESTS: Record<Step, readonly string[]> = {
  provision: [
    ...['GET containers/_/json', 'GET volumes', 'POST volumes/create', 'GET volumes/_'],
    ...['POST containers/create', 'POST containers/_/start', 'GET containers/_/json', ...HOOK],
  ],
  bind: ['GET containers/_/json', ...HOOK],
  unbind: ['GET containers/_/json', ...HOOK],
  deprovision: [
    ...['GET containers/_/json', ...HOOK, 'GET containers/_/json', 'POST containers/_/stop'],
    ...['DELETE containers/_', 'GET volumes', 'DELETE volumes/_'],
  ],
};

/** What only reads leaves the same behind on both of its sides: one is tried. */
export const isReading = ({ request }: { request: string }): boolean => request.startsWith('GET ');

export const POINTS: readonly Point[] = STEPS.flatMap((step) =>
  REQUESTS[step].flatMap((request, index, all) => {
    const nth = all.slice(0, index + 1).filter((each) => each === request).length;
    const sides: Side[] = isReading({ request }) ? ['before'] : ['before', 'after'];
    return sides.map((side): Point => ({ step, request, nth, side }));
  }),
);

export const titleOf = ({ step, request, nth, side }: Point): string =>
  `${step}, ${side} ${request}${nth === 1 ? '' : ` (${nth})`}`;
