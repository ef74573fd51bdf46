// Whether the Docker engine of this host answers: a sign of life for one that does not would be a lie.
import type { EngineAddress } from '../docker-hosts/engine-address.js';
import { call, type Call } from './http-call.js';

/** Resolves when the engine there answers GET /_ping as one that works; rejects with a sentence that says why not. */
export async function pingEngine(address: EngineAddress, signal: AbortSignal): Promise<void> {
  const { engine, tls } = address;
  const { status } = await call({ ...placeOf(address), method: 'GET', path: '/_ping' }, signal).catch(
    (error: unknown) => {
      const { message } = error as Error;
      throw new Error(`the Docker engine at ${engine} does not answer: ${message}`, { cause: error });
    },
  );
  if (status === 200) return;
  const hint = status === 400 && !tls ? ': where it wants TLS, give the agent its certificates' : '';
  throw new Error(`the Docker engine at ${engine} answers GET /_ping with ${status}${hint}`);
}

function placeOf({ engine, tls }: EngineAddress): Pick<Call, 'origin' | 'socketPath' | 'tls'> {
  if (engine.startsWith('unix://'))
    return { origin: 'http://docker', socketPath: engine.slice('unix://'.length) };
  const place = engine.slice('tcp://'.length);
  return tls ? { origin: `https://${place}`, tls } : { origin: `http://${place}` };
}
