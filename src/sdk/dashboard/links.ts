// Links to the page of one instance: signed, for a time, and for this very instance, so that a later one of the same id
// does not show with them. A link is a secret: it goes into answers to platforms, and nowhere else.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ServiceInstance } from '../resources/kinds.js';

export interface LinkOptions {
  /** Without a slash at its end. */
  publicUrl: string;
  /** How long a link is good for, at the least. */
  seconds: number;
  /** Undefined in the moments in which there is none. */
  key: () => Buffer | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** What the query of a link says. */
export interface Claim {
  /** Seconds since 1970. */
  expires: number;
  signature: Buffer;
}

/** A link may be told to have expired only where its signature is right. */
export type Verdict = 'valid' | 'expired' | 'wrong';

/** By this part of its life at most, a link may be good for longer. */
const STEPS = 30;

export class Links {
  readonly #options: LinkOptions;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * Repeated requests are to be answered alike, so that the expiry moves in steps; they begin when the instance does.
   * Undefined while there is no key.
   */
  urlFor({ metadata }: Readonly<ServiceInstance>): string | undefined {
    const { publicUrl, seconds, now } = this.#options;
    const { name, uid, creationTimestamp } = metadata;
    if (uid === undefined) return undefined;
    const step = Math.max(1, Math.floor(seconds / STEPS));
    const created = Math.floor(Date.parse(creationTimestamp ?? '') / 1000) || 0;
    const age = Math.max(0, Math.floor(now() / 1000) - created);
    const expires = created + (Math.floor(age / step) + 1) * step + seconds;
    const signature = this.#sign(name, uid, expires)?.toString('base64url');
    return signature && `${publicUrl}/dashboard/${name}?expires=${expires}&signature=${signature}`;
  }

  /** An instance that is not there has no uid; the answer is then `wrong`, after the same work. */
  verify(name: string, uid: string | undefined, claim: Claim): Verdict {
    const right = this.#sign(name, uid ?? '', claim.expires);
    if (!right || !timingSafeEqual(right, claim.signature) || uid === undefined) return 'wrong';
    return claim.expires * 1000 > this.#options.now() ? 'valid' : 'expired';
  }

  #sign(name: string, uid: string, expires: number): Buffer | undefined {
    const key = this.#options.key();
    const subject = JSON.stringify(['dashboard', name, uid, expires]);
    return key && createHmac('sha256', key).update(subject).digest();
  }
}

/** What a link's query claims; undefined where it is not of the form of ours. */
export function readClaim(query: string): Claim | undefined {
  const fields = new URLSearchParams(query);
  const [expires = '', signature = ''] = [fields.get('expires') ?? '', fields.get('signature') ?? ''];
  if (!/^\d{1,12}$/.test(expires) || !/^[A-Za-z0-9_-]{43}$/.test(signature)) return undefined;
  return { expires: Number(expires), signature: Buffer.from(signature, 'base64url') };
}
