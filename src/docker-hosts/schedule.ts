// The host for a new instance. Pure but for the die.
import type { HostView } from './hosts.js';
import { portsWord } from './ports.js';

export interface Need {
  /** How many ports of the host's range. */
  readonly ports: number;
  /** The one host that it must be. */
  readonly only?: string;
}

export type Choice = { readonly host: string } | { readonly problem: string };

/** A text that names every host of a large fleet is read by nobody. */
const MAX_NAMED = 5;

/**
 * Of the hosts that are alive, schedulable and have enough free ports, one with the lowest perfFactor, at random; else
 * a sentence that says why none will do.
 */
export function chooseHost(hosts: readonly HostView[], need: Need, random: () => number): Choice {
  const { only } = need;
  const candidates = only === undefined ? hosts : hosts.filter(({ name }) => name === only);
  const fit = candidates.filter((host) => unfitness(host, need) === undefined);
  const lowest = Math.min(...fit.map(({ perfFactor }) => perfFactor));
  const best = fit.filter(({ perfFactor }) => perfFactor === lowest);
  const chosen = best[Math.min(best.length - 1, Math.floor(random() * best.length))];
  return chosen ? { host: chosen.name } : { problem: problemOf(candidates, need) };
}

/** Why the host cannot take the instance, after its name; undefined when it can. */
function unfitness(host: HostView, { ports }: Need): string | undefined {
  if (!host.isAlive) return host.lost;
  if (!host.schedulable) return 'takes no new instances (spec.schedulable is false)';
  const { freePorts } = host;
  if (freePorts === undefined || freePorts >= ports) return undefined;
  return `has ${portsWord(freePorts)} free of the ${ports} needed`;
}

function problemOf(candidates: readonly HostView[], need: Need): string {
  if (candidates.length === 0) {
    return need.only === undefined
      ? 'there is no Docker host: run brokersdk agent on one'
      : `there is no Docker host ${need.only}: run brokersdk agent on it`;
  }
  const reasons = candidates.slice(0, MAX_NAMED).map((host) => `${host.name} ${unfitness(host, need)}`);
  const more = candidates.length - reasons.length;
  if (more > 0) reasons.push(`and ${more} more cannot`);
  return `no Docker host can take the instance: ${reasons.join('; ')}`;
}
