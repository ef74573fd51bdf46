// A namespace of the cluster, as the tests of workloads see it: resources by kubectl, the sample offerings with the images
// that are to be tested, what becomes of an operation, and what an instance owns.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { eventually } from '../support/unchanged.js';
import { get, kubectl } from './cluster.js';

const SAMPLES = new URL('../../install/samples/', import.meta.url);
const LABEL = 'sdkbroker.broker.io/instance';

/** The cluster seen from one namespace. */
export class Scene {
  readonly namespace: string;
  readonly image: string;

  constructor(namespace: string, image: string) {
    this.namespace = namespace;
    this.image = image;
  }

  get = (...words: string[]): Promise<any> => get('--namespace', this.namespace, ...words);
  kubectl = (...words: string[]): Promise<string> => kubectl('--namespace', this.namespace, ...words);

  /** What there is, or undefined. */
  async find(kind: string, name: string): Promise<any> {
    const found = await this.kubectl('get', kind, name, '--ignore-not-found', '--output', 'json');
    return found === '' ? undefined : JSON.parse(found);
  }

  async apply(...items: object[]): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'brokersdk-e2e-'));
    try {
      const file = join(folder, 'list.json');
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      await this.kubectl('apply', '--filename', file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** The offerings of a sample file, of this test's images. */
  offerings(file: string): any[] {
    const offerings = parseAllDocuments(readFileSync(new URL(file, SAMPLES), 'utf8')).map((each) =>
      each.toJS(),
    );
    for (const { values } of offerings.flatMap(({ spec }) => spec.plans.map(({ settings }: any) => settings)))
      values.image = values.image.replace(/^brokersdk/, this.image);
    return offerings;
  }

  /** Waits for what becomes of the resource as it is now: `succeeded` or `failed`, with the words for it. */
  async outcome(kind: 'osbi' | 'osbb', name: string): Promise<any> {
    const { status } = await eventually(
      () => this.get(kind, name),
      ({ metadata, status }) =>
        status?.observedGeneration === metadata.generation && status.lastOperation.state !== 'in progress',
    );
    return status.lastOperation;
  }

  /** `kind/name` of all that has the label of the instance, whatever it is. */
  async ownedBy(instance: string): Promise<string[]> {
    const kinds = await kubectl('api-resources', '--verbs=list', '--namespaced', '--output=name');
    const words = [kinds.trim().replaceAll('\n', ','), '--selector', `${LABEL}=${instance}`];
    return (await this.kubectl('get', ...words, '--output=name', '--ignore-not-found'))
      .split('\n')
      .filter(Boolean);
  }
}
