// What etcd refuses, told apart by the words that it says: its status codes change from version to version.

const WORDS = {
  exists: /name already exists/,
  'not found': /name not found/,
  'not granted': /is not granted to the (user|role)/,
  'stale token': /invalid auth token|revision in header of auth store|user name is empty/,
  'no authentication': /authentication is not enabled/,
  'wrong password': /authentication failed/,
  denied: /permission denied/,
} as const;

export type Refusal = keyof typeof WORDS;

export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  /** Undefined for whatever else etcd says. */
  readonly refusal: Refusal | undefined;

  /** `said` is etcd's own sentence, which quotes nothing of the request. */
  constructor(path: string, said: string) {
    super(`etcd refused ${path}: ${said}`);
    this.refusal = (Object.keys(WORDS) as Refusal[]).find((refusal) => WORDS[refusal].test(said));
  }
}

/** Whether etcd refused for one of these reasons. */
export const isRefusal = (error: unknown, ...refusals: Refusal[]): boolean =>
  error instanceof EtcdError && error.refusal !== undefined && refusals.includes(error.refusal);
