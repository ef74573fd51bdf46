// What a path of the API means: which resource, in which namespace, of which name, and the verb of a request.

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface Target {
  group: string;
  version: string;
  resource: string;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** The resource that a path is about; undefined for discovery, health and the like. */
export function parseTarget(path: string): Target | undefined {
  const parts = decoded(path);
  if (!parts) return undefined;
  const [root, ...rest] = parts;
  if (root === 'api' && rest.length >= 2) return resourceOf('', rest[0]!, rest.slice(1));
  if (root === 'apis' && rest.length >= 3) return resourceOf(rest[0]!, rest[1]!, rest.slice(2));
  return undefined;
}

function decoded(path: string): string[] | undefined {
  try {
    return path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

// Parts of a Namespace itself, not resources within one.
const OF_NAMESPACE = ['status', 'finalize'];

function resourceOf(group: string, version: string, parts: string[]): Target {
  const [first, second, third] = parts;
  const isNamespaced = first === 'namespaces' && third !== undefined && !OF_NAMESPACE.includes(third);
  const [resource, name, subresource] = isNamespaced ? parts.slice(2) : parts;
  return {
    group,
    version,
    resource: resource!,
    ...(isNamespaced ? { namespace: second! } : {}),
    ...(name !== undefined ? { name } : {}),
    ...(subresource !== undefined ? { subresource } : {}),
  };
}

/** Undefined for a method that means nothing here. */
export function verbOf(method: string, target: Target, query: URLSearchParams): Verb | undefined {
  const hasName = target.name !== undefined;
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (hasName) return 'get';
      return ['1', 'true'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}
