// What a kind is to the server, and the register of the kinds that are served. Custom kinds come and go with
// their definitions; the rest of the server only looks here.
import type { Cause } from './api-error.js';
import type { ApiObject, JsonObject } from './objects.js';
import type { Schema } from './schema.js';

export interface Column {
  name: string;
  type: string;
  format?: string;
  description?: string;
  /** 0 is always shown, more only with `-o wide`. */
  priority: number;
  value(object: ApiObject, now: Date): unknown;
}

export interface Kind {
  group: string;
  version: string;
  kind: string;
  listKind: string;
  plural: string;
  singular: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  verbs: readonly string[];
  /** The collection that the objects are in; kinds of several versions share one. */
  storage: string;
  hasStatus: boolean;
  hasGeneration: boolean;
  /** Made by a definition: no strategic merge, and no update without a resourceVersion. */
  custom: boolean;
  allowUnconditionalUpdate: boolean;
  allowCreateOnUpdate: boolean;
  schema: Schema;
  columns: Column[];
  /** The fields besides metadata.name and metadata.namespace that field selectors may name. */
  selectableFields?: string[];
  /** Rules that the schema cannot say. */
  validate?(object: ApiObject, live?: ApiObject): Cause[];
  /** Fills in what the server decides, before validation. */
  prepare?(object: ApiObject, live?: ApiObject): ApiObject;
  /** What the mark of a deletion changes besides metadata: the phase of a namespace, for one. */
  whenMarked?(object: ApiObject): ApiObject;
  /** From the form of this version to the stored form, and back. */
  decode?(object: ApiObject): ApiObject;
  encode?(object: ApiObject): ApiObject;
  /** A kind that is answered and never stored, as reviews are. */
  answer?(request: ApiObject): JsonObject;
}

export const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

export function groupVersion(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version;
}

export class KindRegister {
  readonly #kinds = new Map<string, Kind>();

  add(kind: Kind): void {
    this.#kinds.set(`${groupVersion(kind)}/${kind.plural}`, kind);
  }

  remove(kind: Kind): void {
    this.#kinds.delete(`${groupVersion(kind)}/${kind.plural}`);
  }

  find(group: string, version: string, plural: string): Kind | undefined {
    return this.#kinds.get(`${groupVersion({ group, version })}/${plural}`);
  }

  /** A kind that reads and writes a collection, whichever version. */
  ofStorage(storage: string): Kind | undefined {
    return this.all().find((kind) => kind.storage === storage);
  }

  all(): Kind[] {
    return [...this.#kinds.values()];
  }

  /** Group → its versions, in the order in which they were added. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { group, version } of this.#kinds.values()) {
      const versions = groups.get(group) ?? [];
      if (!versions.includes(version)) versions.push(version);
      groups.set(group, versions);
    }
    return groups;
  }
}
