// The OSB operations on custom resources, as the protocol's room wants them.
import type { Broker, RequestBase } from '../osb/broker.js';
import { newOperationId } from '../resources/operations.js';
import { bind } from './bind.js';
import type { OperationContext } from './context.js';
import { Departed, departedBinding, departedInstance } from './departed.js';
import { deprovision } from './deprovision.js';
import { fetchBinding, fetchInstance } from './fetch.js';
import { bindingLastOperation, instanceLastOperation } from './last-operation.js';
import { provision } from './provision.js';
import { translated } from './kube-errors.js';
import { unbind } from './unbind.js';
import { update } from './update.js';

/** Where time and ids come from may be said, so that a test can repeat what happened. */
export type BrokerOptions = Omit<OperationContext, 'now' | 'newOperationId' | 'departed'> &
  Partial<Pick<OperationContext, 'now' | 'newOperationId'>>;

export function createBroker(options: BrokerOptions): Broker {
  const { now = () => new Date() } = options;
  const departed = new Departed({ now: () => now().getTime() });
  const remember = (key: string, current: unknown): void =>
    current ? departed.remove(key) : departed.add(key);
  options.stores.instances.onChange((name, current) => remember(departedInstance(name), current));
  options.stores.bindings.onChange((name, current, previous) => {
    const instance = (current ?? previous)?.spec.instanceRef.name;
    if (instance !== undefined) remember(departedBinding(instance, name), current);
  });
  const context: OperationContext = {
    newOperationId,
    ...options,
    now,
    departed,
  };
  const on = <Request extends RequestBase, Result>(
    operation: (context: OperationContext, request: Request) => Promise<Result>,
  ) => {
    return async (request: Request): Promise<Result> => {
      try {
        return await operation(context, request);
      } catch (error) {
        throw translated(error, context.log.child({ requestId: request.requestId }));
      }
    };
  };
  return {
    catalog: () => context.catalog.answer(),
    provision: on(provision),
    fetchInstance: on(fetchInstance),
    update: on(update),
    deprovision: on(deprovision),
    instanceLastOperation: on(instanceLastOperation),
    bind: on(bind),
    fetchBinding: on(fetchBinding),
    unbind: on(unbind),
    bindingLastOperation: on(bindingLastOperation),
  };
}
