// The backend `workload`: an instance is a set of Kubernetes objects, rendered from a plan's templates. The SDK owns how
// they are applied, found again and removed; this decides what they are, and when they are well.
import {
  done,
  type Instance,
  type InstanceFacts,
  type Manifest,
  type NamedBackend,
  TerminalError,
  waiting,
} from '../../sdk/index.js';
import { bind, unbind } from './bindings.js';
import { observeBinding, repairBinding } from './binding-drift.js';
import { kindsOf, problemsOf } from './checks.js';
import { lasting, observed } from './drift.js';
import { instanceValues, makeInstanceValues } from './kept.js';
import { namespaceOf, renderManifests } from './manifests.js';
import { forgetRollout, rollOut } from './rollout.js';
import { instanceScope } from './scope.js';
import { isServing } from './serving.js';
import { WorkloadSettings } from './settings.js';
import { renderTree, TreeError } from './tree.js';

type WorkloadInstance = Instance<WorkloadSettings>;

export const workloadBackend: NamedBackend<WorkloadSettings> = {
  name: 'workload',
  settings: WorkloadSettings,
  bind,
  unbind,
  observeBinding,
  repairBinding,

  async ensure(instance) {
    const { name, operationId, resources, settings } = instance;
    try {
      const manifests = manifestsOf(instance, await makeInstanceValues(instance));
      const conditions = conditionsOf(instance);
      const { patienceSeconds } = settings;
      return (
        (await rollOut({ name, operationId, resources, manifests, conditions, patienceSeconds })) ?? done()
      );
    } catch (error) {
      throw await told(error, instance);
    }
  },

  async destroy({ name, resources }) {
    if (!(await resources.remove())) return waiting('the objects of the instance are being removed');
    forgetRollout(name);
  },

  async observe(instance) {
    const { settings, resources } = instance;
    return observed(settings.drift, async () => {
      const manifests = manifestsOf(instance, await instanceValues(instance));
      return resources.drift(lasting(manifests, await resources.list()));
    });
  },

  async check({ settings, missingRights }) {
    const problems = problemsOf(settings);
    if (problems.length > 0) return problems;
    return missingRights(kindsOf(settings), { everywhere: settings.namespace === 'Instance' });
  },

  dashboardUrl(instance) {
    const { dashboardUrl } = instance.settings;
    if (dashboardUrl === undefined) return undefined;
    try {
      const url = String(renderTree(dashboardUrl, instanceScope(instance), 'dashboardUrl'));
      return /^https?:$/.test(new URL(url).protocol) ? url : undefined;
    } catch {
      return undefined; // a value is missing that its template names; the instance can do without
    }
  },
};

function manifestsOf(instance: WorkloadInstance, secrets: object): Manifest[] {
  const { settings, resources, operationId } = instance;
  const namespace = namespaceOf(instance);
  const manifests = renderManifests(settings.manifests, {
    scope: { ...instanceScope(instance), secrets },
    labels: resources.labels,
    operationId,
    namespace,
    field: 'manifests',
  });
  const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: instance.name } };
  return namespace === undefined ? manifests : [own, ...manifests];
}

const conditionsOf = (instance: InstanceFacts<WorkloadSettings>) =>
  instance.settings.readiness.map((each, index) => ({
    ...each,
    name:
      each.name === undefined
        ? undefined
        : String(renderTree(each.name, instanceScope(instance), `readiness[${index}].name`)),
  }));

/** A failure for good says what has become of the instance; a template that cannot be rendered is one. */
async function told(error: unknown, { resources }: WorkloadInstance): Promise<unknown> {
  if (!(error instanceof TerminalError || error instanceof TreeError)) return error;
  const updateRepeatable = error instanceof TerminalError && error.updateRepeatable === true;
  const instanceUsable = isServing(await resources.list());
  return new TerminalError(error.message, { instanceUsable, updateRepeatable, cause: error });
}
