// What templates see: plain objects, of one instance or one of its bindings.
import type { Binding, InstanceFacts, JsonObject, OwnedObject } from '../../sdk/index.js';
import type { WorkloadSettings } from './settings.js';

export const INSTANCE_VARIABLES = ['instance', 'values', 'parameters', 'context'] as const;
export const BINDING_VARIABLES = [...INSTANCE_VARIABLES, 'binding', 'objects'] as const;

export type InstanceScope = Readonly<Record<(typeof INSTANCE_VARIABLES)[number], unknown>>;

export function instanceScope(facts: InstanceFacts<WorkloadSettings>): InstanceScope {
  const { id, name, serviceId, planId, settings, parameters, context } = facts;
  return { instance: { id, name, serviceId, planId }, values: settings.values, parameters, context };
}

export function bindingScope(
  binding: Binding<WorkloadSettings>,
  objects: readonly OwnedObject[],
): Readonly<Record<(typeof BINDING_VARIABLES)[number], unknown>> {
  const { id, name, parameters, context, bindResource } = binding;
  return {
    ...instanceScope(binding.instance),
    binding: { id, name, parameters, context, bindResource },
    objects: byKindAndName(objects),
  };
}

function byKindAndName(objects: readonly OwnedObject[]): JsonObject {
  const found: Record<string, Record<string, OwnedObject>> = {};
  for (const object of objects) (found[object.kind] ??= {})[object.metadata.name] = object;
  return found;
}
