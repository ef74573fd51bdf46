// What the echo service remembers: instances, their bindings and how many messages they got. It lives in memory and
// ends with the process; messages themselves are not kept. It knows nothing of HTTP.

export interface InstanceView {
  readonly id: string;
  /** The bindings that exist now. */
  readonly bindings: readonly string[];
  /** All messages so far, those of removed bindings too. */
  readonly messages: number;
}

interface Entry {
  readonly bindings: Set<string>;
  messages: number;
}

/** Ids are opaque: any string will do, and none has a special meaning. */
export class Ledger {
  readonly #instances = new Map<string, Entry>();
  readonly #sole: string | undefined;

  /** The sole instance is there from the start, and so are all bindings that it may be asked for. */
  constructor(sole?: string) {
    this.#sole = sole;
    if (sole !== undefined) this.addInstance(sole);
  }

  /** False when the instance is there already. */
  addInstance(id: string): boolean {
    if (this.#instances.has(id)) return false;
    this.#instances.set(id, { bindings: new Set(), messages: 0 });
    return true;
  }

  /** Removes the instance with its bindings and says what it had; undefined when there is none. */
  removeInstance(id: string): InstanceView | undefined {
    const last = this.instance(id);
    this.#instances.delete(id);
    return last;
  }

  addBinding(instanceId: string, id: string): 'added' | 'exists' | 'no instance' {
    const entry = this.#instances.get(instanceId);
    if (!entry) return 'no instance';
    if (entry.bindings.has(id)) return 'exists';
    entry.bindings.add(id);
    return 'added';
  }

  /** False when there is no such binding. */
  removeBinding(instanceId: string, id: string): boolean {
    return this.#instances.get(instanceId)?.bindings.delete(id) ?? false;
  }

  hasBinding(instanceId: string, id: string): boolean {
    if (instanceId === this.#sole) return this.#instances.has(instanceId);
    return this.#instances.get(instanceId)?.bindings.has(id) ?? false;
  }

  /** Counts one message; the binding must exist. */
  countMessage(instanceId: string): void {
    const entry = this.#instances.get(instanceId);
    if (entry) entry.messages += 1;
  }

  instance(id: string): InstanceView | undefined {
    const entry = this.#instances.get(id);
    return entry && { id, bindings: [...entry.bindings], messages: entry.messages };
  }

  instances(): InstanceView[] {
    return [...this.#instances].map(([id, entry]) => ({
      id,
      bindings: [...entry.bindings],
      messages: entry.messages,
    }));
  }
}
