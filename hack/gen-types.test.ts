// The manifests are as Kubernetes wants them, and the types are what the manifests say.
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { generateTypes } from './gen-types.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Node {
  type?: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node;
  required?: string[];
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
}
interface Manifest {
  metadata: { name: string };
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string; shortNames: string[]; categories: string[] };
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      subresources?: object;
      additionalPrinterColumns?: { name: string; jsonPath: string }[];
      schema: { openAPIV3Schema: Node };
    }[];
  };
}

/** Every node of a schema, with its path. */
function* nodes(node: Node, path = ''): Generator<[string, Node]> {
  yield [path, node];
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* nodes(child, `${path}.${name}`);
  if (node.items) yield* nodes(node.items, `${path}[]`);
  if (node.additionalProperties) yield* nodes(node.additionalProperties, `${path}{}`);
}

const at = (schema: Node, path: string): Node | undefined =>
  [...nodes(schema)].find(([each]) => each === path)?.[1];

const SHORT_NAMES: Record<string, string> = {
  ServiceInstance: 'osbi',
  ServiceBinding: 'osbb',
  ServiceOffering: 'osbo',
  DockerHost: 'osbh',
};

describe('the custom resource definitions', () => {
  it('are what the generated types say: run `make generate` when this fails', async () => {
    const options = await resolveConfig(new URL('package.json', root));
    const types = await format(await generateTypes(), { ...options, parser: 'typescript' });
    expect(types).to.equal(read('src/sdk/resources/generated.ts'));
  });

  it('define all kinds', () => {
    const kinds = readdirSync(new URL('crds/', root)).map(
      (file) => (parse(read(`crds/${file}`)) as Manifest).spec.names.kind,
    );
    expect(kinds).to.include.members(Object.keys(SHORT_NAMES));
  });

  for (const file of readdirSync(new URL('crds/', root))) {
    describe(file, () => {
      const { metadata, spec } = parse(read(`crds/${file}`)) as Manifest;
      const version = spec.versions[0]!;
      const schema = version.schema.openAPIV3Schema;
      const all = [...nodes(schema)];

      it('has one version, stored and served, in the group, within a namespace', () => {
        expect(spec.versions).to.have.length(1);
        expect(version).to.include({ name: 'v1alpha1', served: true, storage: true });
        expect(spec).to.include({ group: 'sdkbroker.broker.io', scope: 'Namespaced' });
        expect(metadata.name).to.equal(`${spec.names.plural}.${spec.group}`);
        expect(file).to.equal(`${spec.names.plural}.yaml`);
      });

      it('has the short name and the category', () => {
        expect(spec.names.categories).to.include('osb');
        expect(spec.names.shortNames).to.eql([SHORT_NAMES[spec.names.kind]]);
      });

      it('has the status as a subresource', () => {
        expect(version.subresources).to.eql({ status: {} });
      });

      it('has printer columns whose paths are in the schema', () => {
        const columns = version.additionalPrinterColumns ?? [];
        expect(columns.map(({ name }) => name)).to.include('Age');
        for (const { jsonPath } of columns) {
          if (jsonPath.startsWith('.metadata.')) continue;
          const path = jsonPath.replace(/\[[^\]]*\]/g, '[]');
          expect(at(schema, path), jsonPath).to.not.equal(undefined);
        }
      });

      it('describes every property', () => {
        const silent = all.filter(
          ([path, node]) => !/^$|^\.metadata$|\{\}$|\[\]$/.test(path) && !node.description,
        );
        expect(silent.map(([path]) => path)).to.eql([]);
      });

      it('is structural: every node has a type, and every object says what is in it', () => {
        const free = (node: Node): boolean => node['x-kubernetes-preserve-unknown-fields'] === true;
        const untyped = all.filter(([, node]) => !node.type && !free(node));
        expect(untyped.map(([path]) => path)).to.eql([]);
        const vague = all.filter(
          ([path, node]) =>
            (node.type === 'object' &&
              path !== '.metadata' &&
              !node.properties &&
              !node.additionalProperties &&
              !free(node)) ||
            (node.type === 'array' && !node.items) ||
            (node.properties && node.additionalProperties),
        );
        expect(vague.map(([path]) => path)).to.eql([]);
      });

      it('requires only what it has', () => {
        for (const [path, node] of all) {
          expect(Object.keys(node.properties ?? {}), path).to.include.members(node.required ?? []);
        }
      });

      it('keeps conditions by their type, so that several writers can share them', () => {
        expect(at(schema, '.status.conditions')).to.deep.include({
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
        });
      });
    });
  }
});
