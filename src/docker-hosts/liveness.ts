// What the leader does about signs of life: tells of each host whether it is alive, once per change, and wakes its
// instances then. Sleeps until something changes or a host's time is over.
import type { BackendLog, LeaderTerm } from '../sdk/index.js';
import { condition } from '../sdk/resources/conditions.js';
import type { DockerHost, DockerHostStatus } from '../sdk/resources/kinds.js';
import { onAbort } from '../sdk/runtime/abortable.js';
import { WorkQueue } from '../sdk/runtime/work-queue.js';
import { errorDetails } from '../sdk/telemetry/log.js';
import { entriesOf } from './entries.js';
import type { Heartbeat } from './heartbeats.js';
import { changeStatus, type StatusChange } from './host-status.js';
import type { DockerHosts } from './hosts.js';
import { hostOfLease } from './names.js';

export const ALIVE = 'Alive';

/** Resolves when the term's signal has fired and the last write has ended. */
export async function followHosts(
  { sources }: Pick<DockerHosts, 'sources'>,
  term: LeaderTerm,
  log: BackendLog,
): Promise<void> {
  const { hosts, leases, clock } = sources;
  const queue = new WorkQueue({ clock });
  const ends = [
    hosts.onChange((name) => queue.add(name)),
    leases.onChange((lease) => {
      const host = hostOfLease(lease);
      if (host !== undefined) queue.add(host);
    }),
    onAbort(term.signal, () => queue.shutdown()),
  ];
  for (const { metadata } of hosts.list()) queue.add(metadata.name);
  for (let name = await queue.get(); name !== undefined; name = await queue.get()) {
    try {
      const leftMs = await look(sources, term, name);
      queue.forget(name);
      if (leftMs > 0) queue.addAfter(name, leftMs);
    } catch (error) {
      const retryInMs = queue.addRateLimited(name);
      if (!term.signal.aborted) {
        log.warn('could not tell of a Docker host whether it is alive; trying again', {
          dockerHost: name,
          retryInMs,
          ...errorDetails(error),
        });
      }
    }
    queue.done(name);
  }
  for (const end of ends) end();
}

/** In how many milliseconds to look again if nothing happens; 0 for when something happens only. */
async function look(sources: DockerHosts['sources'], term: LeaderTerm, name: string): Promise<number> {
  const { hosts, heartbeats, clock } = sources;
  const now = new Date(clock.now());
  let leftMs = 0;
  const change = await changeStatus(
    hosts,
    name,
    (host) => {
      const heartbeat = heartbeats.of(host);
      leftMs = heartbeat.leftMs;
      return told(host, heartbeat, now);
    },
    term.assertLeading,
  );
  if (change) tell(change, term);
  return leftMs;
}

/** The status of a host with that heartbeat; what others wrote into it stays. */
function told(host: Readonly<DockerHost>, { isAlive, lost }: Heartbeat, now: Date): DockerHostStatus {
  const { status = {}, metadata } = host;
  const { generation = 1 } = metadata;
  const others = (status.conditions ?? []).filter(({ type }) => type !== ALIVE);
  const alive = condition(status.conditions, {
    type: ALIVE,
    status: isAlive ? 'True' : 'False',
    reason: isAlive ? 'Heartbeat' : 'NoHeartbeat',
    message: isAlive ? 'its agent gives signs of life' : `it ${lost}: does its agent run?`,
    generation,
    now,
  });
  return {
    ...status,
    observedGeneration: generation,
    conditions: [...others, alive],
    instanceCount: entriesOf(host).length,
  };
}

function tell({ before, after }: StatusChange, term: LeaderTerm): void {
  const [was, is] = [aliveOf(before), aliveOf(after)];
  if (!is || was?.status === is.status) return;
  for (const { name } of entriesOf(after)) term.wake(name);
  const isAlive = is.status === 'True';
  // One that has yet to come has not been lost.
  if (!isAlive && !was) return;
  term.event(after, {
    type: isAlive ? 'Normal' : 'Warning',
    reason: isAlive ? 'HostAlive' : 'HostLost',
    message: is.message,
  });
}

const aliveOf = ({ status }: Readonly<DockerHost>) => status?.conditions?.find(({ type }) => type === ALIVE);
