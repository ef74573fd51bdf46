// The part of Service Catalog that the test scripts see, played by a test: what its resources are called, and what its
// controller does to one. Knows nothing of brokers.
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import type { KubeObject } from '../../src/sdk/kube/types.js';
import { Objects } from '../support/kube.js';

const GROUP = 'servicecatalog.k8s.io';
const VERSION = 'v1beta1';
const FINALIZER = 'kubernetes-incubator/service-catalog';

/** All that Service Catalog 0.3 adds to a cluster's words: plurals, singulars and categories; it has no short names. */
export const CATALOG_WORDS = [
  ...['clusterservicebroker', 'clusterserviceplan', 'servicebroker', 'serviceplan'].flatMap(withPlural),
  ...['serviceinstance', 'servicebinding'].flatMap(withPlural),
  ...['clusterserviceclass', 'clusterserviceclasses', 'serviceclass', 'serviceclasses'],
  ...['all', 'svcat'],
];

function withPlural(singular: string): string[] {
  return [singular, `${singular}s`];
}

export interface CatalogObject extends KubeObject {
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** One of its definitions, with the names, the categories and the status of the real one, and any content. */
export function catalogDefinition(kind: 'ServiceInstance' | 'ServiceBinding'): object {
  const singular = kind.toLowerCase();
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${singular}s.${GROUP}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for a test' }, // or the group is protected
    },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind, plural: `${singular}s`, singular, categories: ['all', 'svcat'] },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

export class CatalogController {
  readonly #objects: Objects<CatalogObject>;
  readonly #ending = new AbortController();

  private constructor(objects: Objects<CatalogObject>) {
    this.#objects = objects;
  }

  static async start(
    config: ClusterConfig,
    namespace: string,
    kind: 'ServiceInstance' | 'ServiceBinding',
  ): Promise<CatalogController> {
    const type = { group: GROUP, version: VERSION, kind, plural: `${kind.toLowerCase()}s` };
    const controller = new CatalogController(new Objects(config, type, namespace));
    await controller.#objects.start(controller.#ending.signal);
    return controller;
  }

  close(): void {
    this.#ending.abort();
  }

  create(name: string): Promise<CatalogObject> {
    const { group, version, kind } = this.#objects.client.type;
    return this.#objects.client.create({
      apiVersion: `${group}/${version}`,
      kind,
      metadata: { name },
      spec: {},
    });
  }

  remove(name: string): Promise<unknown> {
    return this.#objects.client.delete(name);
  }

  /** Waits for the object, and holds it from then on. */
  async take(name: string): Promise<CatalogObject> {
    await this.#objects.until(name);
    return this.#objects.edit(name, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [FINALIZER] },
    }));
  }

  /** Sets conditions, each as `type=status:reason:message`, and further fields of the status. */
  async report(name: string, conditions: string[], more: Record<string, unknown> = {}): Promise<void> {
    const object = (await this.#objects.get(name))!;
    const parsed = conditions.map((text) => {
      const [, type, status, reason, message] = /^(\w+)=(\w+):(\w+):(.*)$/.exec(text)!;
      return { type, status, reason, message, lastTransitionTime: new Date().toISOString() };
    });
    await this.#objects.client.replaceStatus({ ...object, status: { conditions: parsed, ...more } });
  }

  async untilDeleted(name: string): Promise<void> {
    await this.#objects.until(name, ({ metadata }) => metadata.deletionTimestamp !== undefined);
  }

  async release(name: string): Promise<void> {
    await this.#objects.edit(name, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [] },
    }));
  }
}
