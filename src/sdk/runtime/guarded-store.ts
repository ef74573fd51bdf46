// A store whose writes have to pass a guard: what a leader writes through, so that it writes nothing more once it is
// not the leader. Reads pass freely.
import type { KubeObject } from '../kube/types.js';
import type { Guard, GuardableStore, Store } from './store.js';

/** `guard` is called right before each write is sent; what it throws is what the write fails with. */
export function guardedStore<T extends KubeObject>(store: GuardableStore<T>, guard: Guard): Store<T> {
  return {
    get: (name) => store.get(name),
    list: () => store.list(),
    byIndex: (index, value) => store.byIndex(index, value),
    onChange: (listener) => store.onChange(listener),
    read: (name) => store.read(name),
    refresh: () => store.refresh(),
    waitFor: (name, predicate, options) => store.waitFor(name, predicate, options),
    create: (object) => store.create(object, guard),
    replace: (object) => store.replace(object, guard),
    replaceStatus: (object) => store.replaceStatus(object, guard),
    delete: (name, preconditions) => store.delete(name, preconditions, guard),
  };
}
