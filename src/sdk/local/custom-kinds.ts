// CustomResourceDefinition, and the kinds that a definition makes.
import { builtIn, withObjectFields } from './built-in-kinds.js';
import { DEFINITION_SCHEMA } from './built-in-schemas.js';
import { AGE_COLUMN, column, NAME_COLUMN, pathColumn, type ColumnDefinition } from './columns.js';
import { validateDefinition } from './definition-rules.js';
import { ALL_VERBS, type Kind } from './kinds.js';
import { apiTime, withMetadata, type ApiObject, type JsonObject } from './objects.js';
import type { Schema } from './schema.js';

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export interface DefinitionNames {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: JsonObject };
  additionalPrinterColumns?: ColumnDefinition[];
  selectableFields?: { jsonPath: string }[];
}

export interface Definition extends ApiObject {
  spec: {
    group: string;
    scope: 'Namespaced' | 'Cluster';
    names: DefinitionNames;
    versions: DefinitionVersion[];
    conversion?: JsonObject;
  };
  status?: JsonObject & { conditions?: Condition[] | null; storedVersions?: string[] };
}

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastTransitionTime: string;
}

/** The kinds of the versions that a definition serves. While it is being deleted, nothing new is made of them. */
export function kindsOf(definition: Definition): Kind[] {
  const { group, scope, names, versions } = definition.spec;
  const isEnding = definition.metadata.deletionTimestamp !== undefined;
  return versions
    .filter((version) => version.served)
    .map((version) => ({
      group,
      version: version.name,
      kind: names.kind,
      listKind: names.listKind ?? `${names.kind}List`,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      namespaced: scope === 'Namespaced',
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs: isEnding ? ALL_VERBS.filter((verb) => verb !== 'create') : ALL_VERBS,
      storage: definition.metadata.name,
      hasStatus: version.subresources?.status !== undefined,
      hasGeneration: true,
      custom: true,
      allowUnconditionalUpdate: false,
      allowCreateOnUpdate: false,
      schema: withObjectFields(version.schema?.openAPIV3Schema ?? {}),
      selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
      columns: [NAME_COLUMN, ...(version.additionalPrinterColumns?.map(pathColumn) ?? [AGE_COLUMN])],
    }));
}

function prepareDefinition(object: ApiObject, live?: ApiObject): ApiObject {
  const definition = object as Definition;
  const { names, versions = [] } = definition.spec ?? {};
  if (!names?.kind) return definition;
  const complete = {
    ...names,
    singular: names.singular || names.kind.toLowerCase(),
    listKind: names.listKind || `${names.kind}List`,
  };
  const status = (live as Definition | undefined)?.status;
  const stored = versions.filter((version) => version.storage).map((version) => version.name);
  return {
    ...definition,
    spec: {
      ...definition.spec,
      names: complete,
      conversion: definition.spec.conversion ?? { strategy: 'None' },
    },
    status: {
      conditions: status?.conditions ?? initialConditions(),
      acceptedNames: complete,
      storedVersions: [...new Set([...(status?.storedVersions ?? []), ...stored])],
    },
  };
}

function initialConditions(): Condition[] {
  const lastTransitionTime = apiTime();
  const accepted = { status: 'True', lastTransitionTime };
  return [
    { type: 'NamesAccepted', reason: 'NoConflicts', message: 'no conflicts found', ...accepted },
    {
      type: 'Established',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
      ...accepted,
    },
  ];
}

function whenMarked(object: ApiObject): ApiObject {
  const definition = object as Definition;
  const finalizers = [...new Set([...(object.metadata.finalizers ?? []), CLEANUP_FINALIZER])];
  const terminating: Condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    lastTransitionTime: apiTime(),
  };
  const conditions = [...(definition.status?.conditions ?? []), terminating];
  return { ...withMetadata(object, { finalizers }), status: { ...definition.status, conditions } };
}

export const definitionKind: Kind = builtIn({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  hasStatus: true,
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  schema: DEFINITION_SCHEMA,
  columns: [
    NAME_COLUMN,
    { ...column('Created At', ({ metadata }) => metadata.creationTimestamp), type: 'date' },
  ],
  prepare: prepareDefinition,
  validate: (object, live) => validateDefinition(object as Definition, live as Definition | undefined),
  whenMarked,
});
