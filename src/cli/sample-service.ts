// The echo service that the sample services need, beside the broker in the same process.
import { type EchoServer, startEchoService } from '../echo-service/server.js';
import { portOf } from './port.js';

/** Starts it at ECHO_SERVICE_PORT (8090); an error names the remedy. */
export async function startSampleService(): Promise<EchoServer> {
  const port = portOf('ECHO_SERVICE_PORT', 8090);
  try {
    return await startEchoService({ host: '127.0.0.1', port });
  } catch (error) {
    throw new Error(
      `Cannot serve the sample services on port ${port} (${(error as NodeJS.ErrnoException).code}): ` +
        'stop what listens there, or set ECHO_SERVICE_PORT to another port',
      { cause: error },
    );
  }
}
