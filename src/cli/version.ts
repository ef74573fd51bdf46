// `brokersdk version`: what a report of a fault should name.
import { readFileSync } from 'node:fs';
import { SERVED_VERSION } from '../sdk/osb/version.js';

export async function run(args: string[]): Promise<void> {
  if (args.length > 0) throw new Error('version takes no argument');
  const { name, version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { name: string; version: string };
  process.stdout.write(
    `${name} ${version}\nNode.js ${process.versions.node}\nOpen Service Broker API ${SERVED_VERSION}\n`,
  );
}
