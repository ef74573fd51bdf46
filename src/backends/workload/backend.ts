// The backend `workload`: an instance is a set of Kubernetes objects, rendered from a plan's templates. The SDK owns how
// they are applied, found again and removed; this decides what they are, and when they are well.
import {
  done,
  type Instance,
  type InstanceFacts,
  type Manifest,
  type NamedBackend,
  type Observation,
  type ObservedCondition,
  TerminalError,
  waiting,
} from '../../sdk/index.js';
import { bind, unbind } from './bindings.js';
import { kindsOf, problemsOf } from './checks.js';
import { instanceValues, makeInstanceValues, NothingKept } from './kept.js';
import { namespaceOf, renderManifests } from './manifests.js';
import { forgetRollout, rollOut } from './rollout.js';
import { instanceScope } from './scope.js';
import { isServing } from './serving.js';
import { WorkloadSettings } from './settings.js';
import { renderTree, TreeError } from './tree.js';

type WorkloadInstance = Instance<WorkloadSettings>;

/** How many differences an Event and a condition tell. */
const MAX_TOLD = 3;

export const workloadBackend: NamedBackend<WorkloadSettings> = {
  name: 'workload',
  settings: WorkloadSettings,
  bind,
  unbind,

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

  async observe(instance): Promise<Observation> {
    const { drift } = instance.settings;
    if (drift === 'Ignore') return {};
    try {
      const manifests = manifestsOf(instance, await instanceValues(instance));
      const found = inShort(await instance.resources.drift(manifests));
      if (drift === 'Report') return { conditions: [drifted(found)] };
      return found === '' ? {} : { repair: found };
    } catch (error) {
      if (!(error instanceof NothingKept)) throw error;
      return { conditions: [drifted(error.message)] }; // other values would be no repair
    }
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

/** Empty where nothing was found. */
function inShort(found: readonly string[]): string {
  const more = found.length > MAX_TOLD ? [`and ${found.length - MAX_TOLD} more`] : [];
  return [...found.slice(0, MAX_TOLD), ...more].join('; ');
}

const drifted = (found: string): ObservedCondition => ({
  type: 'Drifted',
  ...(found === ''
    ? ({ status: 'False', reason: 'AsRendered', message: 'all objects are as the plan has them' } as const)
    : ({ status: 'True', reason: 'Changed', message: found } as const)),
});

/** A failure for good says what has become of the instance; a template that cannot be rendered is one. */
async function told(error: unknown, { resources }: WorkloadInstance): Promise<unknown> {
  if (!(error instanceof TerminalError || error instanceof TreeError)) return error;
  const updateRepeatable = error instanceof TerminalError && error.updateRepeatable === true;
  const instanceUsable = isServing(await resources.list());
  return new TerminalError(error.message, { instanceUsable, updateRepeatable, cause: error });
}
