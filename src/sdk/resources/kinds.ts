// The custom resources of the group: their types, their places in the API, their labels.
import type { KubeObject } from '../kube/types.js';
import type {
  DockerHostSpec,
  DockerHostStatus,
  ServiceBindingSpec,
  ServiceBindingStatus,
  ServiceInstanceSpec,
  ServiceInstanceStatus,
  ServiceOfferingSpec,
  ServiceOfferingStatus,
} from './generated.js';

export type * from './generated.js';

export const GROUP = 'sdkbroker.broker.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

export interface ServiceInstance extends KubeObject {
  spec: ServiceInstanceSpec;
  status?: ServiceInstanceStatus;
}

export interface ServiceBinding extends KubeObject {
  spec: ServiceBindingSpec;
  status?: ServiceBindingStatus;
}

export interface ServiceOffering extends KubeObject {
  spec: ServiceOfferingSpec;
  status?: ServiceOfferingStatus;
}

export interface DockerHost extends KubeObject {
  spec: DockerHostSpec;
  status?: DockerHostStatus;
}

export type PlanSpec = ServiceOfferingSpec['plans'][number];
export type ResolvedPlan = NonNullable<ServiceInstanceSpec['resolvedPlan']>;

export const INSTANCES = {
  group: GROUP,
  version: VERSION,
  kind: 'ServiceInstance',
  plural: 'serviceinstances',
};
export const BINDINGS = { group: GROUP, version: VERSION, kind: 'ServiceBinding', plural: 'servicebindings' };
export const OFFERINGS = {
  group: GROUP,
  version: VERSION,
  kind: 'ServiceOffering',
  plural: 'serviceofferings',
};
export const DOCKER_HOSTS = { group: GROUP, version: VERSION, kind: 'DockerHost', plural: 'dockerhosts' };
export const SECRETS = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
export const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };

/** Holds an instance or a binding until its backend has let go. */
export const FINALIZER = `${GROUP}/backend`;

/**
 * On every Secret of ours, and what it is for: `binding`, `parameters`, `kept`, `dashboard-client`, `dashboard-key` or
 * `backend`.
 */
export const SECRET_LABEL = `${GROUP}/secret`;

/** On every ConfigMap that the broker may read, and what it is for: `settings`, of plans. */
export const CONFIG_MAP_LABEL = `${GROUP}/configmap`;

/** On what an instance owns, its name. */
export const INSTANCE_LABEL = `${GROUP}/instance`;

/** On what a binding owns, its name. */
export const BINDING_LABEL = `${GROUP}/binding`;

/** On what an instance or a binding owns, the namespace of its broker: names of instances are unique in there only. */
export const BROKER_LABEL = `${GROUP}/broker`;

/** On the offerings that this broker's own code or catalog file defines, or an administrator over HTTP: `code`, `file` or `rest`. */
export const SOURCE_LABEL = `${GROUP}/source`;
