// Bindings of workloads: what is applied for each, the credentials that come of it, and its way back.
import {
  type Binding,
  type BindingResult,
  done,
  type Instance,
  type JsonObject,
  type Manifest,
  type Outcome,
  type Removed,
  TerminalError,
  type Waiting,
  waiting,
} from '../../sdk/index.js';
import { credentialsOf } from './credentials.js';
import { instanceValues, makeBindingValues } from './kept.js';
import { namespaceOf, renderManifests } from './manifests.js';
import { recordOnce } from './record.js';
import { forgetRollout, rollOut } from './rollout.js';
import { bindingScope } from './scope.js';
import type { BindingSettings, WorkloadSettings } from './settings.js';
import { TreeError } from './tree.js';

type WorkloadBinding = Binding<WorkloadSettings>;

export async function bind(binding: WorkloadBinding): Promise<Outcome<BindingResult>> {
  const plan = binding.instance.settings.binding;
  if (!plan) throw new TerminalError('instances of this plan cannot be bound: it says nothing of bindings');
  return withReason(async () => {
    const scope = await scopeOf(binding, plan);
    const manifests = await recordOnce(binding, () => renderedIn(binding, scope, 'manifests', plan));
    if (manifests.length > 0) {
      const pending = await rollOut({ ...rolloutOf(binding), manifests });
      if (pending) return pending;
    }
    const objects = await objectsOf(binding);
    return done(credentialsOf(plan, { ...scope, ...bindingScope(binding, objects) }, objects));
  });
}

export async function unbind(binding: WorkloadBinding): Promise<Removed> {
  const { resources, instance } = binding;
  const plan = instance.settings.binding;
  if (!plan || plan.unbindManifests.length === 0 || (await isGoing(instance))) {
    return (await resources.remove()) ? forgetRollout(titleOf(binding)) : REMOVING;
  }
  return withReason(async () => {
    const scope = await scopeOf(binding, plan);
    const manifests = renderedIn(binding, scope, 'unbindManifests', plan);
    if (await hasOthers(binding, manifests)) {
      // A Job of bind that is still at it would make anew what is taken away here.
      await resources.remove();
      return REMOVING;
    }
    const pending = await rollOut({ ...rolloutOf(binding), manifests });
    if (pending) return pending;
    // What is on its way out is not waited for: when it is gone, nothing tells that it was ever there.
    await resources.remove();
    return done();
  });
}

/** There is nothing in it to undo: an instance that works no more can be removed all the same. */
const isGoing = async ({ isDeleting, resources }: Instance<WorkloadSettings>): Promise<boolean> =>
  isDeleting === true || (await resources.list()).length === 0;

const REMOVING = waiting('the objects of the binding are being removed');

/** Not to be taken for an instance of the same name. */
const titleOf = ({ name }: WorkloadBinding): string => `binding ${name}`;

const rolloutOf = (binding: WorkloadBinding) => ({
  name: titleOf(binding),
  operationId: binding.operationId,
  resources: binding.resources,
  patienceSeconds: binding.instance.settings.patienceSeconds,
});

async function scopeOf(binding: WorkloadBinding, plan: BindingSettings): Promise<JsonObject> {
  const own = await makeBindingValues(binding, plan.secrets);
  const secrets = { ...(await instanceValues(binding.instance)), ...own };
  return { ...bindingScope(binding, await objectsOf(binding)), secrets };
}

const renderedIn = (
  { instance, resources, operationId }: WorkloadBinding,
  scope: JsonObject,
  list: 'manifests' | 'unbindManifests',
  plan: BindingSettings,
): Manifest[] =>
  renderManifests(plan[list], {
    scope,
    namespace: namespaceOf(instance),
    labels: resources.labels,
    operationId,
    field: `binding.${list}`,
  });

const objectsOf = async ({ instance, resources }: WorkloadBinding) => [
  ...(await instance.resources.list()),
  ...(await resources.list()),
];

/** Whether something is there still that bind made and unbind does not name, the Pods of its Jobs included. */
async function hasOthers({ resources }: WorkloadBinding, manifests: readonly Manifest[]): Promise<boolean> {
  const own = new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  return (await resources.list()).some(({ kind, metadata: { name, ownerReferences = [] } }) => {
    const maker = ownerReferences.find(({ controller }) => controller);
    if (!maker || kind !== 'Pod') return !own.has(`${kind} ${name}`);
    return maker.kind === 'Job' && !own.has(`Job ${maker.name}`);
  });
}

/** What an object does not have yet, an address for example, may come; any other mistake in a template stays. */
async function withReason<T extends object>(work: () => Promise<Outcome<T>>): Promise<Outcome<T> | Waiting> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    if (/^objects\b/.test(error.missing ?? '')) return waiting(error.message);
    throw new TerminalError(error.message);
  }
}
