// Remembers what somebody took out of the Secrets of instances and bindings, for as long as these are there. Every replica
// does, for any of them may lead next: passwords that were made once are nowhere else.
import type { KubeObject, Secret } from '../kube/types.js';
import { isTold } from '../resources/binding-secret.js';
import type { ServiceBinding } from '../resources/kinds.js';
import { isPutBack, type Loss, lossIn, ownerOf, roleOf } from '../resources/own-secrets.js';
import { storeOf, type Stores } from './context.js';

type Shown = Readonly<Secret> | undefined;

export class LostSecrets {
  readonly #stores: Pick<Stores, 'instances' | 'bindings' | 'secrets'>;
  /** By name, each as it was before. */
  readonly #whole = new Map<string, Readonly<Secret>>();

  constructor(stores: Pick<Stores, 'instances' | 'bindings' | 'secrets'>) {
    this.#stores = stores;
    stores.secrets.onChange((name, current, previous) => this.#see(name, current, previous));
  }

  /** What the Secret of that name lacks, as the caches show it now. */
  find(name: string): Loss | undefined {
    const whole = this.#whole.get(name);
    return whole && this.#look(name, this.#stores.secrets.get(name), whole);
  }

  /** Whether it is known that the Secret of a binding lacks nothing, though the binding tells of another version. */
  isUntold(name: string): boolean {
    return !this.find(name) && this.#whole.has(name);
  }

  #see(name: string, current: Shown, previous: Shown): void {
    const known = this.#whole.get(name);
    const whole = previous && this.#counts(previous, known !== undefined) ? previous : known;
    if (whole) this.#look(name, current, whole);
  }

  /** A binding's credentials are those of the version that its status tells of; until then, bind may make others. */
  #counts(secret: Readonly<Secret>, isKnown: boolean): boolean {
    if (roleOf(secret) !== 'binding') return !isKnown;
    const binding = this.#ownerOf(secret) as Readonly<ServiceBinding> | undefined;
    return binding?.status?.secretRef !== undefined && isTold(secret, binding);
  }

  #look(name: string, current: Shown, whole: Readonly<Secret>): Loss | undefined {
    const owner = this.#ownerOf(whole);
    const isOfBinding = owner && roleOf(whole) === 'binding';
    const isTheOne = current && isOfBinding && isTold(current, owner as ServiceBinding);
    const right = current && isPutBack(current, whole) ? current : whole;
    const loss = owner && !isTheOne ? lossIn(current, right, owner) : undefined;
    if (loss) this.#whole.set(name, loss.secret);
    else if (isOfBinding && !isTheOne) this.#whole.set(name, right);
    else this.#whole.delete(name);
    return loss;
  }

  /** Undefined where it is gone, or about to go. */
  #ownerOf(secret: Readonly<Secret>): Readonly<KubeObject> | undefined {
    const reference = ownerOf(secret);
    if (!reference) return undefined;
    const owner = storeOf(this.#stores, reference.kind).get(reference.name);
    const isHere = owner?.metadata.uid === reference.uid && owner.metadata.deletionTimestamp === undefined;
    return isHere ? owner : undefined;
  }
}
