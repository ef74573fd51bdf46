// Any replica puts back what it remembers of a Secret where nobody else does: who leads may have come too late to know.
import type { Secret } from '../kube/types.js';
import { isPaused } from '../resources/escape-hatches.js';
import { BINDINGS, type ServiceBinding } from '../resources/kinds.js';
import { ownerOf } from '../resources/own-secrets.js';
import { onAbort } from '../runtime/abortable.js';
import { equalJitter } from '../runtime/backoff.js';
import { errorDetails } from '../telemetry/log.js';
import { type ReconcileContext, storeOf } from './context.js';
import { lossesOf, nameSecret, putBack, type PutBackContext } from './put-back.js';

export interface RescueContext extends PutBackContext, Pick<ReconcileContext, 'random' | 'log'> {
  /** Who leads puts back what it can at once, and tells it. */
  isLeader: () => boolean;
}

/** How long to leave it to the leader; longer after each time in vain. */
const PATIENCE = { baseMs: 6_000, maxMs: 600_000 };

/** Follows the Secrets until the signal fires. */
export function rescueSecrets(context: RescueContext, signal: AbortSignal): void {
  const { stores, clock, random, lostSecrets } = context;
  const waiting = new Map<string, () => void>();
  const lookLater = (name: string, times = 0): void => {
    const isNeeded = lostSecrets.find(name) !== undefined || lostSecrets.isUntold(name);
    if (waiting.has(name) || !isNeeded || signal.aborted) return;
    const look = (): void => {
      void rescue(context, name).finally(() => {
        waiting.delete(name);
        lookLater(name, times + 1);
      });
    };
    const delayMs = equalJitter(times, { ...PATIENCE, random });
    waiting.set(name, clock.after(delayMs, look, { background: true }));
  };
  const end = stores.secrets.onChange((name) => lookLater(name));
  onAbort(signal, () => {
    end();
    for (const cancel of waiting.values()) cancel();
  });
}

/** Never rejects. */
async function rescue(context: RescueContext, name: string): Promise<void> {
  const { stores, lostSecrets, log, isLeader } = context;
  const owner = ownerIn(stores, lostSecrets.find(name)?.secret ?? stores.secrets.get(name));
  if (!owner || isPaused(owner) || isLeader()) return;
  try {
    for (const loss of await lossesOf(context, owner, [name])) {
      await putBack(context, loss, owner);
      log.warn('a Secret was put back', { secret: name, description: loss.what });
    }
    if (owner.kind === BINDINGS.kind) await nameSecret(context, owner as ServiceBinding);
  } catch (error) {
    log.warn('a Secret could not be put back', { secret: name, ...errorDetails(error) });
  }
}

function ownerIn(stores: RescueContext['stores'], secret: Readonly<Secret> | undefined) {
  const owner = secret && ownerOf(secret);
  return owner && storeOf(stores, owner.kind).get(owner.name);
}
