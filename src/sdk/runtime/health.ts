// What "ready" means: the checks, and how their outcome is told. Pure; knows nothing of HTTP.
import type { Freshness } from './reflector-liveness.js';

/** For how long the API server may be out of reach before this replica is not ready any more. */
const TOLERATED_FAILURE_MS = 15_000;

export interface ReadinessInputs {
  /** The caches that answers come from, by resource. */
  caches: Readonly<Record<string, { freshness(): Freshness }>>;
  /** Whether it is known who leads, be it this replica or another. */
  isLeaseKnown: () => boolean;
  /** Of the server that platforms talk to. */
  phase: () => 'starting' | 'serving' | 'stopping';
}

export interface HealthCheck {
  name: string;
  /** What is wrong, for people; undefined when nothing is. */
  problem: () => string | undefined;
}

/** What must hold for requests to be sent to this replica. */
export function readinessChecks({ caches, isLeaseKnown, phase }: ReadinessInputs): HealthCheck[] {
  const synced = Object.entries(caches).map(([resource, cache]) => ({
    name: `cache of ${resource}`,
    problem: () => (cache.freshness().synced ? undefined : 'not filled yet'),
  }));
  return [
    { name: 'server', problem: () => (phase() === 'serving' ? undefined : `it is ${phase()}`) },
    ...synced,
    { name: 'API server', problem: () => unreachable(caches) },
    { name: 'Lease', problem: () => (isLeaseKnown() ? undefined : 'it is not known who leads') },
  ];
}

function unreachable(caches: ReadinessInputs['caches']): string | undefined {
  const failing = Object.entries(caches)
    .map(([resource, cache]) => ({ resource, forMs: cache.freshness().failingForMs }))
    .filter(({ forMs }) => forMs > TOLERATED_FAILURE_MS);
  if (failing.length === 0) return undefined;
  const list = failing.map(({ resource, forMs }) => `${resource} for ${Math.round(forMs / 1000)} s`);
  return `cannot follow ${list.join(', ')}`;
}

export interface HealthReport {
  ok: boolean;
  /** One line for each check. */
  lines: string[];
}

/** Runs the checks. `verbose` lists those that hold as well. */
export function report(checks: readonly HealthCheck[], { verbose }: { verbose: boolean }): HealthReport {
  const outcomes = checks.map(({ name, problem }) => ({ name, found: problem() }));
  const told = outcomes.filter(({ found }) => verbose || found !== undefined);
  return {
    ok: outcomes.every(({ found }) => found === undefined),
    lines: told.map(({ name, found }) => (found === undefined ? `[+] ${name}` : `[-] ${name}: ${found}`)),
  };
}
