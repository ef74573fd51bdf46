// What the tests of this room share: settings, manifests, and objects in memory in place of a cluster.
import {
  type Binding,
  type Instance,
  type JsonObject,
  type KindReference,
  type Manifest,
  type OwnedObject,
  type OwnedResources,
  TerminalError,
} from '../../sdk/index.js';
import { check } from '../../sdk/authoring/parameters.js';
import { WorkloadSettings } from './settings.js';

export const secret = (stringData: JsonObject, name = '{{ instance.name }}'): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});

export const deployment = (container: JsonObject = {}): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: '{{ instance.name }}' },
  spec: {
    replicas: '{{ parameters.replicas | default: 1 }}',
    selector: { matchLabels: { app: '{{ instance.name }}' } },
    template: {
      metadata: { labels: { app: '{{ instance.name }}' } },
      spec: { containers: [{ name: 'main', image: 'example.com/app:1', ...container }] },
    },
  },
});

export const job = (name: string): JsonObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.com/app:1' }] },
    },
  },
});

/** As they come out of an offering, with an empty `binding` where none is given. */
export function settings(more: Partial<WorkloadSettings> = {}): WorkloadSettings {
  const plain = { manifests: [secret({ a: 'b' })], binding: {}, ...more };
  const { value, problems } = check(WorkloadSettings, JSON.parse(JSON.stringify(plain)) as JsonObject);
  if (!value) throw new Error(problems.join('\n'));
  return value;
}

const keyOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

/** A cluster for one owner: what is applied is there at once; what becomes of it, a test says with `become`. */
export class MemoryResources implements OwnedResources {
  readonly labels: Record<string, string>;
  readonly objects = new Map<string, OwnedObject>();
  readonly applied: Manifest[][] = [];
  also: readonly KindReference[] = [];
  /** How often `remove` finds that something is left. */
  lingering = 0;
  /** What `apply` throws. */
  refusal: string | undefined;

  constructor(labels: Record<string, string> = { 'sdkbroker.broker.io/instance': 'i' }) {
    this.labels = labels;
  }

  apply(
    manifests: readonly Manifest[],
    { also = [] }: { also?: readonly KindReference[] } = {},
  ): Promise<void> {
    if (this.refusal !== undefined) return Promise.reject(new TerminalError(this.refusal));
    this.applied.push([...manifests]);
    this.also = also;
    const wanted = new Map(manifests.map((each) => [keyOf(each), each]));
    for (const key of this.objects.keys()) if (!wanted.has(key)) this.objects.delete(key);
    for (const [key, each] of wanted) this.objects.set(key, { ...this.objects.get(key), ...each });
    return Promise.resolve();
  }

  drift(manifests: readonly Manifest[]): Promise<readonly string[]> {
    return Promise.resolve(
      manifests.flatMap((each) => {
        const found = this.objects.get(keyOf(each));
        if (!found) return [`${keyOf(each)} is missing`];
        const fields = Object.keys(each).filter(
          (field) => JSON.stringify(found[field]) !== JSON.stringify(each[field]),
        );
        return fields
          .filter((field) => field !== 'metadata')
          .map((field) => `${keyOf(each)}: ${field} differs`);
      }),
    );
  }

  list(): Promise<readonly OwnedObject[]> {
    return Promise.resolve([...this.objects.values()]);
  }

  remove(): Promise<boolean> {
    if (this.lingering === 0) this.objects.clear();
    else this.lingering -= 1;
    return Promise.resolve(this.objects.size === 0);
  }

  /** Gives the object other fields, a status for example. */
  become(key: string, fields: JsonObject): void {
    this.objects.set(key, { ...this.objects.get(key)!, ...fields });
  }

  get names(): string[] {
    return [...this.objects.keys()];
  }
}

export const ROLLED_OUT = {
  status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 },
};
export const COMPLETE = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };
export const FAILED = { status: { conditions: [{ type: 'Failed', status: 'True' }] } };

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const keeping =
  (kept: Record<string, string>): Instance['keep'] =>
  async (makers) => {
    for (const [name, make] of Object.entries<() => string | Promise<string>>(makers))
      kept[name] ??= await make();
    return kept as Record<keyof typeof makers, string>;
  };

/** An instance named `i` with its own cluster; `kept` is what the SDK keeps for it. */
export function instanceOf(
  plan: WorkloadSettings,
  {
    resources = new MemoryResources(),
    kept = {},
    ...more
  }: Partial<Instance<WorkloadSettings>> & {
    resources?: MemoryResources;
    kept?: Record<string, string>;
  } = {},
): Instance<WorkloadSettings> & { resources: MemoryResources; kept: Record<string, string> } {
  return {
    ...{ id: 'I/1', name: 'i', serviceId: 's', planId: 'p', settings: plan, parameters: {}, context: {} },
    ...{ operationId: 'provision-1', signal: new AbortController().signal, log: silent, secret: () => ({}) },
    ...{ resources, keep: keeping(kept), kept },
    ...more,
  };
}

/** A binding named `b` of that instance, with its own cluster and what is kept for it. */
export function bindingOf(
  instance: Instance<WorkloadSettings>,
  {
    resources = new MemoryResources({ 'sdkbroker.broker.io/binding': 'b' }),
    kept = {},
    ...more
  }: Partial<Binding<WorkloadSettings>> & { resources?: MemoryResources; kept?: Record<string, string> } = {},
): Binding<WorkloadSettings> & { resources: MemoryResources; kept: Record<string, string> } {
  return {
    ...{ id: 'B/1', name: 'b', instance, parameters: {}, bindResource: { app_guid: 'app' }, context: {} },
    ...{ operationId: 'bind-1', signal: instance.signal, log: silent, resources },
    ...{ keep: keeping(kept), kept },
    ...more,
  };
}
