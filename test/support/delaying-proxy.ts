// A slow machine on demand, to find tests that take for granted who is first. TEST_WATCH_DELAY_MS holds back each piece
// of a watch, and TEST_ANSWER_DELAY_MS the answer to each other request, for a random time up to so many milliseconds,
// for every broker under test; a watch stays in order. Beyond some hundred, mocha needs a longer --timeout.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from './cluster.js';
import { isWatch, type Proxy, startProxy } from './proxy.js';

const WATCH_DELAY_MS = Number(process.env.TEST_WATCH_DELAY_MS ?? 0);
const ANSWER_DELAY_MS = Number(process.env.TEST_ANSWER_DELAY_MS ?? 0);

/** The cluster as a slow machine sees it, where one is wanted. */
export async function slowed(cluster: TestCluster): Promise<Proxy> {
  if (!WATCH_DELAY_MS && !ANSWER_DELAY_MS) return { cluster, close: () => Promise.resolve() };
  return startProxy(cluster, (exchange) =>
    exchange.forward(
      isWatch(exchange.what)
        ? { held: () => upTo(WATCH_DELAY_MS) }
        : { answered: () => upTo(ANSWER_DELAY_MS) },
    ),
  );
}

const upTo = (ms: number): Promise<void> => sleep(Math.random() * ms);
