// Tells people how an operation stands: in the log, and as an Event on its resource.
import type { Operable, Progress } from '../resources/operations.js';
import { PAUSED } from './context.js';
import type { Work } from './work.js';

/** The reasons of Events, in the words of Service Catalog where it has any. */
const REASONS = {
  provision: {
    'in progress': 'Provisioning',
    succeeded: 'ProvisionedSuccessfully',
    failed: 'ProvisionFailed',
  },
  update: {
    'in progress': 'UpdatingInstance',
    succeeded: 'InstanceUpdatedSuccessfully',
    failed: 'UpdateInstanceFailed',
  },
  deprovision: {
    'in progress': 'Deprovisioning',
    succeeded: 'DeprovisionedSuccessfully',
    failed: 'DeprovisionFailed',
  },
  bind: { 'in progress': 'Binding', succeeded: 'BoundSuccessfully', failed: 'BindFailed' },
  unbind: { 'in progress': 'Unbinding', succeeded: 'UnboundSuccessfully', failed: 'UnbindFailed' },
} as const;

/** Ends that leave something behind, and are told under their own names. */
export const ABANDONED = 'Abandoned';
export const ORPHANED = 'Orphaned';

export function tell<T extends Operable>(
  { context, object, operation }: Pick<Work<T>, 'context' | 'object' | 'operation'>,
  { state, reason, description }: Progress,
): void {
  const leaves = reason === ABANDONED || reason === ORPHANED;
  const words = `${operation.type} ${state}`;
  if (leaves) context.log.warn(words, { reason, description });
  else context.log.info(words, { description });
  context.events.record(object, {
    type: leaves || state === 'failed' ? 'Warning' : 'Normal',
    reason: leaves || reason === PAUSED ? reason : REASONS[operation.type][state],
    message: description,
  });
}
