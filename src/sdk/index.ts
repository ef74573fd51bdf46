// The one door: everything that an author of a broker imports.
export type {
  Backend,
  BackendLog,
  Binding,
  BindingResult,
  Endpoint,
  HeldInstance,
  Instance,
  InstanceFacts,
  InstanceResult,
  JsonObject,
  NamedBackend,
  Observation,
  ObservedCondition,
  OriginatingIdentity,
  ParametersClass,
  PlanScope,
  ReadSecret,
  Removed,
  VolumeMount,
} from './authoring/backend.js';
export type { Attach, BrokerContext, BrokerPart, LeaderTerm } from './authoring/broker-part.js';
export {
  defineService,
  type PlanDefinition,
  type Service,
  type ServiceDefinition,
} from './authoring/define-service.js';
export type {
  KeepSecrets,
  KindReference,
  Manifest,
  MissingRights,
  OwnedObject,
  OwnedResources,
} from './authoring/owned-resources.js';
export { WriteOnly } from './authoring/parameters.js';
export { done, type Done, type Outcome, TerminalError, waiting, type Waiting } from './authoring/outcome.js';
export { runBroker, type RunOptions } from './run.js';
export type { Settings } from './settings.js';
export { readSettings, type SettingsSources } from './settings-read.js';
export { type BrokerDefinition } from './start.js';
export { type ClusterConfig, loadKubeConfig } from './kube/config.js';
