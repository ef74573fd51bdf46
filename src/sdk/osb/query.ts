// The query fields that the protocol knows. Unknown ones are ignored; a known one that is repeated has no meaning.
import { OsbError } from './errors.js';
import { present } from './parse.js';

const KNOWN = new Set(['accepts_incomplete', 'service_id', 'plan_id', 'operation']);
const MAX_OPERATION_LENGTH = 10_000;

export class Query {
  readonly #fields = new Map<string, string>();

  /** Throws `BadRequest` when the encoding is malformed or a known field is repeated. */
  constructor(querystring: string) {
    if (!isDecodable(querystring)) throw new OsbError('BadRequest', 'The query is not validly encoded');
    for (const [field, value] of new URLSearchParams(querystring)) {
      if (!KNOWN.has(field)) continue;
      if (this.#fields.has(field)) throw new OsbError('BadRequest', `${field} must be given only once`);
      this.#fields.set(field, value);
    }
  }

  /** True only for `true`; `false`, empty and absent are false. */
  acceptsIncomplete(): boolean {
    const value = this.#fields.get('accepts_incomplete') ?? '';
    if (!['', 'true', 'false'].includes(value)) {
      throw new OsbError('BadRequest', 'accepts_incomplete must be true or false');
    }
    return value === 'true';
  }

  /** The ids of service and plan; an empty one counts as absent. */
  ids(): { serviceId?: string; planId?: string } {
    return present({
      serviceId: this.#fields.get('service_id') || undefined,
      planId: this.#fields.get('plan_id') || undefined,
    });
  }

  operation(): { operation?: string } {
    const operation = this.#fields.get('operation') || undefined;
    if (operation && operation.length > MAX_OPERATION_LENGTH) {
      throw new OsbError('BadRequest', `operation must have at most ${MAX_OPERATION_LENGTH} characters`);
    }
    return present({ operation });
  }
}

/** Whether percent-encoding can be undone without loss: no stray %, no bytes that are not UTF-8. */
export function isDecodable(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}
