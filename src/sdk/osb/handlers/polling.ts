// What both last_operation endpoints have in common: how long a text may be, and when to ask again.
import type { LastOperationAnswer } from '../broker.js';
import type { Reply } from '../endpoint.js';
import { userText } from '../user-text.js';

export function polling({ status, body: answered, retryAfterSeconds }: LastOperationAnswer): Reply {
  const { description } = answered;
  const body = description === undefined ? answered : { ...answered, description: userText(description) };
  if (retryAfterSeconds === undefined) return { status, body };
  return { status, body, headers: { 'Retry-After': String(Math.ceil(retryAfterSeconds)) } };
}
