// What the server says of itself: versions, groups, resources, health.
import { groupVersion, type Kind, type KindRegister } from './kinds.js';
import type { JsonObject } from './objects.js';
import { openApiDocument, openApiIndex } from './openapi.js';

export type DiscoveryAnswer = { text: string } | { body: JsonObject } | undefined;

const HEALTH = ['/healthz', '/livez', '/readyz'];

const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+local',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: process.version,
  compiler: 'none',
  platform: `${process.platform}/${process.arch}`,
};

/** The answer to a path that names no resource; undefined where there is nothing. */
export function discover(path: string, kinds: KindRegister, host: string): DiscoveryAnswer {
  const trimmed = path.replace(/\/$/, '') || '/';
  if (HEALTH.includes(trimmed)) return { text: 'ok' };
  if (trimmed.startsWith('/openapi/')) return openApi(trimmed, kinds);
  const [root, group, version, ...more] = trimmed.split('/').slice(1);
  if (more.length) return undefined;
  switch (root) {
    case undefined:
    case '':
      return { body: { paths: ['/api', '/apis', ...HEALTH, '/openapi/v3', '/version'] } };
    case 'version':
      return { body: VERSION };
    case 'api':
      if (group === undefined) return { body: coreVersions(host) };
      return version === undefined ? resources('', group, kinds) : undefined;
    case 'apis':
      if (group === undefined) return { body: groupList(kinds) };
      return version === undefined ? oneGroup(group, kinds) : resources(group, version, kinds);
    default:
      return undefined;
  }
}

function coreVersions(host: string): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

function groupOf(name: string, versions: string[]): JsonObject {
  const list = versions.map((version) => ({ groupVersion: groupVersion({ group: name, version }), version }));
  return { name, versions: list, preferredVersion: list[0] };
}

function groupList(kinds: KindRegister): JsonObject {
  const groups = [...kinds.groups()].filter(([name]) => name !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([name, versions]) => groupOf(name, versions)),
  };
}

function oneGroup(name: string, kinds: KindRegister): DiscoveryAnswer {
  const versions = kinds.groups().get(name);
  return versions && { body: { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, versions) } };
}

function resources(group: string, version: string, kinds: KindRegister): DiscoveryAnswer {
  const served = kinds.all().filter((kind) => kind.group === group && kind.version === version);
  if (!served.length) return undefined;
  return {
    body: {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: groupVersion({ group, version }),
      resources: served.flatMap(resourceEntries),
    },
  };
}

function resourceEntries(kind: Kind): JsonObject[] {
  const { plural, singular, namespaced, verbs, shortNames, categories } = kind;
  const entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs,
    ...(shortNames.length ? { shortNames } : {}),
    ...(categories.length ? { categories } : {}),
  };
  if (!kind.hasStatus) return [entry];
  const status = { name: `${plural}/status`, singularName: '', namespaced, kind: kind.kind };
  return [entry, { ...status, verbs: ['get', 'patch', 'update'] }];
}

function openApi(path: string, kinds: KindRegister): DiscoveryAnswer {
  // Asked for by kubectl before 1.24, as protobuf: no bytes are a document that describes no kind, and nothing is missed.
  if (path === '/openapi/v2') return { text: '' };
  if (path === '/openapi/v3') return { body: openApiIndex(kinds) };
  const body = openApiDocument(path.replace(/^\/openapi\/v3\//, ''), kinds);
  return body && { body };
}
