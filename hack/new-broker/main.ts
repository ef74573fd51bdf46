// hack/new-broker.sh: fills in the templates beside this file, and says what to type next. Checks everything before it
// writes anything.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { originLine, parameterTypes } from '../parameter-types.js';
import { idProblem, named, nameProblem, type Words, wordsOf } from './names.js';
import { withBackend } from './registration.js';

const USAGE = 'usage: hack/new-broker.sh NAME [--id SERVICE_UUID [--id PLAN_UUID]]';
const TEMPLATES = 'hack/new-broker/template';
const TEMPLATE_ID = /00000000-0000-4000-8000-00000000000([12])/g;

const read = (path: string): string => readFileSync(path, 'utf8');
const textsIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).map((file) => read(`${folder}/${file}`)) : [];

function parse(words: string[]): { name: string; ids: string[] } {
  try {
    const { positionals, values } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { id: { type: 'string', multiple: true, default: [] } },
    });
    if (positionals.length === 1 && values.id.length <= 2) return { name: positionals[0]!, ids: values.id };
  } catch {
    // an unknown option: the usage says it
  }
  throw new Error(USAGE);
}

function refuseWrong(name: string, ids: string[]): void {
  const problem = [nameProblem(name), ...ids.map(idProblem)].find((each) => each !== undefined);
  if (problem) throw new Error(problem);
  const offerings = textsIn('install/samples');
  const isOffered = offerings.some((text) => new RegExp(`^ {2}name: ${name}$`, 'm').test(text));
  if (isOffered || Object.values(pathsOf(name)).some((path) => existsSync(path))) {
    throw new Error(`the name "${name}" is taken, in src/backends or in install/samples: choose another`);
  }
  const texts = [...offerings, ...textsIn('src/services')];
  const used = ids.find((id, index) => ids.indexOf(id) !== index || texts.some((text) => text.includes(id)));
  if (used) throw new Error(`the id "${used}" is taken: every service and every plan has its own`);
}

/** Path → text of what is written. */
async function filesFor(words: Words, ids: string[]): Promise<Map<string, string>> {
  const { backend, offering } = pathsOf(words.kebab);
  const fill = (file: string): string =>
    named(
      read(`${TEMPLATES}/${file}`)
        .replaceAll(`${TEMPLATES}/offering.yaml`, offering)
        .replaceAll('../src/', ''),
      words,
    );
  const yaml = fill('offering.yaml').replace(TEMPLATE_ID, (_, digit: string) => ids[Number(digit) - 1]!);
  return new Map([
    [`${backend}/backend.ts`, fill('backend.ts')],
    [`${backend}/backend.test.ts`, fill('backend.test.ts')],
    [`${backend}/parameters.ts`, await parameterTypes(originLine(offering), () => yaml)],
    [offering, yaml],
    ['src/broker.ts', withBackend(read('src/broker.ts'), words.kebab, `${words.camel}Backend`)],
  ]);
}

const pathsOf = (name: string) => ({
  backend: `src/backends/${name}`,
  offering: `install/samples/${name}.yaml`,
});

function nextSteps(name: string, [serviceId, planId]: string[]): string {
  const { backend, offering } = pathsOf(name);
  const table = [
    [`${backend}/backend.ts`, 'makes its instances and bindings true; your code goes here'],
    [`${backend}/backend.test.ts`, 'its test'],
    [
      `${backend}/parameters.ts`,
      'the types of its parameters, which `make generate` takes from the offering',
    ],
    [offering, 'the offering: its plans, their settings, and the schemas of their parameters'],
  ];
  const rows = table.map(([path, what]) => `  ${path!.padEnd(backend.length + 17)}  ${what}`);
  return `Written, and registered in src/broker.ts:

${rows.join('\n')}

It works as it is. Type this:

  BROKER_CATALOG_FILE=${offering} make run

and in another terminal:

  export SERVICE_ID=${serviceId} PLAN_ID=${planId}
  test-scripts/provision.sh && test-scripts/bind.sh
`;
}

async function main(): Promise<void> {
  const { name, ids: given } = parse(process.argv.slice(2));
  const ids = [given[0] ?? crypto.randomUUID(), given[1] ?? crypto.randomUUID()];
  refuseWrong(name, ids);
  const files = await filesFor(wordsOf(name), ids);
  const options = await resolveConfig('package.json');
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await format(text, { ...options, filepath: path }));
  }
  process.stdout.write(nextSteps(name, ids));
}

process.chdir(fileURLToPath(new URL('../../', import.meta.url)));
await main().catch((error: unknown) => {
  process.stderr.write(`hack/new-broker.sh: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
