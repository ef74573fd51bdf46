// The plan's own conditions: what a JSONPath has to find in objects of a kind.
import { JSONPath } from 'jsonpath-plus';
import type { OwnedObject } from '../../sdk/index.js';
import { progressing, READY, type Readiness, stuck } from '../readiness.js';
import { clip } from './readiness-pods.js';

/** The name is rendered; all of the kind where it is left out, and at least one. */
export interface ObjectCondition {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly jsonPath: string;
  /** The text of all that is found. */
  readonly equals: string;
}

export function isMet(
  { kind, name, jsonPath, equals }: ObjectCondition,
  objects: readonly OwnedObject[],
): Readiness {
  const meant = objects.filter(
    (each) => each.kind === kind && (name === undefined || each.metadata.name === name),
  );
  if (meant.length === 0) return progressing(`${[kind, name].filter(Boolean).join(' ')} is being made`);
  try {
    const missing = meant.find((object) => !isAllEqual(find(jsonPath, object), equals));
    return missing ? progressing(`${kind} ${missing.metadata.name} is not ready yet`) : READY;
  } catch (error) {
    return stuck(`the plan's JSONPath for ${kind} cannot be read: ${clip((error as Error).message)}`);
  }
}

const isAllEqual = (found: readonly unknown[], wanted: string): boolean =>
  found.length > 0 &&
  found.every((value) => (typeof value === 'string' ? value : JSON.stringify(value)) === wanted);

/** `safe`: filters are interpreted, within a small language, and never handed to JavaScript. */
const find = (path: string, json: OwnedObject): unknown[] =>
  JSONPath<unknown[]>({ path, json, eval: 'safe', wrap: true }) ?? [];
