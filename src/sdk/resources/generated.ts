// Made from crds/*.yaml by `make generate`. Do not edit.
/**
 * How the host is reached, and what it may be given.
 */
export interface DockerHostSpec {
  /**
   * Where the broker reaches the Docker Engine's API, as in DOCKER_HOST; tcp://10.0.0.7:2376 or unix:///var/run/docker.sock.
   */
  engine: string;
  /**
   * What to verify the engine's certificate with, and to log in with. Without it, an engine at a tcp address is spoken to in the open.
   */
  tls?: {
    /**
     * A Secret in the same namespace with the label sdkbroker.broker.io/secret: backend, and with the keys ca.crt, tls.crt and tls.key.
     */
    secretRef: {
      /**
       * The Secret's name.
       */
      name: string;
    };
  };
  /**
   * The host name or address at which applications reach what containers publish.
   */
  serviceHost: string;
  /**
   * The range from which containers get their ports. Without it, the engine chooses them.
   */
  ports?: {
    /**
     * The first port.
     */
    min: number;
    /**
     * The first port after the last.
     */
    max: number;
  };
  /**
   * How slow the host is beside others. New instances go to the lowest.
   */
  perfFactor?: number;
  /**
   * Whether it gets new instances. Those that it has stay.
   */
  schedulable?: boolean;
  /**
   * How often the agent gives a sign of life. After three times without one, the host counts as lost.
   */
  keepaliveSeconds?: number;
}
/**
 * What the broker knows of the host.
 */
export interface DockerHostStatus {
  /**
   * The generation of the spec that the conditions tell of.
   */
  observedGeneration?: number;
  /**
   * Alive: the agent gives signs of life.
   */
  conditions?: {
    /**
     * Alive.
     */
    type: string;
    /**
     * Whether it holds.
     */
    status: 'True' | 'False' | 'Unknown';
    /**
     * One word for programs.
     */
    reason: string;
    /**
     * A sentence for people.
     */
    message: string;
    /**
     * The generation of the spec that it tells of.
     */
    observedGeneration?: number;
    /**
     * Since when it holds.
     */
    lastTransitionTime: string;
  }[];
  /**
   * The instances that have their container here, with the ports that they hold of the range.
   */
  instances?: {
    /**
     * The name of the ServiceInstance.
     */
    name: string;
    /**
     * The host's port of each of the container's.
     */
    ports?: {
      /**
       * For example 6379/tcp.
       */
      container: string;
      /**
       * A port of the range.
       */
      host: number;
    }[];
  }[];
  /**
   * How many instances there are; a host that is drained has none.
   */
  instanceCount?: number;
}
/**
 * What is wanted. A binding does not change; make a new one instead.
 */
export interface ServiceBindingSpec {
  /**
   * The platform's id of the binding; the resource's name where it is left out.
   */
  bindingId?: string;
  /**
   * The instance that is bound.
   */
  instanceRef: {
    /**
     * The name of a ServiceInstance in the same namespace.
     */
    name: string;
  };
  /**
   * The user's parameters, valid by the plan's schema.
   */
  parameters?: Record<string, unknown>;
  /**
   * The platform's context object (Open Service Broker profile, Context Object).
   */
  context?: Record<string, unknown>;
  /**
   * What is bound to the instance, an application for one.
   */
  bindResource?: Record<string, unknown>;
  /**
   * The id of the binding that this one succeeds in a rotation.
   */
  predecessorBindingId?: string;
  /**
   * Who caused the last request, as the platform says.
   */
  originatingIdentity?: {
    /**
     * The platform's name.
     */
    platform: string;
    /**
     * The platform's description of the user.
     */
    value: Record<string, unknown>;
  };
  /**
   * The operation that was asked for last; left out by who uses kubectl.
   */
  operation?: {
    /**
     * The operation string that the platform got.
     */
    id: string;
    /**
     * What was asked for.
     */
    type: 'bind' | 'unbind';
    /**
     * When the request came.
     */
    requestedAt: string;
    /**
     * The identity of the request (X-Broker-API-Request-Identity, or one of the broker's own), as the log has it.
     */
    requestId?: string;
  };
}
/**
 * What the controller found and did.
 */
export interface ServiceBindingStatus {
  /**
   * The generation of the spec that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * Ready, Pending and Failed, of which one is true; Expired, once its time is over; and what the backend observes.
   *
   * Items: One aspect of the resource's state.
   */
  conditions?: {
    /**
     * The aspect.
     */
    type: string;
    /**
     * Whether the aspect holds.
     */
    status: 'True' | 'False' | 'Unknown';
    /**
     * One word for programs.
     */
    reason: string;
    /**
     * A sentence for people.
     */
    message: string;
    /**
     * When status last changed.
     */
    lastTransitionTime: string;
    /**
     * The generation of the spec that the condition speaks of.
     */
    observedGeneration?: number;
  }[];
  /**
   * An operation and what became of it.
   */
  lastOperation?: {
    /**
     * The operation string that the platform got.
     */
    id: string;
    /**
     * What was asked for.
     */
    type: 'bind' | 'unbind';
    /**
     * The state in the words of the Open Service Broker API; a final one never changes.
     */
    state: 'in progress' | 'succeeded' | 'failed';
    /**
     * One word for programs, as in the conditions.
     */
    reason?: string;
    /**
     * Text for the user; holds no secret.
     */
    description?: string;
    /**
     * When the operation was asked for.
     */
    startedAt: string;
    /**
     * When the state became final.
     */
    finishedAt?: string;
    /**
     * How often the backend failed so far, without a final error.
     */
    attempts?: number;
    /**
     * When the backend suggests to ask again.
     */
    retryAfterSeconds?: number;
  };
  /**
   * Operations that ended before the newest, newest first, so that a late poll is answered about the operation that it names.
   *
   * Items: An operation and what became of it.
   */
  previousOperations?: {
    /**
     * The operation string that the platform got.
     */
    id: string;
    /**
     * What was asked for.
     */
    type: 'bind' | 'unbind';
    /**
     * The state in the words of the Open Service Broker API; a final one never changes.
     */
    state: 'in progress' | 'succeeded' | 'failed';
    /**
     * One word for programs, as in the conditions.
     */
    reason?: string;
    /**
     * Text for the user; holds no secret.
     */
    description?: string;
    /**
     * When the operation was asked for.
     */
    startedAt: string;
    /**
     * When the state became final.
     */
    finishedAt?: string;
    /**
     * How often the backend failed so far, without a final error.
     */
    attempts?: number;
    /**
     * When the backend suggests to ask again.
     */
    retryAfterSeconds?: number;
  }[];
  /**
   * The Secret, in the same namespace, that holds the credentials.
   */
  secretRef?: {
    /**
     * The Secret's name.
     */
    name: string;
    /**
     * The Secret's version when the credentials were stored. An older one holds credentials that do not work.
     */
    resourceVersion?: string;
  };
  /**
   * The same Secret, where the Service Binding Specification for Kubernetes looks for it (Provisioned Service).
   */
  binding?: {
    /**
     * The Secret's name.
     */
    name: string;
  };
  /**
   * When the credentials stop working.
   */
  expiresAt?: string;
  /**
   * By when a successor should have been made.
   */
  renewBefore?: string;
}
/**
 * What is wanted.
 */
export interface ServiceInstanceSpec {
  /**
   * The platform's id of the instance; the resource's name where it is left out.
   */
  instanceId?: string;
  /**
   * The id of the service offering.
   */
  serviceId: string;
  /**
   * The id of one of the offering's plans.
   */
  planId: string;
  /**
   * The user's parameters, valid by the plan's schema.
   */
  parameters?: Record<string, unknown>;
  /**
   * The platform's context object (Open Service Broker profile, Context Object).
   */
  context?: Record<string, unknown>;
  /**
   * The deprecated organization_guid of the provision request.
   */
  organizationGuid?: string;
  /**
   * The deprecated space_guid of the provision request.
   */
  spaceGuid?: string;
  /**
   * The maintenance that the platform asked for.
   */
  maintenanceInfo?: {
    /**
     * A semantic version.
     */
    version?: string;
  };
  /**
   * Who caused the last request, as the platform says.
   */
  originatingIdentity?: {
    /**
     * The platform's name.
     */
    platform: string;
    /**
     * The platform's description of the user.
     */
    value: Record<string, unknown>;
  };
  /**
   * The operation that was asked for last; left out by who uses kubectl.
   */
  operation?: {
    /**
     * The operation string that the platform got.
     */
    id: string;
    /**
     * What was asked for.
     */
    type: 'provision' | 'update' | 'deprovision';
    /**
     * When the request came.
     */
    requestedAt: string;
    /**
     * The identity of the request (X-Broker-API-Request-Identity, or one of the broker's own), as the log has it.
     */
    requestId?: string;
  };
  /**
   * The plan as the catalog had it, so that the instance can be removed when its offering is gone. Filled in by the broker.
   */
  resolvedPlan?: {
    /**
     * The id of the plan that this is.
     */
    planId: string;
    /**
     * The offering's name.
     */
    serviceName: string;
    /**
     * The plan's name.
     */
    planName: string;
    /**
     * The name of the backend that serves the plan.
     */
    backend: string;
    /**
     * The plan's settings for that backend.
     */
    settings?: Record<string, unknown>;
  };
}
/**
 * What the controller found and did.
 */
export interface ServiceInstanceStatus {
  /**
   * The generation of the spec that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * Ready, Pending and Failed, of which one is true, and what the backend observes.
   *
   * Items: One aspect of the resource's state.
   */
  conditions?: {
    /**
     * The aspect.
     */
    type: string;
    /**
     * Whether the aspect holds.
     */
    status: 'True' | 'False' | 'Unknown';
    /**
     * One word for programs.
     */
    reason: string;
    /**
     * A sentence for people.
     */
    message: string;
    /**
     * When status last changed.
     */
    lastTransitionTime: string;
    /**
     * The generation of the spec that the condition speaks of.
     */
    observedGeneration?: number;
  }[];
  /**
   * An operation and what became of it.
   */
  lastOperation?: {
    /**
     * The operation string that the platform got.
     */
    id: string;
    /**
     * What was asked for.
     */
    type: 'provision' | 'update' | 'deprovision';
    /**
     * The state in the words of the Open Service Broker API; a final one never changes.
     */
    state: 'in progress' | 'succeeded' | 'failed';
    /**
     * One word for programs, as in the conditions.
     */
    reason?: string;
    /**
     * Text for the user; holds no secret.
     */
    description?: string;
    /**
     * When the operation was asked for.
     */
    startedAt: string;
    /**
     * When the state became final.
     */
    finishedAt?: string;
    /**
     * How often the backend failed so far, without a final error.
     */
    attempts?: number;
    /**
     * When the backend suggests to ask again.
     */
    retryAfterSeconds?: number;
    /**
     * Whether the instance can still be used after a failed update or deprovision.
     */
    instanceUsable?: boolean;
    /**
     * Whether the same update could succeed later.
     */
    updateRepeatable?: boolean;
  };
  /**
   * Operations that ended before the newest, newest first, so that a late poll is answered about the operation that it names.
   *
   * Items: An operation and what became of it.
   */
  previousOperations?: {
    /**
     * The operation string that the platform got.
     */
    id: string;
    /**
     * What was asked for.
     */
    type: 'provision' | 'update' | 'deprovision';
    /**
     * The state in the words of the Open Service Broker API; a final one never changes.
     */
    state: 'in progress' | 'succeeded' | 'failed';
    /**
     * One word for programs, as in the conditions.
     */
    reason?: string;
    /**
     * Text for the user; holds no secret.
     */
    description?: string;
    /**
     * When the operation was asked for.
     */
    startedAt: string;
    /**
     * When the state became final.
     */
    finishedAt?: string;
    /**
     * How often the backend failed so far, without a final error.
     */
    attempts?: number;
    /**
     * When the backend suggests to ask again.
     */
    retryAfterSeconds?: number;
    /**
     * Whether the instance can still be used after a failed update or deprovision.
     */
    instanceUsable?: boolean;
    /**
     * Whether the same update could succeed later.
     */
    updateRepeatable?: boolean;
  }[];
  /**
   * What is confirmed, which an operation in progress or failed does not touch.
   */
  applied?: {
    /**
     * The service offering, which never changes.
     */
    serviceId: string;
    /**
     * The plan.
     */
    planId: string;
    /**
     * The plan as the catalog had it, so that the instance can be removed when its offering is gone. Filled in by the broker.
     */
    resolvedPlan?: {
      /**
       * The id of the plan that this is.
       */
      planId: string;
      /**
       * The offering's name.
       */
      serviceName: string;
      /**
       * The plan's name.
       */
      planName: string;
      /**
       * The name of the backend that serves the plan.
       */
      backend: string;
      /**
       * The plan's settings for that backend.
       */
      settings?: Record<string, unknown>;
    };
    /**
     * The parameters.
     */
    parameters?: Record<string, unknown>;
    /**
     * The platform's context object.
     */
    context?: Record<string, unknown>;
    /**
     * The version of the plan's maintenance info that the instance is at.
     */
    maintenanceVersion?: string;
  };
  /**
   * The address of the instance's dashboard.
   */
  dashboardUrl?: string;
  /**
   * The metadata of the provision and fetch responses.
   */
  metadata?: {
    /**
     * Labels for the platform to put on its instance.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Attributes for the platform to put on its instance.
     */
    attributes?: {
      [k: string]: string;
    };
  };
}
/**
 * The catalog entry.
 */
export interface ServiceOfferingSpec {
  /**
   * The service's id, the same for ever; a GUID is recommended.
   */
  id: string;
  /**
   * The service's name, unique in the catalog.
   */
  name: string;
  /**
   * What the service is, in a line.
   */
  description: string;
  /**
   * Words by which applications recognise the kind of service.
   */
  tags?: string[];
  /**
   * The permissions that bindings need from the platform.
   */
  requires?: ('syslog_drain' | 'route_forwarding' | 'volume_mount')[];
  /**
   * Whether instances can be bound; a plan may say otherwise.
   */
  bindable?: boolean;
  /**
   * Whether instances can be fetched.
   */
  instancesRetrievable?: boolean;
  /**
   * Whether bindings can be fetched; without it, bindings are made synchronously only.
   */
  bindingsRetrievable?: boolean;
  /**
   * Whether an update may carry a new context alone.
   */
  allowContextUpdates?: boolean;
  /**
   * Whether an instance may change its plan; a plan may say otherwise.
   */
  planUpdateable?: boolean;
  /**
   * Whether a bind must name an application.
   */
  requiresApp?: boolean;
  /**
   * The OAuth client of the service's dashboard.
   */
  dashboardClient?: {
    /**
     * The client's id.
     */
    id: string;
    /**
     * Where the client's secret is kept; made with a random value where it is missing.
     */
    secretRef: {
      /**
       * The name of a Secret in the same namespace.
       */
      name: string;
      /**
       * The key in that Secret.
       */
      key: string;
    };
    /**
     * The address that the platform may redirect to after a log-in.
     */
    redirectUri?: string;
  };
  /**
   * Opaque details for the platform, displayName and documentationUrl for two.
   */
  metadata?: Record<string, unknown>;
  /**
   * At least one plan.
   *
   * Items: A plan.
   */
  plans: {
    /**
     * The plan's id, the same for ever; a GUID is recommended.
     */
    id: string;
    /**
     * The plan's name, unique within the offering.
     */
    name: string;
    /**
     * What the plan is, in a line.
     */
    description: string;
    /**
     * Whether the plan costs nothing.
     */
    free?: boolean;
    /**
     * Overrides the offering's bindable.
     */
    bindable?: boolean;
    /**
     * Overrides the offering's planUpdateable.
     */
    planUpdateable?: boolean;
    /**
     * Whether a binding may succeed another (binding rotation).
     */
    bindingRotatable?: boolean;
    /**
     * For how many seconds an operation may run before it counts as failed.
     */
    maximumPollingDuration?: number;
    /**
     * The version that instances of the plan should be at.
     */
    maintenanceInfo?: {
      /**
       * A semantic version (2.0.0 of that specification).
       */
      version: string;
      /**
       * What the maintenance means to users.
       */
      description?: string;
    };
    /**
     * JSON schemas of parameters; each has $schema and refers to nothing outside itself.
     */
    schemas?: {
      /**
       * The parameters of a provision.
       */
      instanceCreate?: Record<string, unknown>;
      /**
       * The parameters of an update.
       */
      instanceUpdate?: Record<string, unknown>;
      /**
       * The parameters of a bind.
       */
      bindingCreate?: Record<string, unknown>;
    };
    /**
     * Opaque details for the platform, displayName, bullets and costs for three.
     */
    metadata?: Record<string, unknown>;
    /**
     * Which operations cannot end within the request, so that a platform must accept asynchronous answers.
     */
    asyncRequired?: {
      /**
       * Provision, update and deprovision.
       */
      instances?: boolean;
      /**
       * Bind and unbind.
       */
      bindings?: boolean;
    };
    /**
     * The name of the backend that serves the plan.
     */
    backend: string;
    /**
     * The backend's settings for the plan; each goes over the one of that name in settingsFrom.
     */
    settings?: Record<string, unknown>;
    /**
     * Where settings for the plan stand outside the offering.
     */
    settingsFrom?: {
      /**
       * A ConfigMap in the same namespace, with the label sdkbroker.broker.io/configmap: settings.
       */
      configMapKeyRef: {
        /**
         * The name of the ConfigMap.
         */
        name: string;
        /**
         * The key in that ConfigMap; its text is a YAML mapping of settings.
         */
        key: string;
      };
    };
  }[];
}
/**
 * What the broker made of the offering.
 */
export interface ServiceOfferingStatus {
  /**
   * The generation of the spec that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * Accepted, and why not.
   *
   * Items: One aspect of the resource's state.
   */
  conditions?: {
    /**
     * The aspect.
     */
    type: string;
    /**
     * Whether the aspect holds.
     */
    status: 'True' | 'False' | 'Unknown';
    /**
     * One word for programs.
     */
    reason: string;
    /**
     * A sentence for people.
     */
    message: string;
    /**
     * When status last changed.
     */
    lastTransitionTime: string;
    /**
     * The generation of the spec that the condition speaks of.
     */
    observedGeneration?: number;
  }[];
}
