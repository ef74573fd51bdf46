// The catalog is the ServiceOfferings: all that are right, and right together. It is worked out anew when one of
// them changes, from memory alone, on every replica alike.
import { createHash } from 'node:crypto';
import type { CatalogAnswer } from '../osb/broker.js';
import type { ConfigMap, Secret } from '../kube/types.js';
import { SECRET_LABEL, type ServiceOffering } from '../resources/kinds.js';
import { offeringProblems } from '../resources/offering-problems.js';
import type { Backends, ResolvedBackend } from './backends.js';
import { type Plan, toPlans } from './plan.js';
import { toCatalogService } from './wire.js';

/** Where the catalog reads: the caches of offerings, Secrets and ConfigMaps. */
export interface Source<T> {
  get(name: string): Readonly<T> | undefined;
  list(): Readonly<T>[];
  onChange(
    listener: (name: string, current: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void,
  ): () => void;
}

/** What became of an offering: in the catalog, or why not. */
export interface Verdict {
  accepted: boolean;
  reason: 'Accepted' | 'Invalid' | 'Conflict' | 'SettingsMissing' | 'SecretMissing' | 'BackendRefused';
  message: string;
}

interface Evaluation {
  verdicts: Map<string, Verdict>;
  /** By offering: what its backends are to be asked about. */
  checkable: Map<string, Plan[]>;
  plans: Map<string, Map<string, Plan>>;
  answer: CatalogAnswer;
}

export class Catalog {
  readonly #offerings: Source<ServiceOffering>;
  readonly #secrets: Source<Secret>;
  readonly #configMaps: Source<ConfigMap>;
  readonly #backends: Backends;
  readonly #now: () => Date;
  #evaluation: Evaluation | undefined;
  #lastAnswer: CatalogAnswer | undefined;

  constructor(sources: {
    offerings: Source<ServiceOffering>;
    secrets: Source<Secret>;
    /** With settings of plans. */
    configMaps: Source<ConfigMap>;
    backends: Backends;
    now?: () => Date;
  }) {
    this.#offerings = sources.offerings;
    this.#secrets = sources.secrets;
    this.#configMaps = sources.configMaps;
    this.#backends = sources.backends;
    this.#now = sources.now ?? (() => new Date());
    const forget = (): void => {
      this.#evaluation = undefined;
    };
    this.#offerings.onChange(forget);
    this.#configMaps.onChange(forget);
    this.#secrets.onChange((_, current, previous) => {
      if ((current ?? previous)?.metadata.labels?.[SECRET_LABEL] === 'dashboard-client') forget();
    });
  }

  /** The body of `/v2/catalog` and its validators. */
  answer(): CatalogAnswer {
    return this.#evaluated().answer;
  }

  hasService(serviceId: string): boolean {
    return this.#evaluated().plans.has(serviceId);
  }

  /** The plan, if both ids are known and belong together. */
  find(serviceId: string, planId: string): Plan | undefined {
    return this.#evaluated().plans.get(serviceId)?.get(planId);
  }

  verdict(offering: string): Verdict | undefined {
    return this.#evaluated().verdicts.get(offering);
  }

  /** The plans of an offering in which nothing is wrong but, maybe, what a backend says. */
  checkable(offering: string): readonly Plan[] {
    return this.#evaluated().checkable.get(offering) ?? [];
  }

  /** The backend for an instance: by the catalog as it is, or as it was when the plan was last there. */
  backendFor(instance: {
    spec: {
      serviceId: string;
      planId: string;
      resolvedPlan?: { backend: string; settings?: Record<string, unknown> };
    };
  }): ResolvedBackend | { problems: string[] } {
    const { serviceId, planId, resolvedPlan } = instance.spec;
    const plan = this.find(serviceId, planId);
    if (plan) return plan;
    if (!resolvedPlan) return { problems: [`plan ${planId} of service ${serviceId} is not in the catalog`] };
    return this.backendAsIn(serviceId, resolvedPlan);
  }

  /** The backend of a plan as it was then. */
  backendAsIn(
    serviceId: string,
    { backend, settings }: { backend: string; settings?: Record<string, unknown> },
  ): ResolvedBackend | { problems: string[] } {
    return this.#backends.resolve(serviceId, backend, settings);
  }

  #evaluated(): Evaluation {
    this.#evaluation ??= this.#evaluate();
    return this.#evaluation;
  }

  #evaluate(): Evaluation {
    const verdicts = new Map<string, Verdict>();
    const checkable = new Map<string, Plan[]>();
    const plans = new Map<string, Map<string, Plan>>();
    const taken = new Map<string, string>();
    const services = new Map<Readonly<ServiceOffering>, ReturnType<typeof toCatalogService>>();
    for (const offering of this.#offerings.list().sort(byClaim)) {
      if (offering.metadata.deletionTimestamp) continue;
      const { name } = offering.metadata;
      const judged = this.#judge(offering, taken);
      if ('reason' in judged) {
        verdicts.set(name, judged);
        continue;
      }
      for (const key of keysOf(offering)) taken.set(key, name);
      checkable.set(name, judged.plans);
      const refusal = refusalOf(offering);
      if (refusal) {
        verdicts.set(name, refusal);
        continue;
      }
      plans.set(offering.spec.id, new Map(judged.plans.map((plan) => [plan.spec.id, plan])));
      services.set(offering, toCatalogService(offering.spec, judged.clientSecret));
      verdicts.set(name, { accepted: true, reason: 'Accepted', message: 'the offering is in the catalog' });
    }
    const inOrder = [...services].sort(([a], [b]) => byAge(a, b)).map(([, service]) => service);
    return { verdicts, checkable, plans, answer: this.#stamp({ services: inOrder }) };
  }

  #judge(
    offering: Readonly<ServiceOffering>,
    taken: ReadonlyMap<string, string>,
  ): Verdict | { plans: Plan[]; clientSecret: string | undefined } {
    const { spec } = offering;
    const no = (reason: Verdict['reason'], message: string): Verdict => ({
      accepted: false,
      reason,
      message,
    });
    const wrong = offeringProblems(spec);
    if (wrong.length > 0) return no('Invalid', wrong.join('; '));
    const { plans, problems, missing } = toPlans(spec, this.#backends, (map) => this.#configMaps.get(map));
    if (problems.length > 0) return no('Invalid', problems.join('; '));
    const clash = keysOf(offering).find((key) => taken.has(key));
    if (clash)
      return no('Conflict', `${clash} is already in the catalog, by the offering ${taken.get(clash)!}`);
    if (missing.length > 0) return no('SettingsMissing', missing.join('; '));
    const clientSecret = this.#clientSecret(spec);
    if (spec.dashboardClient && clientSecret === undefined) {
      const { name, key } = spec.dashboardClient.secretRef;
      return no(
        'SecretMissing',
        `dashboardClient.secretRef: Secret ${name} with key ${key} is not there yet`,
      );
    }
    return { plans, clientSecret };
  }

  #clientSecret(spec: ServiceOffering['spec']): string | undefined {
    const ref = spec.dashboardClient?.secretRef;
    const encoded = ref && this.#secrets.get(ref.name)?.data?.[ref.key];
    return encoded ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
  }

  /** The validators change only when the bytes do. */
  #stamp(body: CatalogAnswer['body']): CatalogAnswer {
    const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
    if (this.#lastAnswer?.etag !== etag) this.#lastAnswer = { body, etag, lastModified: this.#now() };
    return this.#lastAnswer;
  }
}

/** What a backend said to the controllers, whose word all replicas take from the resource. */
function refusalOf({ metadata, status }: Readonly<ServiceOffering>): Verdict | undefined {
  const said = status?.conditions?.find(({ type }) => type === 'Accepted');
  if (said?.reason !== 'BackendRefused' || said.observedGeneration !== (metadata.generation ?? 1))
    return undefined;
  return { accepted: false, reason: 'BackendRefused', message: said.message };
}

function byAge(a: Readonly<ServiceOffering>, b: Readonly<ServiceOffering>): number {
  const key = ({ metadata }: Readonly<ServiceOffering>): string =>
    `${metadata.creationTimestamp} ${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}

/** The oldest offering keeps an id or a name that two want; of those of one second, the one that has it already. */
function byClaim(a: Readonly<ServiceOffering>, b: Readonly<ServiceOffering>): number {
  const isAccepted = ({ status }: Readonly<ServiceOffering>): boolean =>
    status?.conditions?.some((each) => each.type === 'Accepted' && each.status === 'True') ?? false;
  const isSameAge = a.metadata.creationTimestamp === b.metadata.creationTimestamp;
  return (isSameAge && Number(isAccepted(b)) - Number(isAccepted(a))) || byAge(a, b);
}

/** What must be unique in a catalog. */
function keysOf({ spec }: Readonly<ServiceOffering>): string[] {
  return [
    `service id ${spec.id}`,
    `service name ${spec.name}`,
    ...spec.plans.map(({ id }) => `plan id ${id}`),
  ];
}
