// A proxy that keeps a list of what a broker asks of its API server, and loses or refuses what it is told to.
import { startProxy, isWatch, type Proxy } from './proxy.js';
import type { TestCluster } from './cluster.js';

/** A request in the order of arrival. `what` is verb and resource: `create secrets`, `update serviceinstances/status`. */
export interface CountedRequest {
  what: string;
  body: string;
  /** Of the answer; undefined while there is none. */
  status?: number;
}

export interface CountingProxy extends Proxy {
  /** What came since the last `clear`; watches, and what the election asks about its Lease, left out. */
  requests(): readonly CountedRequest[];
  /** The same as sorted words, Events left out: they trail behind. */
  counted(): string[];
  /** Resolves when so many requests of that kind have been answered since the last `clear`. */
  until(what: string, count?: number): Promise<void>;
  clear(): void;
  /** The next request of that kind is answered so, and never reaches the API server. */
  refuseNext(what: string, status: number): void;
  /** The next request of that kind takes effect, and its answer is lost. */
  loseNext(what: string): void;
}

export const EVENT = 'create events';

export async function startCountingProxy(cluster: TestCluster): Promise<CountingProxy> {
  let requests: CountedRequest[] = [];
  const looks = new Set<() => void>();
  const refusals = new Map<string, number>();
  const losses = new Set<string>();
  const proxy = await startProxy(cluster, async (exchange) => {
    const { what, body } = exchange;
    const counted: CountedRequest = { what, body };
    requests.push(counted);
    const refusal = refusals.get(what);
    if (refusals.delete(what)) exchange.refuse((counted.status = refusal!));
    else {
      const isLost = losses.delete(what);
      const answered = (status: number): void => {
        counted.status = status;
        if (isLost) exchange.drop();
      };
      await exchange.forward({ answered }).catch(() => exchange.drop());
    }
    for (const look of looks) look();
  });
  const unary = (): CountedRequest[] =>
    requests.filter(({ what }) => !isWatch(what) && !what.endsWith(' leases'));
  return {
    ...proxy,
    requests: unary,
    counted: () =>
      unary()
        .map(({ what }) => what)
        .filter((what) => what !== EVENT)
        .sort(),
    until: (what, count = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (unary().filter((each) => each.what === what && each.status !== undefined).length < count)
            return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    clear: () => (requests = []),
    refuseNext: (what, status) => void refusals.set(what, status),
    loseNext: (what) => void losses.add(what),
  };
}
