// The Prometheus metrics of one broker. Names and labels are a promise to whoever has built alerts on them: the table
// in docs/operations.md is made from them. No label takes an id, a path or the name of an object.
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { defineGauges, type MetricSources, PREFIX } from './gauges.js';

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const OPERATION_SECONDS = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600];
const QUEUE_SECONDS = [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60, 300];

export interface AnsweredRequest {
  /** `none` where it was refused before it was known what it asks for. */
  operation: string;
  status: number;
  /** As `service/plan`; empty where the request named no plan, or none that the catalog has. */
  plan: string;
  seconds: number;
}

export interface EndedOperation {
  type: string;
  outcome: 'succeeded' | 'failed';
  /** A word for programs, as in the conditions. */
  reason: string;
  /** Names, as in the catalog. */
  service: string;
  plan: string;
  /** From the request to the end. */
  seconds: number;
}

export interface KubeRequest {
  verb: string;
  kind: string;
  /** 0 where there was no answer. */
  status: number;
  /** Until the answer began. */
  seconds: number;
}

/** What a metric knows of itself; the types of prom-client do not tell. */
interface Described {
  name: string;
  type: string;
  labelNames: string[];
  help: string;
}

export class Metrics {
  readonly #own = new Registry();
  readonly #all: Registry;
  #sources: MetricSources = { isLeader: () => false, queues: () => ({}), caches: {} };

  readonly #osbRequests = this.#counter('osb_requests_total', 'Requests of platforms that were answered.', [
    'operation',
    'status',
    'plan',
  ]);
  readonly #osbSeconds = this.#histogram(
    'osb_request_duration_seconds',
    'How long it took to answer them.',
    ['operation'],
    REQUEST_SECONDS,
  );
  readonly #operationSeconds = this.#histogram(
    'operation_duration_seconds',
    'How long operations took, from the request to the end.',
    ['type', 'outcome', 'plan'],
    OPERATION_SECONDS,
  );
  readonly #operationFailures = this.#counter(
    'operation_failures_total',
    'Operations that failed, by the reason in their conditions.',
    ['type', 'reason'],
  );
  readonly #queueSeconds = this.#histogram(
    'queue_wait_seconds',
    'How long resources that were due waited for a worker.',
    ['controller'],
    QUEUE_SECONDS,
  );
  readonly #kubeRequests = this.#counter(
    'kubernetes_requests_total',
    'Requests to the Kubernetes API; the status of one without an answer is 0.',
    ['verb', 'kind', 'status'],
  );
  readonly #kubeSeconds = this.#histogram(
    'kubernetes_request_duration_seconds',
    'How long it took until their answers began.',
    ['verb'],
    REQUEST_SECONDS,
  );
  readonly #eventsDropped = this.#counter(
    'events_dropped_total',
    'Kubernetes Events that could not be posted, or were too many.',
    [],
  );

  constructor() {
    defineGauges(this.#own, () => this.#sources);
    this.#all = Registry.merge([this.#own, processMetrics()]);
  }

  get contentType(): string {
    return this.#all.contentType;
  }

  /** Everything, in the text format of Prometheus; prom-client's metrics of the process are part of it. */
  text(): Promise<string> {
    return this.#all.metrics();
  }

  /** From now on scrapes ask these. */
  follow(sources: MetricSources): void {
    this.#sources = sources;
  }

  requestAnswered({ operation, status, plan, seconds }: AnsweredRequest): void {
    this.#osbRequests.inc({ operation, status, plan });
    this.#osbSeconds.observe({ operation }, seconds);
  }

  operationEnded({ type, outcome, reason, service, plan, seconds }: EndedOperation): void {
    this.#operationSeconds.observe({ type, outcome, plan: planLabel(service, plan) }, seconds);
    if (outcome === 'failed') this.#operationFailures.inc({ type, reason });
  }

  queueWaited(controller: string, waitedMs: number): void {
    this.#queueSeconds.observe({ controller }, waitedMs / 1000);
  }

  kubeRequest({ verb, kind, status, seconds }: KubeRequest): void {
    this.#kubeRequests.inc({ verb, kind, status });
    this.#kubeSeconds.observe({ verb }, seconds);
  }

  eventDropped(): void {
    this.#eventsDropped.inc();
  }

  /** The metrics of our own, for the documentation. */
  describe(): { name: string; type: string; labels: readonly string[]; help: string }[] {
    return this.#own.getMetricsAsArray().map((metric) => {
      const { name, type, labelNames, help } = metric as unknown as Described;
      return { name, type, labels: labelNames, help };
    });
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#own] });
  }

  #histogram<T extends string>(name: string, help: string, labelNames: T[], buckets: number[]): Histogram<T> {
    return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [this.#own] });
  }
}

/** What a plan is called in labels. */
export const planLabel = (service: string, plan: string): string =>
  service === '' || plan === '' ? '' : `${service}/${plan}`;

let ofProcess: Registry | undefined;

/** One registry for the process, however many brokers it holds: its observers cannot be taken down again. */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
