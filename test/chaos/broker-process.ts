// A broker as a process of its own, to be killed: one service over the world whose address stands in WORLD_URL.
import { defineService, done, runBroker, waiting } from '../../src/sdk/index.js';

const WORLD = process.env.WORLD_URL!;

async function ask(
  method: 'PUT' | 'DELETE',
  path: string,
  signal: AbortSignal,
): Promise<{ ready?: boolean; password?: string }> {
  const answer = await fetch(`${WORLD}/${path}`, { method, signal });
  if (!answer.ok) throw new Error(`the world answered ${answer.status}`);
  return (await answer.json()) as { ready?: boolean; password?: string };
}

const database = defineService({
  id: 'chaos-database',
  name: 'database',
  description: 'A database of the world',
  plans: [{ id: 'chaos-small', name: 'small', description: 'A small one' }],
  async ensure({ name, signal }) {
    const { ready } = await ask('PUT', name, signal);
    return ready ? done() : waiting('the database starts', { retryAfter: 0.2 });
  },
  async destroy({ name, signal }) {
    await ask('DELETE', name, signal);
  },
  async bind({ name, instance, signal }) {
    const { password } = await ask('PUT', `${instance.name}/${name}`, signal);
    return done({ credentials: { database: instance.name, username: name, password } });
  },
  async unbind({ name, instance, signal }) {
    await ask('DELETE', `${instance.name}/${name}`, signal);
  },
});

await runBroker({ services: [database] });
