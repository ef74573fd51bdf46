// What can be said of whether something that was made serves.

/** What becomes of what was made. The texts are for users. */
export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'progressing'; readonly text: string }
  /** Something is in the way. Waiting may help all the same, but where `isFinal`. */
  | { readonly state: 'stuck'; readonly text: string; readonly isFinal: boolean };

export const READY: Readiness = { state: 'ready' };
export const progressing = (text: string): Readiness => ({ state: 'progressing', text });
export const stuck = (text: string, isFinal = false): Readiness => ({ state: 'stuck', text, isFinal });
