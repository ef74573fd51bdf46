// What the protocol asks of whoever keeps instances and bindings: one method for each endpoint of the Open Service
// Broker API 2.17. Requests come parsed and valid by themselves; answers carry a status and a body in wire form.
import type {
  BindingBody,
  CatalogBody,
  FetchBindingBody,
  FetchInstanceBody,
  LastOperationBody,
  OperationBody,
  ProvisionBody,
  UpdateBody,
} from './wire.js';

export type JsonObject = Record<string, unknown>;

/** Who caused a request (specification: Originating Identity). */
export interface OriginatingIdentity {
  platform: string;
  value: JsonObject;
}

/** What every request carries beside its own fields. */
export interface RequestBase {
  originatingIdentity?: OriginatingIdentity;
  /** The platform's request identity, made safe for logs, or one of our own. */
  requestId: string;
}

/** For how long the client waits, and whether it has to. */
export interface Patience {
  acceptsIncomplete: boolean;
  /** Fires when the client has gone away. */
  signal: AbortSignal;
}

export interface InstanceRequest extends RequestBase {
  instanceId: string;
}

export interface BindingRequest extends InstanceRequest {
  bindingId: string;
}

export interface ProvisionRequest extends InstanceRequest, Patience {
  serviceId: string;
  planId: string;
  /** Absent only where the broker is set to do without them. */
  organizationGuid?: string;
  spaceGuid?: string;
  context?: JsonObject;
  parameters?: JsonObject;
  maintenanceVersion?: string;
}

export interface UpdateRequest extends InstanceRequest, Patience {
  serviceId: string;
  planId?: string;
  context?: JsonObject;
  parameters?: JsonObject;
  maintenanceVersion?: string;
}

/** `serviceId` and `planId` may be absent here: whether that is a 400 or a 410 depends on what exists. */
export interface DeprovisionRequest extends InstanceRequest, Patience {
  serviceId?: string;
  planId?: string;
}

export interface BindRequest extends BindingRequest, Patience {
  /** Absent only in a rotation. */
  serviceId?: string;
  planId?: string;
  predecessorBindingId?: string;
  appGuid?: string;
  bindResource?: JsonObject;
  context?: JsonObject;
  parameters?: JsonObject;
}

export interface UnbindRequest extends BindingRequest, Patience {
  serviceId?: string;
  planId?: string;
}

export interface Answer<Status extends number, Body> {
  status: Status;
  body: Body;
  /** Of the operation that the answer tells of, where the body does not name it; for the log. */
  operationId?: string;
}

export interface LastOperationAnswer extends Answer<200, LastOperationBody> {
  /** For the `Retry-After` header, in seconds; only while in progress. */
  retryAfterSeconds?: number;
}

/** The same object for as long as the catalog stays the same. */
export interface CatalogAnswer {
  body: CatalogBody;
  /** A strong validator of the body, quotes included. */
  etag: string;
  lastModified: Date;
}

/** Every method throws `OsbError` for an answer that is not a success. */
export interface Broker {
  catalog(): CatalogAnswer;
  provision(request: ProvisionRequest): Promise<Answer<200 | 201 | 202, ProvisionBody>>;
  fetchInstance(request: InstanceRequest): Promise<Answer<200, FetchInstanceBody>>;
  update(request: UpdateRequest): Promise<Answer<200 | 202, UpdateBody>>;
  deprovision(request: DeprovisionRequest): Promise<Answer<200 | 202, OperationBody>>;
  instanceLastOperation(request: InstanceRequest & { operation?: string }): Promise<LastOperationAnswer>;
  bind(request: BindRequest): Promise<Answer<200 | 201, BindingBody> | Answer<202, OperationBody>>;
  fetchBinding(request: BindingRequest): Promise<Answer<200, FetchBindingBody>>;
  unbind(request: UnbindRequest): Promise<Answer<200 | 202, OperationBody>>;
  bindingLastOperation(request: BindingRequest & { operation?: string }): Promise<LastOperationAnswer>;
}
