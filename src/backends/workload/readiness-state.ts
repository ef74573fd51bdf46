// What can be said of the readiness of an object, and how it is asked for.
import type { OwnedObject } from '../../sdk/index.js';
import { progressing, type Readiness } from '../readiness.js';

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
