// The credentials that a plan's Secret has for every binding.
import { type JsonObject, TerminalError } from '../../sdk/index.js';
import type { DockerInstance } from './site.js';
import { type JsonValue, type Address, substitute } from './substitute.js';

/** The key of the Secret with those that are no text. */
export const CREDENTIALS_KEY = 'credentials.json';

export function staticCredentials({ settings, secret }: DockerInstance, address: Address): JsonObject {
  return substitute(credentialsIn(secret(settings.credentialsSecret!)), address);
}

/** Throws a TerminalError that names the key, and none of its content. */
export function credentialsIn(values: Readonly<Record<string, string>>): Readonly<Record<string, JsonValue>> {
  const { [CREDENTIALS_KEY]: json, ...texts } = values;
  return { ...(json === undefined ? {} : parsed(json)), ...texts };
}

function parsed(json: string): Readonly<Record<string, JsonValue>> {
  try {
    const value = JSON.parse(json) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, JsonValue>;
    }
  } catch {
    // Told below: what JSON.parse says quotes the text.
  }
  throw new TerminalError(`the key ${CREDENTIALS_KEY} of the plan's Secret must be a JSON object`);
}
