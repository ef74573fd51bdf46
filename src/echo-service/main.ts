// Runs the echo service alone: PORT (8090) and HOST (127.0.0.1; 0.0.0.0 in a container) say where it listens.
import { DEFAULT_ECHO_PORT, startEchoService } from './server.js';

const { PORT, HOST } = process.env;
const port = PORT ? Number(PORT) : DEFAULT_ECHO_PORT;

if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error('PORT must be a number between 0 and 65535.');
  process.exit(2);
}

try {
  const server = await startEchoService({ port, ...(HOST ? { host: HOST } : {}) });
  console.log(`The echo service listens at ${server.url}`);
  const stop = () => void server.close();
  process.once('SIGTERM', stop).once('SIGINT', stop);
} catch (error) {
  console.error(`The echo service cannot start: ${(error as Error).message}`);
  process.exitCode = 1;
}
