// The echo service that the sample services need, beside the broker in the same process.
import { type EchoServer, startEchoService } from '../echo-service/server.js';

/** Starts it at ECHO_SERVICE_PORT (8090); an error names the remedy. */
export async function startSampleService(env: NodeJS.ProcessEnv): Promise<EchoServer> {
  const port = Number(env.ECHO_SERVICE_PORT ?? 8090);
  try {
    return await startEchoService({ host: '127.0.0.1', port });
  } catch (error) {
    throw new Error(
      `Cannot serve the sample services on port ${env.ECHO_SERVICE_PORT ?? port} (${(error as NodeJS.ErrnoException).code}): ` +
        'stop what listens there, or set ECHO_SERVICE_PORT to another port',
      { cause: error },
    );
  }
}
