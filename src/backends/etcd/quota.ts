// How much a key space holds, against what its plan allows. Reads and tells; etcd itself knows no limit for a prefix.
import type { ObservedCondition } from '../../sdk/index.js';
import { rangeOf } from './access.js';
import type { EtcdClient } from './client.js';
import { isTooLong } from './errors.js';
import type { EtcdQuota } from './settings.js';

/** Keys of one request, where their values are not too large for that. */
const PAGE = 1000;

interface KeyValue {
  key: string;
  value?: string;
}

export class KeySpace {
  readonly #client: EtcdClient;
  readonly #instance: string;
  readonly #signal: AbortSignal;

  constructor(client: EtcdClient, instance: string, signal: AbortSignal) {
    this.#client = client;
    this.#instance = instance;
    this.#signal = signal;
  }

  /** The condition `QuotaExceeded`. Its message changes when that does, and not with each key. */
  async quotaExceeded({ keys, bytes }: EtcdQuota): Promise<ObservedCondition> {
    const type = 'QuotaExceeded';
    if (keys !== undefined && (await this.#hasMoreKeysThan(keys)))
      return { type, status: 'True', reason: 'TooManyKeys', message: `there are more than ${keys} keys` };
    if (bytes !== undefined && (await this.#hasMoreBytesThan(bytes))) {
      const message = `keys and values are longer than ${bytes} bytes`;
      return { type, status: 'True', reason: 'TooManyBytes', message };
    }
    const limits = [
      ...(keys === undefined ? [] : [`${keys} keys`]),
      ...(bytes === undefined ? [] : [`${bytes} bytes`]),
    ];
    return {
      type,
      status: 'False',
      reason: 'WithinQuota',
      message: `there are at most ${limits.join(' and ')}`,
    };
  }

  async #hasMoreKeysThan(limit: number): Promise<boolean> {
    const { count = 0 } = await this.#range({ ...rangeOf(this.#instance), count_only: true });
    return Number(count) > limit;
  }

  /** Reads no further than to the limit, so that a key space that outgrew it costs no more. */
  async #hasMoreBytesThan(limit: number): Promise<boolean> {
    const { key: first, range_end } = rangeOf(this.#instance);
    let bytes = 0;
    for (let key: string | undefined = first; key !== undefined;) {
      const { kvs, more } = await this.#page({ key, range_end });
      for (const { key: name, value = '' } of kvs)
        bytes += Buffer.byteLength(name, 'base64') + Buffer.byteLength(value, 'base64');
      if (bytes > limit) return true;
      key = more ? behind(kvs.at(-1)!.key) : undefined;
    }
    return false;
  }

  /** As many keys as the answer has room for. */
  async #page(range: object): Promise<{ kvs: KeyValue[]; more: boolean }> {
    for (let limit = PAGE; ; limit = Math.ceil(limit / 10)) {
      try {
        const { kvs = [], more = false } = await this.#range({ ...range, limit });
        return { kvs, more };
      } catch (error) {
        if (!isTooLong(error) || limit === 1) throw error;
      }
    }
  }

  /** Any member's own view will do, which costs the others nothing. */
  #range(range: object): Promise<{ kvs?: KeyValue[]; count?: string; more?: boolean }> {
    return this.#client.call('kv/range', { ...range, serializable: true }, this.#signal);
  }
}

/** The first key that comes after that one. */
const behind = (key: string): string =>
  Buffer.concat([Buffer.from(key, 'base64'), Buffer.of(0)]).toString('base64');
