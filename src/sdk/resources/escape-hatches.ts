// Escape hatches: annotations with which an operator takes part in what becomes of an instance or a binding.
import type { KubeObject } from '../kube/types.js';
import { GROUP } from './kinds.js';

/** Any value: try again now, once. */
export const RETRY_NOW = `${GROUP}/retry-now`;
/** `true`: leave the object alone, for as long as it stands there. */
export const PAUSE = `${GROUP}/pause`;
/** `true`: when the object is deleted, let it go without its backend. */
export const ABANDON = `${GROUP}/abandon`;

type Annotated = Readonly<KubeObject> | undefined;

const valueOf = (object: Annotated, name: string): string | undefined => object?.metadata.annotations?.[name];

export const isPaused = (object: Annotated): boolean => valueOf(object, PAUSE) === 'true';
export const isAbandoned = (object: Annotated): boolean => valueOf(object, ABANDON) === 'true';
export const wantsRetry = (object: Annotated): boolean => valueOf(object, RETRY_NOW) !== undefined;

/** The object without the wish for a retry, which is honoured once. */
export function withoutRetry<T extends KubeObject>(object: T): T {
  const { [RETRY_NOW]: _, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Do its annotations ask for another look than before? A retry that was honoured does not. */
export function asksAnew(current: Annotated, previous: Annotated): boolean {
  const isRetry = wantsRetry(current) && valueOf(current, RETRY_NOW) !== valueOf(previous, RETRY_NOW);
  return (
    isRetry || isPaused(current) !== isPaused(previous) || isAbandoned(current) !== isAbandoned(previous)
  );
}

/** One sentence for each of them whose value means nothing. */
export function hatchProblems(object: Annotated): string[] {
  return [PAUSE, ABANDON].flatMap((name) => {
    const value = valueOf(object, name);
    if (value === undefined || value === 'true') return [];
    return [
      `metadata.annotations: ${name}: "${value.slice(0, 100)}" means nothing; write "true", or remove it`,
    ];
  });
}
