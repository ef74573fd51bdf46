// What must hold when all is at rest: the cluster, the world outside and every cache agree, and nothing is left over.
import type { KubeObject, ResourceType, Secret } from '../../src/sdk/kube/types.js';
import { fromSecret, isTold, secretName } from '../../src/sdk/resources/binding-secret.js';
import {
  BINDINGS,
  CONFIG_MAPS,
  INSTANCES,
  OFFERINGS,
  SECRETS,
  type ServiceBinding,
  type ServiceInstance,
} from '../../src/sdk/resources/kinds.js';
import { isDeleting, isSettled, type Operable } from '../../src/sdk/resources/operations.js';
import { parametersSecretName, reveal } from '../../src/sdk/resources/secret-parameters.js';
import type { ApiServer } from './api-server.js';
import type { BrokerProcess } from './broker-process.js';
import type { Cloud } from './cloud.js';

export interface Scene {
  api: ApiServer;
  cloud: Cloud;
  processes: BrokerProcess[];
  /** Whether nobody accounts for it, and nobody looks for it. */
  isForgotten: (name: string) => boolean;
}

type Report = (invariant: string, details: string) => void;

const instances = ({ api }: Scene): ServiceInstance[] => api.objects(INSTANCES);
const bindings = ({ api }: Scene): ServiceBinding[] => api.objects(BINDINGS);

/** Resources whose operations have not ended. */
const unsettled = (scene: Scene): Operable[] =>
  [...instances(scene), ...bindings(scene)].filter((object) => !isSettled(object));

/** Whether nothing is left to do, and somebody is there to do what will come. */
export function isAtRest(scene: Scene): boolean {
  const isIdle = scene.processes.every(
    ({ hasWork, requests, wire }) => !hasWork && requests.size + wire.pending.size === 0,
  );
  return (
    isIdle && scene.processes.filter(({ isLeader }) => isLeader).length === 1 && unsettled(scene).length === 0
  );
}

export function checkRest(scene: Scene, report: Report): void {
  for (const object of unsettled(scene)) report('every operation ends', textOf(object));
  for (const instance of instances(scene)) checkInstance(scene, instance, report);
  for (const binding of bindings(scene)) checkBinding(scene, binding, report);
  for (const name of held(scene, 'servers'))
    if (!scene.api.object(INSTANCES, name)) report('nothing is left behind', `server ${name}`);
  for (const name of held(scene, 'users'))
    if (!scene.api.object(BINDINGS, name)) report('nothing is left behind', `user ${name}`);
  checkSecrets(scene, report);
  for (const process of scene.processes) checkProcess(scene, process, report);
}

export function checkEmpty(scene: Scene, report: Report): void {
  const left = [...instances(scene), ...bindings(scene), ...scene.api.objects<Secret>(SECRETS)];
  for (const object of left) report('nothing is left behind', textOf(object));
  for (const name of [...held(scene, 'servers'), ...held(scene, 'users')])
    report('nothing is left behind', `${name} in the cloud`);
}

/** Whether there has to be something in the cloud; what holds it, or lets it go, is looked at, too. */
function isReady(object: Operable, report: Report): boolean {
  const state = object.status?.lastOperation?.state;
  if (isDeleting(object)) {
    if (state !== 'failed') report('no finalizer is left', textOf(object));
    return false;
  }
  if (!object.metadata.finalizers?.length) report('everything has its finalizer', textOf(object));
  return state === 'succeeded';
}

const held = ({ cloud, isForgotten }: Scene, kind: 'servers' | 'users'): string[] =>
  [...cloud[kind].keys()].filter((name) => !isForgotten(name));

function checkInstance({ api, cloud }: Scene, instance: ServiceInstance, report: Report): void {
  const { metadata, spec, status } = instance;
  if (!isReady(instance, report)) return;
  const server = cloud.servers.get(metadata.name);
  const own = parametersSecretName(instance);
  const find = (secret: string): Secret | undefined => api.object(SECRETS, secret);
  const { parameters, missing } = reveal(spec.parameters ?? {}, new Set(['token']), own, find);
  const isRight =
    missing.length === 0 &&
    server?.parts.size === 2 &&
    !server.isTampered &&
    server.planId === spec.planId &&
    status?.applied?.planId === spec.planId &&
    sorted(server.parameters) === sorted(parameters);
  if (!isRight)
    report(
      'what is Ready is there',
      `${textOf(instance)}, in the cloud ${server?.planId} ${sorted(server?.parameters)}`,
    );
}

function checkBinding({ api, cloud }: Scene, binding: ServiceBinding, report: Report): void {
  const { name } = binding.metadata;
  if (!isReady(binding, report)) return;
  const secret = api.object<Secret>(SECRETS, secretName(binding));
  if (secret && !isTold(secret, binding))
    report('a binding tells of its Secret', `${textOf(binding)} ${secret.metadata.resourceVersion}`);
  const password = secret && (fromSecret(secret)?.credentials?.password as string);
  if (!password || !cloud.works(name, password))
    report('what is Ready is there', `${textOf(binding)} ${password}`);
}

/** Each Secret belongs to a resource that is there. */
function checkSecrets({ api }: Scene, report: Report): void {
  for (const secret of api.objects<Secret>(SECRETS)) {
    const [owner] = secret.metadata.ownerReferences ?? [];
    const type = [INSTANCES, BINDINGS].find(({ kind }) => kind === owner?.kind);
    const found = type && api.object(type, owner!.name);
    if (found?.metadata.uid !== owner?.uid) report('no Secret is left', textOf(secret));
  }
}

function checkProcess({ api }: Scene, process: BrokerProcess, report: Report): void {
  const { stores, name } = process;
  const compare = (
    type: ResourceType,
    shown: readonly Readonly<KubeObject>[],
    stored: KubeObject[],
  ): void => {
    const versions = (list: readonly Readonly<KubeObject>[]): string =>
      list
        .map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)
        .sort()
        .join(' ');
    if (versions(shown) !== versions(stored))
      report(
        'every cache is like the server',
        `${name} shows ${type.plural} ${versions(shown)}, not ${versions(stored)}`,
      );
  };
  compare(INSTANCES, stores.instances.list(), api.objects(INSTANCES));
  compare(BINDINGS, stores.bindings.list(), api.objects(BINDINGS));
  compare(OFFERINGS, stores.offerings.list(), api.objects(OFFERINGS));
  compare(SECRETS, stores.secrets.list(), api.objects(SECRETS));
  compare(CONFIG_MAPS, stores.configMaps.list(), api.objects(CONFIG_MAPS));
}

const sorted = (object: object | undefined): string => JSON.stringify(Object.entries(object ?? {}).sort());

function textOf({ kind, metadata, ...rest }: KubeObject): string {
  const { status } = rest as Operable;
  const { id, state, reason } = status?.lastOperation ?? {};
  const going = metadata.deletionTimestamp ? ' going' : '';
  return `${kind} ${metadata.name}${going} (${id} ${state} ${reason})`;
}
