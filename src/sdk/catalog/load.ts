// Brings offerings that this broker defines itself, in code or in a catalog file, into the cluster at start.
// What the same source defined earlier and no longer does is removed.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import {
  API_VERSION,
  OFFERINGS,
  type ServiceOffering,
  type ServiceOfferingSpec,
  SOURCE_LABEL,
} from '../resources/kinds.js';
import { offeringName } from '../resources/names.js';

export type OfferingSource = 'code' | 'file';

/** The part of a store that loading needs. */
export interface OfferingStore {
  get(name: string): Readonly<ServiceOffering> | undefined;
  list(): Readonly<ServiceOffering>[];
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
  for (const offering of offerings) {
    const present = store.get(offering.metadata.name);
    if (!present) await store.create(offering);
    else {
      const wanted = { ...present, spec: offering.spec, metadata: merged(present, offering) };
      if (!isDeepStrictEqual(present, wanted)) await store.replace(wanted);
    }
  }
  for (const { metadata } of store.list()) {
    if (metadata.labels?.[SOURCE_LABEL] === source && !names.has(metadata.name))
      await store.delete(metadata.name);
  }
}

function merged(present: Readonly<ServiceOffering>, wanted: ServiceOffering): ServiceOffering['metadata'] {
  return { ...present.metadata, labels: { ...present.metadata.labels, ...wanted.metadata.labels } };
}
