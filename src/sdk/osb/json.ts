// What JSON from outside must keep to before anything recursive touches it: bounded depth, numbers that can be
// written back, and text that is valid Unicode. Knows no field of the protocol.
import type { JsonObject } from './broker.js';
import { OsbError } from './errors.js';

export const MAX_DEPTH = 64;

const LONE_SURROGATE = /\p{Surrogate}/u;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value, made safe to walk and to compare, as an object; throws `BadRequest`, naming the whole by `name`. */
export function safeObject(value: unknown, name: string): JsonObject {
  if (!isJsonObject(value)) throw new OsbError('BadRequest', `${name} must be a JSON object`);
  const problem = findProblem(value, 1);
  if (problem) throw new OsbError('BadRequest', `${name} ${problem}`);
  return value;
}

function findProblem(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return textProblem(value);
  // JSON.parse makes Infinity of 1e999, which no JSON can say again.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'has a number out of range';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`;
  for (const [key, item] of Object.entries(value)) {
    // JSON writes it as 0, so that it would never equal what is stored.
    if (Object.is(item, -0)) Object.assign(value, { [key]: 0 });
    const problem = keyProblem(key) ?? findProblem(item, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function keyProblem(key: string): string | undefined {
  return key === '__proto__' ? 'must not have the key __proto__' : textProblem(key);
}

function textProblem(text: string): string | undefined {
  return LONE_SURROGATE.test(text) ? 'must be valid Unicode text' : undefined;
}
