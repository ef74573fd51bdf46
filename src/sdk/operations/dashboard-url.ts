// Where an instance's dashboard is: what its backend says, else the page that the broker has for it.
import { instanceFacts } from '../authoring/facts.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import type { ServiceInstance } from '../resources/kinds.js';
import type { OperationContext } from './context.js';

/** For an answer that is made before the status tells. */
export function dashboardUrlOf(
  { dashboardLink }: OperationContext,
  instance: Readonly<ServiceInstance>,
  resolved: ResolvedBackend | { problems: string[] },
): string | undefined {
  if ('problems' in resolved) return undefined;
  return resolved.backend.dashboardUrl?.(instanceFacts(instance, resolved)) ?? dashboardLink?.(instance);
}
