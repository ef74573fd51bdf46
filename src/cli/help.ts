// What `--help` says: of the program, and of each command.
import { CONFIG_FILE, flagOf, isSecret, type SettingName, SETTINGS } from '../sdk/settings.js';
import { agentSettingsHelp, AGENT_DETAILS } from './agent-help.js';
import { type Command, COMMANDS } from './commands.js';
import { indented } from './indented.js';

const CLUSTER = 'The cluster is that of KUBECONFIG, else of ~/.kube/config, else the one that it runs in.';

const DETAILS: Record<string, string> = {
  serve: `Serves the Open Service Broker API until SIGTERM or SIGINT, and stops in good order.
${CLUSTER}
The custom resource definitions and the namespace must be there, and credentials for the platforms must be given.

  BROKER_USERNAME=platform BROKER_PASSWORD=... brokersdk serve --namespace brokersdk
  brokersdk serve --config /etc/brokersdk/broker.yaml --log-level debug`,
  local: `Runs the broker, a Kubernetes API server in memory and the service behind the samples in one process. User and
password are "broker" where none are given; .local/kubeconfig is for kubectl. Not for production.

  brokersdk local --port 9000

In the environment, ECHO_SERVICE_PORT (8090) and LOCAL_API_PORT (any) say where the other two listen.`,
  cluster: `Runs the broker as \`serve\` does, after it has applied the custom resource definitions and the namespace (brokersdk),
for which one must be an administrator of the cluster. Serves the samples, too.
${CLUSTER}

  BROKER_USERNAME=platform BROKER_PASSWORD=... brokersdk cluster

In the environment, ECHO_SERVICE_PORT (8090) says where the service behind the samples listens.`,
  agent: AGENT_DETAILS,
  'catalog validate': `Checks each ServiceOffering of the file as the API server does by its definition, then by the rules of the catalog,
and the plans by the settings of their backends; and all of them together, with the services of this broker.
Names each problem with its line and path, and ends with 1 where there is one. Needs no cluster.

  brokersdk catalog validate install/samples/offerings.yaml`,
  version: 'Tells what to name in a report of a fault.',
};

/** The help of a command, or of the program. */
export function helpOf(command?: Command): string {
  if (!command) return programHelp();
  const head = `brokersdk ${command.name} ${command.usage}`.trim();
  const takesSettings = command.usage.includes('SETTING');
  const settings = command.name === 'agent' ? agentSettingsHelp : settingsHelp;
  return `Usage: ${head}\n\n${DETAILS[command.name]}\n${takesSettings ? `\n${settings()}` : ''}`;
}

function programHelp(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `A service broker on Kubernetes: the Open Service Broker API over custom resources.

Usage: brokersdk COMMAND

${lines.join('\n')}

brokersdk COMMAND --help tells how to use it. For a first look: brokersdk local
`;
}

function settingsHelp(): string {
  const names = Object.keys(SETTINGS) as SettingName[];
  const lines = names.filter((name) => !isSecret(name)).map(lineOf);
  const secrets = names.filter(isSecret).map((name) => `${SETTINGS[name].env} (${flagOf(name)} in the file)`);
  return `Settings. Each is a flag, a variable (--log-level is BROKER_LOG_LEVEL), or a line of the file of --config
(log-level: debug). A flag counts before a variable, and a variable before the file.

  --${CONFIG_FILE.flag} (${CONFIG_FILE.env})
      ${CONFIG_FILE.meaning}
${lines.join('\n')}

${secrets.join(', ')} is secret and so no flag, which a process list would show.
`;
}

function lineOf(name: SettingName): string {
  const { fallback, meaning } = SETTINGS[name];
  return `  --${flagOf(name)}${fallback === undefined ? '' : ` (${fallback})`}\n${indented(meaning)}`;
}
