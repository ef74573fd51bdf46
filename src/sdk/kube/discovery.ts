// Which resource of the API a kind is: its plural, and whether its objects live in namespaces. Asked for once for each
// group and version, and again where a kind is not among what was answered.
import type { KubeConfig } from '@kubernetes/client-node';
import { isNotFound } from './errors.js';
import { callJson } from './rest.js';
import type { KubeObject, ResourceType } from './types.js';

/** A kind of object, as manifests name it. */
export type KindName = Pick<KubeObject, 'apiVersion' | 'kind'>;

export interface DiscoveredType extends ResourceType {
  namespaced: boolean;
}

/** The API server serves no such kind. */
export class NoKindError extends Error {
  override readonly name = 'NoKindError';

  constructor({ apiVersion, kind }: KindName) {
    super(`there is no kind ${kind} in ${apiVersion}: is its definition installed?`);
  }
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

export class Discovery {
  readonly #config: KubeConfig;
  /** By group and version, as `apps/v1`. */
  readonly #known = new Map<string, Promise<readonly ApiResource[]>>();

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Fails with a NoKindError when there is none. */
  async typeOf(name: KindName): Promise<DiscoveredType> {
    const { apiVersion, kind } = name;
    const known = this.#known.get(apiVersion);
    const found = (known && (await find(known, kind))) ?? (await find(this.#ask(apiVersion), kind));
    if (!found) throw new NoKindError(name);
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return { group, version, kind, plural: found.name, namespaced: found.namespaced };
  }

  #ask(apiVersion: string): Promise<readonly ApiResource[]> {
    const answer = this.#resources(apiVersion);
    this.#known.set(apiVersion, answer);
    answer.catch(() => this.#known.delete(apiVersion));
    return answer;
  }

  async #resources(apiVersion: string): Promise<readonly ApiResource[]> {
    const root = apiVersion.includes('/') ? '/apis' : '/api';
    const path = [root, ...apiVersion.split('/').map(encodeURIComponent)].join('/');
    const description = { call: `discover ${apiVersion}`, confidential: false };
    const what = { verb: 'get', kind: 'APIResourceList', method: 'GET' as const, path };
    try {
      const answer = (await callJson(this.#config, { ...description, ...what })) as {
        resources?: ApiResource[] | null;
      };
      return answer.resources ?? [];
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }
}

/** Subresources, `pods/status` for one, may have the kind of their resource. */
async function find(
  resources: Promise<readonly ApiResource[]>,
  kind: string,
): Promise<ApiResource | undefined> {
  return (await resources).find((each) => each.kind === kind && !each.name.includes('/'));
}
