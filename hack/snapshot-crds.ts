// `npm run release:crds`, at a release: keeps today's definitions as those that later ones are compared with.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { CURRENT, incompatibleChanges, readDefinitions, RELEASED } from './crd-compatibility.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const present = readdirSync(RELEASED);
const changes = present.flatMap((release) =>
  incompatibleChanges(readDefinitions(new URL(`${release}/`, RELEASED)), readDefinitions(CURRENT)),
);
if (changes.length > 0) {
  console.error(`No release: the definitions are not compatible with ${present.join()}.`);
  console.error(changes.join('\n'));
  process.exit(1);
}
for (const release of present) rmSync(new URL(release, RELEASED), { recursive: true });
const target = new URL(`${version}/`, RELEASED);
mkdirSync(target);
for (const file of readdirSync(CURRENT)) copyFileSync(new URL(file, CURRENT), new URL(file, target));
console.log(`The definitions of ${version} are in ${target.pathname}`);
