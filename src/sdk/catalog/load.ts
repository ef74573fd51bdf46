// Brings offerings that this broker defines itself, in code or in a catalog file, into the cluster at start.
// What the same source defined earlier and no longer does is removed.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { isAlreadyExists, isConflict, isNotFound } from '../kube/errors.js';
import {
  API_VERSION,
  OFFERINGS,
  type ServiceOffering,
  type ServiceOfferingSpec,
  SOURCE_LABEL,
} from '../resources/kinds.js';
import { offeringName } from '../resources/names.js';

export type OfferingSource = 'code' | 'file';

const MAX_ATTEMPTS = 10;

/** The part of a store that loading needs. */
export interface OfferingStore {
  get(name: string): Readonly<ServiceOffering> | undefined;
  list(): Readonly<ServiceOffering>[];
  /** Asks the API server. */
  read(name: string): Promise<Readonly<ServiceOffering> | undefined>;
  /** Resolves when all that is stored now shows. */
  refresh(): Promise<void>;
  create(offering: ServiceOffering): Promise<unknown>;
  replace(offering: ServiceOffering): Promise<unknown>;
  delete(name: string): Promise<unknown>;
}

/** A ServiceOffering for a service that is defined in code. */
export function offeringObject(spec: ServiceOfferingSpec, source: OfferingSource): ServiceOffering {
  return {
    apiVersion: API_VERSION,
    kind: OFFERINGS.kind,
    metadata: { name: offeringName(spec.name), labels: { [SOURCE_LABEL]: source } },
    spec,
  };
}

/** The ServiceOfferings of a YAML file; throws an error that names the file and the document when it is not right. */
export function readCatalogFile(path: string): ServiceOffering[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the catalog file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const documents = parseAllDocuments(text);
  return (Array.isArray(documents) ? documents : []).flatMap((document, index) => {
    const where = `the catalog file ${path}, document ${index + 1}`;
    if (document.errors.length > 0) throw new Error(`${where} is not YAML: ${document.errors[0]!.message}`);
    const object = document.toJS() as Partial<ServiceOffering> | null;
    if (object === null) return [];
    if (
      object.apiVersion !== API_VERSION ||
      object.kind !== OFFERINGS.kind ||
      !object.spec ||
      !object.metadata?.name
    ) {
      throw new Error(`${where} must be a ServiceOffering of ${API_VERSION} with metadata.name and spec`);
    }
    const { name, labels } = object.metadata;
    return [
      {
        apiVersion: API_VERSION,
        kind: OFFERINGS.kind,
        metadata: { name, labels: { ...labels, [SOURCE_LABEL]: 'file' } },
        spec: object.spec,
      },
    ];
  });
}

/** Makes the cluster hold exactly these offerings of this source; others are left alone. */
export async function loadOfferings(
  store: OfferingStore,
  source: OfferingSource,
  offerings: readonly ServiceOffering[],
): Promise<void> {
  const names = new Set(offerings.map(({ metadata }) => metadata.name));
  if (names.size < offerings.length) throw new Error(`two offerings of the ${source} have the same name`);
  let isBehind = false;
  for (const offering of offerings) isBehind = (await bring(store, offering)) || isBehind;
  // Who serves with a catalog that lacks what others brought refuses what they take.
  if (isBehind) await store.refresh();
  for (const { metadata } of store.list()) {
    if (metadata.labels?.[SOURCE_LABEL] === source && !names.has(metadata.name))
      await store.delete(metadata.name);
  }
}

/**
 * Several replicas may do so at once, and the one that leads writes the status meanwhile. True where somebody did, so
 * that the store may not show it yet.
 */
async function bring(store: OfferingStore, offering: ServiceOffering): Promise<boolean> {
  const { name } = offering.metadata;
  let present = store.get(name);
  for (let attempt = 1; ; attempt++) {
    try {
      await bringOnto(store, present, offering);
      return attempt > 1;
    } catch (error) {
      const isLate = isAlreadyExists(error) || isConflict(error) || isNotFound(error);
      if (!isLate || attempt === MAX_ATTEMPTS) throw error;
      present = await store.read(name);
    }
  }
}

async function bringOnto(
  store: OfferingStore,
  present: Readonly<ServiceOffering> | undefined,
  offering: ServiceOffering,
): Promise<void> {
  if (!present) return void (await store.create(offering));
  const wanted = { ...present, spec: offering.spec, metadata: merged(present, offering) };
  if (!isDeepStrictEqual(present, wanted)) await store.replace(wanted);
}

function merged(present: Readonly<ServiceOffering>, wanted: ServiceOffering): ServiceOffering['metadata'] {
  return { ...present.metadata, labels: { ...present.metadata.labels, ...wanted.metadata.labels } };
}
