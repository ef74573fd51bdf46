// docs/settings.md, from the settings themselves.
import { CONFIG_FILE, flagOf, isSecret, type SettingName, SETTINGS } from '../src/sdk/settings.js';

export function settingsTable(): string {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { env, fallback, meaning } = SETTINGS[name];
    const flag = isSecret(name) ? '' : `\`--${flagOf(name)}\``;
    const value = fallback === undefined ? '' : `\`${fallback}\``;
    return `| \`${env}\` | ${flag} | \`${flagOf(name)}\` | ${value} | ${meaning} |`;
  });
  const config = `| \`${CONFIG_FILE.env}\` | \`--${CONFIG_FILE.flag}\` | | | ${CONFIG_FILE.meaning} |`;
  return `# Settings

<!-- Made from src/sdk/settings.ts by \`make generate\`. -->

Every setting can be a flag of the [command](command-line.md), a variable of the environment, or a key of a YAML file.
A flag counts before a variable, a variable before the file, and the file before the default; an empty value is none.

\`\`\`yaml
# brokersdk serve --config broker.yaml
port: 8443
log-level: debug
credentials-file: /etc/brokersdk/credentials
\`\`\`

A value in the file is the text that stands there, as in the environment: no digit of \`password: 0123\` is lost. What is
not right stops the start, with one sentence for each problem that names the setting as it was written. A flag or a key
that is not known is refused. A secret is no flag, since everyone on a machine can read its process list.

The cluster is that of \`KUBECONFIG\`, else of \`~/.kube/config\`, else the one that the broker runs in.

| Variable | Flag | Key | Default | Meaning |
| --- | --- | --- | --- | --- |
${[config, ...rows].join('\n')}

Some credentials must be given: a user and a password, a credentials file, or a file of bearer tokens. All that are
given are valid at once, so that they can be rotated without a gap: add the new one, change the platforms, remove the
old one. Only \`make run\`, which is for a first look, has the user and password \`broker\` by itself.

A broker that calls \`runBroker\` in a program of its own has the environment and the file, and no flags unless it asks
for them: \`runBroker(broker, { settings: readSettings({ args: process.argv.slice(2), env: process.env }) })\`.
`;
}
