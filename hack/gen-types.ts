// Writes src/sdk/resources/generated.ts from crds/*.yaml, so that types and manifests are one source.
// `--check` writes nothing and fails when the file is not what it would write.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';

const root = new URL('../', import.meta.url);
const TARGET = new URL('src/sdk/resources/generated.ts', root);

type Schema = Record<string, unknown>;

/** Kubernetes' dialect in words that the generator knows: free-form objects, and no property that is not listed. */
function translate(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(translate);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { 'x-kubernetes-preserve-unknown-fields': freeForm, ...rest } = schema as Schema;
  const translated = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, translate(value)]));
  for (const bound of ['maxItems', 'minItems']) delete translated[bound]; // they become tuples, which nobody wants
  delete translated.default;
  if (freeForm === true) translated.tsType = 'Record<string, unknown>';
  else if (translated.type === 'object') translated.additionalProperties ??= false;
  if (Array.isArray(rest.enum)) translated.tsType = rest.enum.map((word) => JSON.stringify(word)).join(' | ');
  return translated;
}

export async function generate(): Promise<string> {
  const directory = new URL('crds/', root);
  let text = '// Made from crds/*.yaml by `npm run generate`. Do not edit.\n';
  for (const file of readdirSync(directory).sort()) {
    const crd = parse(readFileSync(new URL(file, directory), 'utf8')) as {
      spec: { names: { kind: string }; versions: { schema: { openAPIV3Schema: Schema } }[] };
    };
    const properties = crd.spec.versions[0]!.schema.openAPIV3Schema.properties as Record<string, Schema>;
    for (const part of ['spec', 'status']) {
      if (!properties[part]) continue;
      const name = `${crd.spec.names.kind}${part === 'spec' ? 'Spec' : 'Status'}`;
      const schema = { ...(translate(properties[part]) as JSONSchema), title: name };
      text += await compile(schema, name, { bannerComment: '', format: false });
    }
  }
  const options = await resolveConfig(new URL('.prettierrc.json', root));
  return format(text, { ...options, parser: 'typescript' });
}

if (import.meta.filename === process.argv[1]) {
  const text = await generate();
  if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
  else if (readFileSync(TARGET, 'utf8') !== text) {
    console.error(
      'src/sdk/resources/generated.ts does not agree with crds/*.yaml: run `npm run generate` and commit.',
    );
    process.exit(1);
  }
}
