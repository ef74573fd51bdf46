// `brokersdk serve`: the broker as a process, in production.
import { broker } from '../broker.js';
import { readSettings, runBroker } from '../sdk/index.js';
import { orExplain } from './explain.js';

export const run = (args: string[]): Promise<void> =>
  orExplain('The broker cannot run', () =>
    runBroker(broker, { settings: readSettings({ args, env: process.env }) }),
  );
