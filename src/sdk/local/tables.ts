// The Table form of objects, which kubectl asks for and prints.
import type { Kind } from './kinds.js';
import type { ApiObject, JsonObject } from './objects.js';

/** What of the object a row carries: nothing, its metadata, or all of it. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableForm {
  include: IncludeObject;
  now: Date;
  /** False in the later events of a watch, whose client knows the columns already. */
  withColumns: boolean;
}

export function table(kind: Kind, objects: ApiObject[], metadata: JsonObject, form: TableForm): JsonObject {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: form.withColumns ? columnDefinitions(kind) : null,
    rows: objects.map((object) => ({
      cells: kind.columns.map((column) => column.value(object, form.now)),
      object: rowObject(object, form.include),
    })),
  };
}

function columnDefinitions(kind: Kind): JsonObject[] {
  return kind.columns.map(({ name, type, format = '', description = '', priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

function rowObject(object: ApiObject, include: IncludeObject): unknown {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialMetadata(object);
}

export function partialMetadata(object: ApiObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
