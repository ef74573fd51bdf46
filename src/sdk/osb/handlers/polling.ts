// What both last_operation endpoints have in common: when to ask again.
import type { LastOperationAnswer } from '../broker.js';
import type { Reply } from '../endpoint.js';

export function polling({ status, body, retryAfterSeconds }: LastOperationAnswer): Reply {
  if (retryAfterSeconds === undefined) return { status, body };
  return { status, body, headers: { 'Retry-After': String(Math.ceil(retryAfterSeconds)) } };
}
