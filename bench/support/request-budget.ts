// Which requests of the API server a broker has to account for, and which it makes of its own accord: the watches that it
// reads by, the Lease, and Events, which are told after the fact.
import type { RequestCounts } from './api-requests.js';

const APART = /^(watch |create events|(get|list|create|update) leases)/;

/** Without those that are apart. */
export const accountable = (counts: RequestCounts): RequestCounts =>
  Object.fromEntries(Object.entries(counts).filter(([what]) => !APART.test(what)));

/** What differs from the budget of so many provisions, in words; nothing, where it is kept to the request. */
export function beyondBudget(counts: RequestCounts, provisions: number): string[] {
  const budget: RequestCounts = {
    'create serviceinstances': provisions,
    'update serviceinstances/status': provisions,
  };
  const made = accountable(counts);
  return Object.keys({ ...budget, ...made })
    .filter((what) => made[what] !== budget[what])
    .map((what) => `${what}: ${made[what] ?? 0} instead of ${budget[what] ?? 0}`);
}
