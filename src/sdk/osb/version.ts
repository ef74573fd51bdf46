// The version header: absent, malformed, another major, or served. Minors only add, so any minor of 2 is served.
import type { Check } from './checks.js';
import { OsbError } from './errors.js';

export const SERVED_VERSION = '2.17';
const SERVED_MAJOR = 2;

const HEADER = 'X-Broker-API-Version';

/** Lets a request on only when its version is one that this broker serves. */
export function versionCheck(missingStatus: 400 | 412): Check {
  return (ctx) => {
    const problem = versionProblem(ctx.get(HEADER), missingStatus);
    if (problem) throw problem;
  };
}

function versionProblem(header: string, missingStatus: 400 | 412): OsbError | undefined {
  if (header === '') {
    const name = missingStatus === 400 ? 'BadRequest' : 'VersionNotSupported';
    return new OsbError(name, `The header ${HEADER} is needed; send ${SERVED_VERSION}`);
  }
  const [, major] = /^(\d{1,9})\.\d{1,9}$/.exec(header) ?? [];
  if (major === undefined) {
    return new OsbError('BadRequest', `${HEADER} must have the form MAJOR.MINOR, such as ${SERVED_VERSION}`);
  }
  if (Number(major) !== SERVED_MAJOR) {
    return new OsbError('VersionNotSupported', `This version is not served; use ${SERVED_VERSION}`);
  }
  return undefined;
}
