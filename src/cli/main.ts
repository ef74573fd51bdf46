#!/usr/bin/env node
// `brokersdk`: finds the command that is asked for and runs it.
import '../sdk/require-node.js';
import { findCommand } from './commands.js';
import { orExplain } from './explain.js';

await orExplain('brokersdk', async () => {
  const { command, args, wantsHelp } = findCommand(process.argv.slice(2));
  if (!command || wantsHelp) {
    const { helpOf } = await import('./help.js');
    process.stdout.write(helpOf(command));
  } else {
    await (await command.load()).run(args);
  }
});
