// For tests that call a backend's functions themselves: an instance that may own nothing in the cluster.
import type { KeepSecrets, MissingRights, OwnedResources } from '../../src/sdk/index.js';

const refused = (what: string) => (): Promise<never> =>
  Promise.reject(new Error(`this test did not expect the backend to ${what}`));

const resources: OwnedResources = {
  labels: {},
  apply: refused('apply objects'),
  drift: refused('look at objects'),
  list: refused('list objects'),
  remove: refused('remove objects'),
};
const keep: KeepSecrets = refused('keep secrets');
const missingRights: MissingRights = refused('ask for rights');

/** To be spread into an instance, a binding or the scope of a plan. */
export const ownsNothing = { resources, keep, missingRights };
