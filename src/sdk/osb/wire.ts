// The bodies of the Open Service Broker API 2.17 as they stand on the wire. Optional fields are left out, never null.
type JsonObject = Record<string, unknown>;

export interface OperationBody {
  /** Sent back by the platform as `operation` of `last_operation`. */
  operation?: string;
}

/** `metadata` of an instance (specification: Service Instance Metadata). */
export interface InstanceMetadata {
  labels?: Record<string, string>;
  attributes?: Record<string, string>;
}

export interface ProvisionBody extends OperationBody {
  dashboard_url?: string;
  metadata?: InstanceMetadata;
}

export type UpdateBody = ProvisionBody;

export interface FetchInstanceBody {
  service_id: string;
  plan_id: string;
  dashboard_url?: string;
  parameters?: JsonObject;
  maintenance_info?: { version: string };
  metadata?: InstanceMetadata;
}

/** `metadata` of a binding; times have the form `yyyy-mm-ddThh:mm:ss.sZ`. */
export interface BindingMetadata {
  expires_at?: string;
  renew_before?: string;
}

export interface BindingBody {
  credentials?: JsonObject;
  syslog_drain_url?: string;
  route_service_url?: string;
  volume_mounts?: object[];
  endpoints?: object[];
  metadata?: BindingMetadata;
}

export interface FetchBindingBody extends BindingBody {
  parameters?: JsonObject;
}

export interface LastOperationBody {
  state: 'in progress' | 'succeeded' | 'failed';
  description?: string;
  instance_usable?: boolean;
  update_repeatable?: boolean;
}

export interface CatalogBody {
  services: CatalogService[];
}

export interface CatalogService {
  id: string;
  name: string;
  description: string;
  bindable: boolean;
  tags?: string[];
  requires?: string[];
  instances_retrievable?: boolean;
  bindings_retrievable?: boolean;
  allow_context_updates?: boolean;
  plan_updateable?: boolean;
  metadata?: JsonObject;
  dashboard_client?: { id: string; secret: string; redirect_uri?: string };
  plans: CatalogPlan[];
}

export interface CatalogPlan {
  id: string;
  name: string;
  description: string;
  free?: boolean;
  bindable?: boolean;
  plan_updateable?: boolean;
  binding_rotatable?: boolean;
  maximum_polling_duration?: number;
  maintenance_info?: { version: string; description?: string };
  schemas?: {
    service_instance?: {
      create?: { parameters: JsonObject };
      update?: { parameters: JsonObject };
    };
    service_binding?: { create?: { parameters: JsonObject } };
  };
  metadata?: JsonObject;
}

/** Every error's body. */
export interface ErrorBody {
  error?: string;
  description: string;
  instance_usable?: boolean;
  update_repeatable?: boolean;
}
