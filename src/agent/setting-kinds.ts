// What values of the agent's settings may be. Each kind makes a value of a text, or throws a sentence that says what the
// text should be.
import { accessSync, constants } from 'node:fs';
import { isHost } from '../docker-hosts/rest/ping-host.js';

export type Parse<T> = (text: string) => T;

export const text: Parse<string> = (value) => value;

export const whole =
  (min: number, max: number): Parse<number> =>
  (value) => {
    if (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    throw new Error(`must be a whole number from ${min} to ${max}`);
  };

export const factor: Parse<number> = (value) => {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  throw new Error('must be a number such as 1.22, and not below 0');
};

export const oneOf =
  <const T extends string>(...words: readonly T[]): Parse<T> =>
  (value) => {
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw new Error(`must be one of ${words.join(', ')}`);
  };

export const trueOrFalse: Parse<boolean> = (value) => oneOf('true', 'false')(value) === 'true';

const HOST = 'the name or address of a host alone, such as 10.0.0.7';

/** A host's name or address, with nothing before or after it. */
export const host: Parse<string> = (value) => {
  if (isHost(value)) return value;
  throw new Error(`must be ${HOST}`);
};

/** A host, or the path of an engine's socket. */
export const engineHost: Parse<string> = (value) => {
  if (isHost(value) || /^unix:\/\/\/[^?#\s]+$/.test(value)) return value;
  throw new Error(`must be ${HOST}, or a socket, such as unix:///var/run/docker.sock`);
};

export const objectLabel: Parse<string> = (value) => {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new Error('must be at most 63 small letters, digits and dashes, and begin and end with no dash');
};

export const readableFile: Parse<string> = (path) => {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new Error(`must be a file that can be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
  return path;
};

/** Addresses of brokers with commas between them; without a slash at their ends. */
export const brokerUrls: Parse<string[]> = (value) => {
  const words = value.split(',').map((word) => word.trim());
  return words.map((word) => {
    const url = /^https?:\/\//.test(word) && URL.canParse(word) ? new URL(word) : undefined;
    if (url && !/[?#@\s]/.test(word)) return url.href.replace(/\/+$/, '');
    throw new Error(
      'must be addresses that begin with https:// or http://, without user, query and fragment, and with commas between them',
    );
  });
};
