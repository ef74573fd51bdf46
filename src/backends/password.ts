// Passwords that backends make.
import { randomInt } from 'node:crypto';

/** Safe in addresses, shells and configuration files alike. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const DEFAULT_LENGTH = 32;

export const newPassword = (length = DEFAULT_LENGTH): string =>
  Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
