// The stream of a watch as events: one JSON object a line. A stream that ends within a line, or a line that is no
// event, is an error and never passed over, for an event lost in silence would leave a cache wrong for good.
import { type CallDescription, errorOfFailure } from './errors.js';
import type { WatchEvent } from './types.js';

const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/** Hands every event to `onEvent` in order; resolves at the clean end of the stream. */
export async function readEvents<T>(
  description: CallDescription,
  body: AsyncIterable<Uint8Array>,
  onEvent: (event: WatchEvent<T>) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    lines[0] = rest + lines[0]; // what a long event is made up of is joined once, when its end has come
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onEvent(parseEvent<T>(description, line));
  }
  if (rest.trim() !== '')
    throw errorOfFailure(description, new Error('the watch ended in the middle of an event'));
}

function parseEvent<T>(description: CallDescription, line: string): WatchEvent<T> {
  let event: { type?: unknown; object?: { metadata?: { resourceVersion?: unknown } } } | null;
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    event = null;
  }
  const isKnown = typeof event?.type === 'string' && TYPES.has(event.type);
  const hasVersion = typeof event?.object?.metadata?.resourceVersion === 'string';
  if (isKnown && (hasVersion || event?.type === 'ERROR')) return event as WatchEvent<T>;
  // The line itself may hold a secret.
  throw errorOfFailure(description, new Error('the watch sent a line that is not an event'));
}
