// What `brokersdk agent --help` says.
import {
  CONFIG_FILE,
  flagOf,
  isSecret,
  NAMES,
  type SettingName,
  SETTINGS,
  variableOf,
} from '../agent/settings.js';
import { indented } from './indented.js';

export const AGENT_DETAILS = `Runs on each Docker host whose containers are to be service instances, until SIGTERM or SIGINT. Registers the host, and
gives a sign of life every keepalive for as long as the Docker engine answers: to all brokers that are listed or, where
none is, straight to the cluster, as a DockerHost and a Lease.
That cluster is that of KUBECONFIG, else of ~/.kube/config, else the one that it runs in.

  brokersdk agent --service-host 10.0.0.7 --docker-host 10.0.0.7
  brokersdk agent --config /etc/brokersdk/agent.config`;

export function agentSettingsHelp(): string {
  const secrets = NAMES.filter(isSecret).map(variableOf).join(', ');
  return `Settings. Each is a flag, a variable (--docker-port is AGENT_DOCKER_PORT), or a key of "serviceagent" in the file of
--config (dockerport). A flag counts before a variable, and a variable before the file, which is JSON or YAML:

  {"serviceagent": {"servicehost": "10.0.0.7", "dockerhost": "10.0.0.7", "dockerport": 2376, "keepalive": 60},
   "brokerservers": [{"host": "https://broker.example", "port": 443, "user": "admin", "password": "..."}]}

  --${CONFIG_FILE.flag} (${CONFIG_FILE.variable})
${indented(CONFIG_FILE.meaning)}
${NAMES.filter((name) => !isSecret(name))
  .map(lineOf)
  .join('\n')}

${secrets} is secret and so no flag, which a process list would show; in the file, each of brokerservers has
its own.
`;
}

function lineOf(name: SettingName): string {
  const setting = SETTINGS[name];
  const fallback =
    'fallback' in setting ? ` (${String(setting.fallback)})` : 'required' in setting ? ' (needed)' : '';
  return `  --${flagOf(name)}${fallback}\n${indented(setting.meaning)}`;
}
