// What can be said of a plan's templates before there is any instance: whether they are templates, what they take, and
// that no generated value lands where others may read it.
import { validateSync, type ValidationError } from 'class-validator';
import type { JsonObject, KindReference } from '../../sdk/index.js';
import { isSecret, kindsMadeFrom } from './manifests.js';
import { BINDING_VARIABLES, INSTANCE_VARIABLES } from './scope.js';
import { secretListsOf, secretProblems } from './secret-checks.js';
import { fieldsOf, PUBLIC_FIELDS } from './secrets.js';
import type { GeneratedSecret, WorkloadSettings } from './settings.js';
import { isObject, type VariablePath } from './template.js';
import { pathText, type Use, usesIn } from './tree.js';

/** A part of the settings that has templates. */
interface Part {
  readonly field: string;
  readonly tree: unknown;
  readonly variables: readonly string[];
  readonly secrets: readonly GeneratedSecret[];
  /** Whether this secret may be at this path below the part. */
  allows(path: Use['path'], variable: VariablePath): boolean;
}

const nowhere = (): boolean => false;

/** A sentence for each thing that is wrong. */
export function problemsOf(settings: Readonly<WorkloadSettings>): string[] {
  return [
    ...validateSync(settings, { whitelist: true, forbidNonWhitelisted: true }).flatMap((error) =>
      unknownFields(error, 'settings'),
    ),
    ...manifestListsOf(settings).flatMap(([field, manifests]) =>
      manifests.flatMap((manifest, index) => shapeProblems(manifest, `settings.${field}[${index}]`)),
    ),
    ...secretProblems(settings),
    ...partsOf(settings).flatMap((part) =>
      usesIn(part.tree, [`settings.${part.field}`]).flatMap((use) => useProblems(use, part)),
    ),
  ];
}

/** The kinds of objects that the broker has to deal with for such a plan. */
export function kindsOf(settings: Readonly<WorkloadSettings>): KindReference[] {
  const manifests = manifestListsOf(settings).flatMap(([, each]) => each);
  const named = manifests.map(({ apiVersion, kind }) => ({ apiVersion, kind }) as KindReference);
  const own = settings.namespace === 'Instance' ? [{ apiVersion: 'v1', kind: 'Namespace' }] : [];
  const { binding } = settings;
  const kept =
    binding?.secrets.length || binding?.manifests.length ? [{ apiVersion: 'v1', kind: 'Secret' }] : [];
  const all = [...own, ...named, ...kept, ...kindsMadeFrom(manifests)];
  return [...new Map(all.map((each) => [`${each.apiVersion} ${each.kind}`, each])).values()];
}

type ManifestList = readonly [field: string, manifests: readonly JsonObject[]];

const manifestListsOf = ({ manifests, binding }: Readonly<WorkloadSettings>): ManifestList[] => [
  ['manifests', manifests],
  ['binding.manifests', binding?.manifests ?? []],
  ['binding.unbindManifests', binding?.unbindManifests ?? []],
];

function partsOf(settings: Readonly<WorkloadSettings>): Part[] {
  const { binding, readiness, dashboardUrl } = settings;
  const ofInstance = { variables: INSTANCE_VARIABLES, secrets: settings.secrets, allows: nowhere };
  const secrets = [...settings.secrets, ...(binding?.secrets ?? [])];
  const ofBinding = { variables: BINDING_VARIABLES, secrets, allows: nowhere };
  const manifests = manifestListsOf(settings).map(([field, tree]): Part => {
    const allows = ([, index, place]: Use['path'], variable: VariablePath): boolean =>
      isPublic(variable) ||
      (isSecret(tree[index as number]!) && (place === 'data' || place === 'stringData'));
    return { ...(field === 'manifests' ? ofInstance : ofBinding), field, tree, allows };
  });
  const certificates = secretListsOf(settings).map(([field, list]): Part => {
    const variables = field === 'secrets' ? INSTANCE_VARIABLES : [...INSTANCE_VARIABLES, 'binding'];
    return { ...ofBinding, variables, field, tree: list.map(({ names }) => ({ names })) };
  });
  return [
    ...manifests,
    ...certificates,
    { ...ofInstance, field: 'readiness', tree: readiness.map(({ name }) => ({ name })) },
    { ...ofInstance, field: 'dashboardUrl', tree: dashboardUrl },
    { ...ofBinding, field: 'binding.credentials', tree: binding?.credentials, allows: () => true },
    {
      ...ofBinding,
      field: 'binding.credentialsFrom',
      tree: binding?.credentialsFrom.map(({ name }) => ({ name })),
    },
    { ...ofBinding, field: 'binding.endpoints', tree: binding?.endpoints.map((each) => ({ ...each })) },
  ];
}

function shapeProblems(manifest: JsonObject, where: string): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const problems = Object.entries({ apiVersion, kind }).flatMap(([field, value]) =>
    typeof value === 'string' && /^[\w./-]+$/.test(value)
      ? []
      : [`${where}.${field} must be given, and be no template`],
  );
  if (!isObject(metadata) || typeof metadata.name !== 'string' || metadata.name === '') {
    return [...problems, `${where}.metadata.name must be given: '{{ instance.name }}', for example`];
  }
  if (metadata.namespace !== undefined) {
    problems.push(`${where}.metadata.namespace must not be given: settings.namespace says where objects are`);
  }
  return problems;
}

/** A slip of the pen in a name must not pass for a default. */
function unknownFields({ property, constraints, children = [] }: ValidationError, parent: string): string[] {
  const path = `${parent}.${property}`;
  const own = constraints?.whitelistValidation === undefined ? [] : [`${path} is no setting`];
  return [...own, ...children.flatMap((child) => unknownFields(child, path))];
}

function useProblems({ path, variables, problem }: Use, part: Part): string[] {
  const where = pathText(path);
  if (problem !== undefined) return [`${where}: ${problem}`];
  const found = variables.flatMap((variable) => {
    const [root] = variable;
    if (root === 'secrets') return namingProblem(variable, part.secrets) ?? [];
    if (part.variables.includes(String(root))) return [];
    return `there is no variable ${String(root)} here, but ${part.variables.join(', ')} and secrets`;
  });
  if (variables.some((variable) => isSecretUse(variable) && !part.allows(path, variable))) {
    found.push('secrets may be used below data and stringData of a Secret, and in credentials; nowhere else');
  }
  return [...new Set(found)].map((text) => `${where}: ${text}`);
}

function namingProblem(
  [, name, field, ...more]: VariablePath,
  secrets: readonly GeneratedSecret[],
): string | undefined {
  const secret = secrets.find((each) => each.name === name);
  const names = secrets.map((each) => each.name).join(', ') || 'none';
  if (!secret) return `secrets must be followed by the name of one that the plan generates here: ${names}`;
  const fields = fieldsOf(secret);
  if (fields.length === 0 && field === undefined) return undefined;
  if (fields.includes(String(field)) && more.length === 0) return undefined;
  return `secrets.${secret.name} ${fields.length > 0 ? `has ${fields.join(' and ')}` : 'is a string'}`;
}

const isSecretUse = ([root, kind]: VariablePath): boolean =>
  root === 'secrets' || (root === 'objects' && (kind === 'Secret' || typeof kind !== 'string'));

const isPublic = ([root, , field]: VariablePath): boolean =>
  root === 'secrets' && PUBLIC_FIELDS.includes(field);
