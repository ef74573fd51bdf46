// The record of what bind applied, beside the generated values in the binding's Secret, for secret values are in it: enough
// to put back all of it, that Secret included.
import { createHash } from 'node:crypto';
import type { Manifest } from '../../sdk/index.js';
import { base64, type KeptData, plain } from './kept.js';

export interface Applied {
  readonly values: KeptData;
  readonly manifests: readonly Manifest[];
}

/** No generated value has a dot in its name. */
const KEY = 'applied.json';

/** The data of the Secret. */
export function recordOf(applied: Applied): KeptData {
  const body = JSON.stringify(applied);
  return { ...applied.values, [KEY]: base64(`${digestOf(body)} ${body}`) };
}

/** Undefined where there is none, or somebody changed it. */
export function recordedIn({ [KEY]: record = '' }: KeptData): Applied | undefined {
  const text = plain(record);
  const body = text.slice(text.indexOf(' ') + 1);
  return text === `${digestOf(body)} ${body}` ? (JSON.parse(body) as Applied) : undefined;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
