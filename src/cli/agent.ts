// `brokersdk agent`: on each Docker host, tells of it for as long as its engine answers.
import { runAgent } from '../agent/run.js';
import { readSettings } from '../agent/settings-read.js';
import { orExplain } from './explain.js';

export const run = (args: string[]): Promise<void> =>
  orExplain('The agent cannot run', () => runAgent(readSettings({ args, env: process.env })));
