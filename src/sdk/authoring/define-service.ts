// `defineService`: what an author writes, turned into a catalog entry and the backend that serves it.
import { offeringProblems } from '../resources/offering-problems.js';
import type { PlanSpec, ServiceOfferingSpec } from '../resources/kinds.js';
import type {
  AnyBackend,
  Backend,
  JsonObject,
  NamedBackend,
  ParametersClass,
  ParametersClasses,
} from './backend.js';
import { partial, schemaOf } from './parameters.js';

export interface PlanDefinition<Settings> extends Omit<PlanSpec, 'backend' | 'settings'> {
  /**
   * What the backend is told about this plan; not secret, since it stands in a custom resource. Each goes over what
   * `settingsFrom` brings.
   */
  settings?: Settings;
}

interface CatalogEntry<Settings, Parameters, BindParameters> extends Omit<ServiceOfferingSpec, 'plans'> {
  plans: PlanDefinition<Settings>[];
  /** A class-validator class for the parameters of provision and update: the check and the catalog's schema. */
  parameters?: ParametersClass<Parameters>;
  /** The same for the parameters of bind. */
  bindParameters?: ParametersClass<BindParameters>;
}

/** A service: a catalog entry with functions of its own, or with a backend that serves several. */
export type ServiceDefinition<Settings, Parameters, BindParameters> = CatalogEntry<
  Settings,
  Parameters,
  BindParameters
> &
  (
    | (Backend<Settings, Parameters, BindParameters> & {
        settings?: ParametersClass<Settings>;
        backend?: never;
      })
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what it may be given, the plans' schemas say
    | { backend: NamedBackend<Settings, any, any> }
  );

/** A checked definition, ready for `runBroker`. */
export interface Service extends ParametersClasses {
  readonly offering: ServiceOfferingSpec;
  readonly backend: AnyBackend;
}

/** Checks a definition and returns the service; throws an error that lists every fault with its path and remedy. */
export function defineService<Settings = JsonObject, Parameters = JsonObject, BindParameters = JsonObject>(
  definition: ServiceDefinition<Settings, Parameters, BindParameters>,
): Service {
  const { plans, parameters, bindParameters, ...rest } = definition;
  const backend = ('backend' in rest && rest.backend ? rest.backend : ownBackend(definition)) as AnyBackend;
  const schemas = classSchemas(parameters, bindParameters);
  const offering: ServiceOfferingSpec = {
    ...withDefaults(catalogFields(rest)),
    plans: (plans ?? []).map((plan) => ({
      free: true,
      bindingRotatable: false,
      ...plan,
      ...(schemas ? { schemas: { ...schemas, ...plan.schemas } } : {}),
      backend: backend.name,
      settings: { ...plan.settings },
    })),
  };
  const problems = offeringProblems(offering);
  if (
    typeof backend.bind !== 'function' &&
    offering.plans.some((plan) => plan.bindable ?? offering.bindable)
  ) {
    problems.push('bindable: the backend has no bind function; write one, or say bindable: false');
  }
  if (problems.length > 0) {
    throw new Error(
      `the definition of service "${definition.name}" is not right:\n  ${problems.join('\n  ')}`,
    );
  }
  return { offering, backend, parameters, bindParameters };
}

function ownBackend(definition: object): NamedBackend {
  const { name, ensure, destroy } = definition as NamedBackend;
  for (const [field, value] of Object.entries({ ensure, destroy })) {
    if (typeof value !== 'function') throw new Error(`service "${name}": ${field} must be a function`);
  }
  return Object.fromEntries(
    ['name', ...OF_BACKEND].flatMap((field) => {
      const value = definition[field as keyof typeof definition] as unknown;
      return value === undefined ? [] : [[field, value]];
    }),
  ) as unknown as NamedBackend;
}

const OF_BACKEND: readonly (keyof NamedBackend)[] = [
  ...(['ensure', 'destroy', 'bind', 'unbind'] as const),
  ...(['observe', 'observeBinding', 'repairBinding'] as const),
  ...(['dashboardUrl', 'inventory', 'check', 'settings'] as const),
];

const NOT_IN_CATALOG: readonly string[] = [...OF_BACKEND, 'backend'];

function catalogFields(fields: object): Omit<ServiceOfferingSpec, 'plans'> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !NOT_IN_CATALOG.includes(name) && value !== undefined),
  ) as unknown as Omit<ServiceOfferingSpec, 'plans'>;
}

/** The defaults of crds/serviceofferings.yaml, so that a definition and what the API server stores are the same. */
function withDefaults(entry: Omit<ServiceOfferingSpec, 'plans'>): Omit<ServiceOfferingSpec, 'plans'> {
  return {
    bindable: true,
    instancesRetrievable: true,
    bindingsRetrievable: true,
    allowContextUpdates: false,
    planUpdateable: false,
    requiresApp: false,
    ...entry,
  };
}

function classSchemas(
  parameters: ParametersClass<unknown> | undefined,
  bindParameters: ParametersClass<unknown> | undefined,
): NonNullable<PlanSpec['schemas']> | undefined {
  if (!parameters && !bindParameters) return undefined;
  const create = parameters && schemaOf(parameters);
  return {
    ...(create ? { instanceCreate: create, instanceUpdate: partial(create) } : {}),
    ...(bindParameters ? { bindingCreate: schemaOf(bindParameters) } : {}),
  };
}
