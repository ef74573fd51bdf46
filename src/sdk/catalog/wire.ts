// A catalog entry as the Open Service Broker API writes it; unset optional fields are left out.
import type { CatalogPlan, CatalogService } from '../osb/wire.js';
import type { PlanSpec, ServiceOfferingSpec } from '../resources/kinds.js';

export function toCatalogService(
  offering: ServiceOfferingSpec,
  clientSecret: string | undefined,
): CatalogService {
  const client = offering.dashboardClient;
  return defined({
    id: offering.id,
    name: offering.name,
    description: offering.description,
    tags: offering.tags,
    requires: offering.requires,
    bindable: offering.bindable ?? true,
    instances_retrievable: offering.instancesRetrievable ?? true,
    bindings_retrievable: offering.bindingsRetrievable ?? true,
    allow_context_updates: offering.allowContextUpdates ?? false,
    plan_updateable: offering.planUpdateable ?? false,
    metadata: offering.metadata,
    dashboard_client:
      client && clientSecret !== undefined
        ? defined({ id: client.id, secret: clientSecret, redirect_uri: client.redirectUri })
        : undefined,
    plans: offering.plans.map(toCatalogPlan),
  });
}

function toCatalogPlan(plan: PlanSpec): CatalogPlan {
  return defined({
    id: plan.id,
    name: plan.name,
    description: plan.description,
    free: plan.free ?? true,
    bindable: plan.bindable,
    plan_updateable: plan.planUpdateable,
    binding_rotatable: plan.bindingRotatable ?? false,
    maximum_polling_duration: plan.maximumPollingDuration,
    maintenance_info: plan.maintenanceInfo,
    schemas: toSchemas(plan.schemas),
    metadata: plan.metadata,
  });
}

function toSchemas(schemas: PlanSpec['schemas']): CatalogPlan['schemas'] | undefined {
  if (!schemas) return undefined;
  const { instanceCreate, instanceUpdate, bindingCreate } = schemas;
  return defined({
    service_instance:
      instanceCreate || instanceUpdate
        ? defined({
            create: instanceCreate && { parameters: instanceCreate },
            update: instanceUpdate && { parameters: instanceUpdate },
          })
        : undefined,
    service_binding: bindingCreate && { create: { parameters: bindingCreate } },
  });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
