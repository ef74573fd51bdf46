// Finds what nobody accounts for any more: Secrets without an owner, and things in a backend without a resource. The
// latter are told of, and removed only where the operator wants that.
import { errorDetails } from '../telemetry/log.js';
import type { ReconcileContext } from './context.js';
import { type Holding, takeInventory } from './inventory.js';
import { removeFromBackend } from './orphan-removal.js';
import { removeOrphanSecrets } from './orphan-secrets.js';

type Kind = 'instances' | 'bindings';

/** What a backend holds without a resource: an instance with its bindings, or a binding of an instance that is there. */
export interface Orphan extends Holding {
  kind: Kind;
  /** Of the instance, also where only the binding is one. */
  name: string;
  /** All of them for an instance; the one that it is about for a binding. */
  bindings: readonly string[];
}

const NAMES_TOLD = 10;

export class Orphans {
  readonly #context: ReconcileContext;
  readonly #wake: (kind: Kind, name: string) => void;
  /** Seen without a resource by the last sweep; a resource of theirs may still be on its way. */
  #suspects: ReadonlySet<string> = new Set();
  /** Seen so by two sweeps in a row, and told of. */
  #known = new Map<string, Orphan>();

  /** `wake` is to bring about a call of `remove` while nobody else works on that name. */
  constructor(context: ReconcileContext, wake: (kind: Kind, name: string) => void) {
    this.#context = context;
    this.#wake = wake;
  }

  /** Looks at everything once. Not to be called while a sweep is under way. */
  async sweep(signal: AbortSignal): Promise<void> {
    await removeOrphanSecrets(this.#context, signal);
    const found = this.#withoutResource(await takeInventory(this.#context, signal));
    const known = new Map<string, Orphan>();
    const fresh: Orphan[] = [];
    for (const [key, orphan] of found) {
      if (!this.#known.has(key)) {
        if (!this.#suspects.has(key) || (await this.#hasResource(orphan))) continue;
        fresh.push(orphan);
      }
      known.set(key, orphan);
    }
    signal.throwIfAborted();
    this.#suspects = new Set(found.keys());
    this.#known = known;
    this.#tell(fresh);
    if (this.#context.orphans === 'remove') {
      for (const { kind, name, bindings } of known.values()) {
        this.#wake(kind, kind === 'instances' ? name : bindings[0]!);
      }
    }
  }

  /** Removes an orphan from its backend, where that is wanted; one that resists is tried again after the next sweep. */
  async remove(kind: Kind, name: string, signal: AbortSignal): Promise<void> {
    const { orphans, log, events } = this.#context;
    const key = `${kind}/${name}`;
    const orphan = this.#known.get(key);
    if (!orphan || orphans !== 'remove' || (await this.#hasResource(orphan))) return;
    const what = { orphan: wordsFor(orphan), backend: orphan.plan.backend.name };
    try {
      if (!(await removeFromBackend(this.#context, orphan, signal))) return;
    } catch (error) {
      signal.throwIfAborted();
      log.warn('an orphan could not be removed', { ...what, ...errorDetails(error) });
      return;
    }
    this.#known.delete(key);
    log.warn('an orphan was removed', what);
    const message = `${what.orphan} was removed from the backend ${what.backend}: no resource accounted for it`;
    events.record(orphan.offering, { type: 'Normal', reason: 'OrphanRemoved', message });
  }

  /** As far as the caches show. */
  #withoutResource(holdings: readonly Holding[]): Map<string, Orphan> {
    const { instances, bindings } = this.#context.stores;
    const found = new Map<string, Orphan>();
    for (const holding of holdings) {
      if (!instances.get(holding.name)) {
        found.set(`instances/${holding.name}`, { ...holding, kind: 'instances' });
        continue;
      }
      for (const binding of holding.bindings.filter((name) => !bindings.get(name))) {
        found.set(`bindings/${binding}`, { ...holding, kind: 'bindings', bindings: [binding] });
      }
    }
    return found;
  }

  /** Asks the API server. */
  async #hasResource({ kind, name, bindings }: Orphan): Promise<boolean> {
    const { stores } = this.#context;
    const found =
      kind === 'instances' ? await stores.instances.read(name) : await stores.bindings.read(bindings[0]!);
    return found !== undefined;
  }

  /** One Event for each plan, on its offering. */
  #tell(fresh: readonly Orphan[]): void {
    const { log, events, orphans } = this.#context;
    for (const plan of new Set(fresh.map((orphan) => orphan.plan))) {
      const ofPlan = fresh.filter((orphan) => orphan.plan === plan);
      const names = ofPlan.map(wordsFor);
      const backend = plan.backend.name;
      log.warn('a backend holds what no resource accounts for', {
        backend,
        plan: plan.spec.name,
        orphans: names,
      });
      const more = names.length > NAMES_TOLD ? ` and ${names.length - NAMES_TOLD} more` : '';
      const shown = `${names.slice(0, NAMES_TOLD).join(', ')}${more}`;
      const fate = orphans === 'remove' ? 'it is removed' : 'it is left alone (BROKER_ORPHANS=report)';
      events.record(ofPlan[0]!.offering, {
        type: 'Warning',
        reason: 'OrphansFound',
        message: `plan ${plan.spec.name}: the backend ${backend} holds what no resource accounts for: ${shown}; ${fate}`,
      });
    }
  }
}

const wordsFor = ({ kind, name, bindings }: Orphan): string =>
  kind === 'instances' ? `instance ${name}` : `binding ${bindings[0]!} of instance ${name}`;
