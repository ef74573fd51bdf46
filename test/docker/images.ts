// The images of the tests: a web server of busybox, whose hooks keep users in a file of its volume. Tiny, so that all
// that a real one does can be tried in no time; the sample image has tests of its own.
import type { DockerEngine } from '../support/docker-engine.js';

export const WEB = 'web:1';

/** Users are files of /data/users, with their passwords in them. `/data/log` tells which hooks ran, and for whom. */
const HOOKS: Record<string, string> = {
  provision: `mkdir -p /data/users
echo '{"dashboard_url": "http://$HOST:$PORT_8000/dashboard"}'`,
  bind: `printf %s "$BINDING_PASSWORD" > "/data/users/$BINDING_USERNAME"
printf '{"username": "%s", "password": "%s", "uri": "http://$HOST:$PORT/users/%s"}' \\
  "$BINDING_USERNAME" "$BINDING_PASSWORD" "$BINDING_USERNAME"`,
  unbind: 'rm -f "/data/users/$BINDING_USERNAME"',
  deprovision: ':',
};

const hook = (name: string, body: string): string =>
  `#!/bin/sh\nset -e\nmkdir -p /data\necho "${name} $INSTANCE_NAME $BINDING_NAME" >> /data/log\n${body}\n`;

const SERVER = ['EXPOSE 8000', 'CMD ["/bin/httpd", "-f", "-p", "8000", "-h", "/data"]'];

/** With all hooks; those given are other ones, and one that is empty is left out. */
export async function importWeb(
  engine: DockerEngine,
  tag = WEB,
  hooks: Partial<Record<'provision' | 'bind' | 'unbind' | 'deprovision', string>> = {},
  changes: readonly string[] = SERVER,
): Promise<void> {
  const files = Object.entries({ ...HOOKS, ...hooks })
    .filter(([, body]) => body !== '')
    .map(([name, body]) => [name, hook(name, body)]);
  await engine.importImage(tag, { 'data/index.html': 'here\n', ...Object.fromEntries(files) }, [...changes]);
}
