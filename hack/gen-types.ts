// The types of src/sdk/resources/generated.ts, from crds/*.yaml, so that types and manifests are one source.
import { readdirSync, readFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const root = new URL('../', import.meta.url);

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

export async function generateTypes(): Promise<string> {
  const directory = new URL('crds/', root);
  let text = '// Made from crds/*.yaml by `make generate`. Do not edit.\n';
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
  return text;
}
