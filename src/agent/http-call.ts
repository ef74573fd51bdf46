// One HTTP call on a connection of its own: an agent makes one a minute.
import { Client } from 'undici';
import { childController } from '../sdk/runtime/abortable.js';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;

export interface Call {
  /** `https://broker.example:8443`; what is behind it is not looked at. */
  origin: string;
  /** Where the server listens, in place of the origin's host and port. */
  socketPath?: string;
  /** PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** The answer; rejects where there is none within ten seconds, or when `signal` fires. Follows no redirect. */
export async function call(what: Call, signal: AbortSignal): Promise<{ status: number; body: string }> {
  const { origin, socketPath, tls, ...request } = what;
  const client = new Client(origin, {
    ...(socketPath ? { socketPath } : {}),
    connect: tls ?? {},
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const { controller, release } = childController(signal);
  const timer = setTimeout(
    () => controller.abort(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)),
    TIMEOUT_MS,
  );
  try {
    const { statusCode, body } = await client.request({ ...request, signal: controller.signal });
    return { status: statusCode, body: await body.text() };
  } finally {
    clearTimeout(timer);
    release();
    await client.destroy();
  }
}
