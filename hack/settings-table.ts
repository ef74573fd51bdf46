// docs/settings.md, from the settings themselves.
import { SETTINGS } from '../src/sdk/settings.js';

export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(({ env, fallback, meaning }) => {
    const value = fallback === undefined ? '' : `\`${fallback}\``;
    return `| \`${env}\` | ${value} | ${meaning} |`;
  });
  return `# Settings

<!-- Made from src/sdk/settings.ts by \`make generate\`. -->

Every setting is an environment variable. A value that is not right stops the start with one sentence for each fault.
The cluster is that of \`KUBECONFIG\`, else of \`~/.kube/config\`, else the one that the broker runs in.

| Variable | Default | Meaning |
| --- | --- | --- |
${rows.join('\n')}

Some credentials must be given: a user and a password, a credentials file, or a file of bearer tokens. All that are
given are valid at once, so that they can be rotated without a gap: add the new one, change the platforms, remove the
old one. Only \`make run\`, which is for a first look, has the user and password \`broker\` by itself.
`;
}
