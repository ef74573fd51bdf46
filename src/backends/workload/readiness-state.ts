// What can be said of the readiness of an object, and how it is asked for.
import type { OwnedObject } from '../../sdk/index.js';

/** What becomes of what was applied. The texts are for users. */
export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'progressing'; readonly text: string }
  /** Something is in the way. Waiting may help all the same, but where `isFinal`. */
  | { readonly state: 'stuck'; readonly text: string; readonly isFinal: boolean };

export const READY: Readiness = { state: 'ready' };
export const progressing = (text: string): Readiness => ({ state: 'progressing', text });
export const stuck = (text: string, isFinal = false): Readiness => ({ state: 'stuck', text, isFinal });
/** What its controller says of an object is about an older version of it. */
export const TAKEN_UP = progressing('the change is being taken up');

/** What an object is looked at with. */
export interface Surroundings {
  /** All that the owner has, its Pods included. */
  readonly objects: readonly OwnedObject[];
  /** Whether there are to be Pods at all. */
  readonly wantsPods: boolean;
}

export type Check = (object: OwnedObject, surroundings: Surroundings) => Readiness;
