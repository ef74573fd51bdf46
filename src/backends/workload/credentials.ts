// What an application gets: credentials from templates and from the keys of objects, and endpoints.
import type { BindingResult, Endpoint, JsonObject, OwnedObject } from '../../sdk/index.js';
import type { BindingSettings, CredentialsSource, EndpointTemplate } from './settings.js';
import { isObject, TemplateError } from './template.js';
import { renderTree, TreeError } from './tree.js';

/** Throws a TreeError; its `missing` begins with `objects` where an object or a field of one is not there. */
export function credentialsOf(
  { credentials, credentialsFrom, endpoints }: BindingSettings,
  scope: object,
  objects: readonly OwnedObject[],
): BindingResult {
  const found = credentialsFrom.map((source, index) =>
    keysOf(source, { scope, objects, path: `binding.credentialsFrom[${index}]` }),
  );
  const rendered = renderTree(credentials, scope, 'binding.credentials') as JsonObject;
  return {
    credentials: Object.assign({}, ...found, rendered) as JsonObject,
    ...(endpoints.length > 0
      ? { endpoints: endpoints.map((each, index) => endpointOf(each, scope, `binding.endpoints[${index}]`)) }
      : {}),
  };
}

function keysOf(
  { kind, name: template, keys }: CredentialsSource,
  { scope, objects, path }: { scope: object; objects: readonly OwnedObject[]; path: string },
): JsonObject {
  const name = renderTree(template, scope, `${path}.name`);
  const object = objects.find((each) => each.kind === kind && each.metadata.name === name);
  if (!object) throw absent(path, `the ${kind} ${String(name)}`);
  const data = isObject(object.data) ? object.data : {};
  return Object.fromEntries(
    (keys ?? Object.keys(data)).map((key) => {
      const value = Object.hasOwn(data, key) ? data[key] : undefined;
      if (typeof value !== 'string') throw absent(path, `the key ${key} of the ${kind} ${String(name)}`);
      return [key, kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value];
    }),
  );
}

const absent = (path: string, what: string): TreeError =>
  new TreeError(path, new TemplateError(`${what} does not exist`, 'objects'));

function endpointOf({ host, ports, protocol }: EndpointTemplate, scope: object, path: string): Endpoint {
  return {
    host: String(renderTree(host, scope, `${path}.host`)),
    ports: ports.map((port, index) => String(renderTree(port, scope, `${path}.ports[${index}]`))),
    ...(protocol === undefined ? {} : { protocol }),
  };
}
