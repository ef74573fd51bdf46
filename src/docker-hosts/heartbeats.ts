// Which hosts give signs of life. Times in a Lease are another machine's: they count for one that is seen for the first
// time only, and from then on this process's own clock since the last change.
import type { Lease } from '../sdk/kube/lease.js';
import { seconds } from '../sdk/resources/conditions.js';
import type { DockerHost } from '../sdk/resources/kinds.js';
import type { Clock } from '../sdk/runtime/clock.js';
import type { Store } from '../sdk/runtime/store.js';
import { leaseName } from './names.js';

export const DEFAULT_KEEPALIVE_SECONDS = 60;
/** After so many keepalives without a sign of life a host counts as lost. */
export const KEEPALIVES = 3;

export interface Heartbeat {
  readonly isAlive: boolean;
  /** For how long it stays alive, in milliseconds, if nothing comes; 0 when it is not. */
  readonly leftMs: number;
  /** For people, after the host's name; '' when it is alive. */
  readonly lost: string;
}

interface Sign {
  renewTime: string;
  /** On the monotonic clock. */
  at: number;
}

export class Heartbeats {
  readonly #clock: Clock;
  /** The last of each Lease, by its name. */
  readonly #signs = new Map<string, Sign>();

  /** Follows the Leases from now on, for as long as the store lives. */
  constructor({ leases, clock }: { leases: Pick<Store<Lease>, 'list' | 'onChange'>; clock: Clock }) {
    this.#clock = clock;
    for (const lease of leases.list()) this.#see(lease.metadata.name, lease);
    leases.onChange((name, lease) => this.#see(name, lease));
  }

  of({ metadata, spec }: Readonly<DockerHost>): Heartbeat {
    const sign = this.#signs.get(leaseName(metadata.name));
    if (!sign) return { isAlive: false, leftMs: 0, lost: 'has never given a sign of life' };
    const { keepaliveSeconds = DEFAULT_KEEPALIVE_SECONDS } = spec;
    const leftMs = Math.max(0, sign.at + KEEPALIVES * keepaliveSeconds * 1000 - this.#clock.monotonic());
    const isAlive = leftMs > 0;
    return { isAlive, leftMs, lost: isAlive ? '' : `has not given a sign of life since ${sinceOf(sign)}` };
  }

  #see(name: string, lease: Readonly<Lease> | undefined): void {
    const { renewTime } = lease?.spec ?? {};
    const time = Date.parse(renewTime ?? '');
    if (!renewTime || Number.isNaN(time)) {
      this.#signs.delete(name);
      return;
    }
    const before = this.#signs.get(name);
    if (before?.renewTime === renewTime) return;
    const now = this.#clock.monotonic();
    // A clock that runs ahead makes nobody younger than new.
    const at = before ? now : now - Math.max(0, this.#clock.now() - time);
    this.#signs.set(name, { renewTime, at });
  }
}

const sinceOf = ({ renewTime }: Sign): string => seconds(new Date(renewTime));
