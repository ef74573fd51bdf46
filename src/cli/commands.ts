// The commands by name. What a command needs is loaded when it runs, so that help and version are there at once.
import { suggestion } from '../sdk/settings-nearest.js';

export interface Command {
  /** What one types after `brokersdk`. */
  name: string;
  /** What follows the name. */
  usage: string;
  summary: string;
  /** The module of the command; `run` gets the words after the name. */
  load: () => Promise<{ run: (args: string[]) => Promise<void> }>;
}

const SETTINGS = '[--config FILE] [--SETTING VALUE ...]';

export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    usage: SETTINGS,
    summary: 'Runs the broker, as in production',
    load: () => import('./serve.js'),
  },
  {
    name: 'local',
    usage: SETTINGS,
    summary: 'Runs the broker with no cluster, for a first look and for development',
    load: () => import('./local.js'),
  },
  {
    name: 'cluster',
    usage: SETTINGS,
    summary: 'Runs the broker on this machine, against the cluster of the kubeconfig',
    load: () => import('./cluster.js'),
  },
  {
    name: 'agent',
    usage: SETTINGS,
    summary: 'Runs on a Docker host: registers it, and gives signs of its life',
    load: () => import('./agent.js'),
  },
  {
    name: 'catalog validate',
    usage: 'FILE',
    summary: 'Checks a YAML file of ServiceOfferings',
    load: () => import('./catalog-validate.js'),
  },
  {
    name: 'version',
    usage: '',
    summary: 'Tells the versions of brokersdk, of Node.js and of the Open Service Broker API',
    load: () => import('./version.js'),
  },
];

const isHelp = (word: string): boolean => word === '--help' || word === '-h';

/** The command that the words begin with, and the words after it; no command where the program's help is asked for. */
export function findCommand(words: readonly string[]): {
  command?: Command;
  args: string[];
  wantsHelp: boolean;
} {
  const [first] = words;
  const wantsHelp = first === undefined || words.some(isHelp);
  if (first === undefined || isHelp(first)) return { args: [], wantsHelp };
  const begins = ({ name }: Command): boolean => `${words.join(' ')} `.startsWith(`${name} `);
  const isGroup = ({ name }: Command): boolean => name.startsWith(`${first} `);
  const command = COMMANDS.find(begins) ?? (wantsHelp ? COMMANDS.find(isGroup) : undefined);
  if (command) return { command, args: words.slice(command.name.split(' ').length), wantsHelp };
  const names = COMMANDS.map(({ name }) => name);
  const asked = words.slice(0, COMMANDS.some(isGroup) ? 2 : 1).join(' ');
  throw new Error(
    `"${asked}" is not a command${suggestion(asked, names)}\nThe commands are ${names.join(', ')}; --help tells more.`,
  );
}
