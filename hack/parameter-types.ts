// The types of a backend's parameters, from the schemas in the plans of its offering. A file src/backends/*/parameters.ts
// says in its first line which offering it is made from.
import { existsSync, readdirSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const TEMPLATE = 'hack/new-broker/template/parameters.ts';
const BACKENDS = 'src/backends';
const ORIGIN = /^\/\/ Made from (\S+) by/;

interface Plan {
  name: string;
  schemas?: { instanceCreate?: JSONSchema; bindingCreate?: JSONSchema };
}

export const originLine = (offering: string): string =>
  `// Made from ${offering} by \`make generate\`. Do not edit.\n`;

/** The files that this makes, relative to the repository. */
export function parameterTypesFiles(): string[] {
  const root = new URL('../', import.meta.url);
  const backends = readdirSync(new URL(`${BACKENDS}/`, root));
  return [TEMPLATE, ...backends.map((name) => `${BACKENDS}/${name}/parameters.ts`)].filter((path) =>
    existsSync(new URL(path, root)),
  );
}

/** What such a file should be: for a plan `small`, `SmallParameters` and, for bindings, `SmallBindParameters`. */
export async function parameterTypes(file: string, read: (path: string) => string): Promise<string> {
  const [, offering] = ORIGIN.exec(file) ?? [];
  if (!offering) return file; // written by hand
  const { spec } = parse(read(offering)) as { spec: { plans: Plan[] } };
  let text = originLine(offering);
  for (const { name, schemas } of spec.plans) {
    text += await typeOf(`${pascalCase(name)}Parameters`, schemas?.instanceCreate);
    text += await typeOf(`${pascalCase(name)}BindParameters`, schemas?.bindingCreate);
  }
  return text;
}

async function typeOf(title: string, schema: JSONSchema | undefined): Promise<string> {
  if (!schema) return '';
  const options = { bannerComment: '', format: false, ignoreMinAndMaxItems: true, unknownAny: true };
  return compile({ ...structuredClone(schema), title }, title, options);
}

export const pascalCase = (name: string): string =>
  name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
