// Runs the echo service alone: PORT (8090) and HOST (127.0.0.1; 0.0.0.0 in a container) say where it listens. INSTANCE
// is the id of the instance that it is for, where each has an echo service of its own: it is there from the start, and
// whoever reaches the service may use it, by any binding's address.
import { DEFAULT_ECHO_PORT, startEchoService } from './server.js';

const { PORT, HOST, INSTANCE } = process.env;
const port = PORT ? Number(PORT) : DEFAULT_ECHO_PORT;

if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error('PORT must be a number between 0 and 65535.');
  process.exit(2);
}

// From the beginning: the first process of a container is deaf to a signal that it has no listener for.
const stopped = new Promise((resolve) => process.once('SIGTERM', resolve).once('SIGINT', resolve));

try {
  const server = await startEchoService({
    port,
    ...(HOST ? { host: HOST } : {}),
    ...(INSTANCE ? { sole: INSTANCE } : {}),
  });
  console.log(`The echo service listens at ${server.url}`);
  await stopped;
  await server.close();
} catch (error) {
  console.error(`The echo service cannot start: ${(error as Error).message}`);
  process.exitCode = 1;
}
